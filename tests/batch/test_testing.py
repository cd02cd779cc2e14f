"""`raftlab test`: many runs of chosen tests, from its first table to its last file."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tester1.fingerprint import fingerprint
from tester1.session.run_reference import run_of
from tester1.solution import REFERENCE_ROOT
from tester1.suites import select
from tests.batch import samples
from tests.cli.conftest import Ended, Raftlab
from tests.process.outside import wait_until

QUICK = "TestInitialElection3A"


def runs(folder: Path) -> list[dict[str, Any]]:
    """The results in a folder."""
    lines = (folder / "runs.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def seeds(folder: Path, status: str = "passed") -> set[tuple[str, int]]:
    """The runs that ended so."""
    return {
        (run["key"]["test"], run["key"]["seed"])
        for run in runs(folder)
        if run["status"] == status
    }


def row(ended: Ended, name: str) -> list[str]:
    """The cells of a row of the table."""
    (line,) = [line for line in ended.out.splitlines() if re.match(f" {name} ", line)]
    return [cell.strip() for cell in line.split("│")][1:]


@pytest.fixture
def sometimes(tmp_path: Path) -> Path:
    """A solution that fails under some seeds."""
    return samples.write(tmp_path / "sometimes", samples.SOMETIMES)


def test_selection_and_table(raftlab: Raftlab, tmp_path: Path) -> None:
    """A part and a test by its name: each has its row, and its runs."""
    ended = raftlab("test", "3A", "TestBasicAgree3B", "-n", 2, "-j", 2)
    assert ended.status == 0
    assert ended.out.startswith("solution: the reference (there is no lab in ")
    for name in QUICK, "TestReElection3A", "TestManyElections3A", "TestBasicAgree3B":
        passed, failed, total, mean, deviation, left = row(ended, name)
        assert (passed, failed, total, left) == ("2", "0", "2", "done")
        assert float(mean) > 0
        assert float(deviation) >= 0
    # Some of the part are ours, and come last.
    chosen = select(["3A", "TestBasicAgree3B"])
    *_, last, caption = ended.out.partition("\nresults:")[0].splitlines()
    assert f"{chosen[-1].name} (ours)" in last
    assert f"{2 * len(chosen)}/{2 * len(chosen)} runs, 0 failed" in caption
    results = tmp_path / "raftlab-results" / "0001"
    assert len(seeds(results)) == 2 * len(chosen)
    assert sorted(path.name for path in results.iterdir()) == [
        "batch.json",
        "runs.jsonl",
    ]


def test_failures_are_kept(raftlab: Raftlab, sometimes: Path, tmp_path: Path) -> None:
    """Seeds and messages of all failures, files of the first, and nothing else."""
    options = ["--solution", sometimes, "--seed", 3, "--keep", 1, "-j", 1]
    ended = raftlab("test", QUICK, "-n", 12, *options)
    assert ended.status == 1
    results = tmp_path / "raftlab-results" / "0001"
    failing = seeds(results, "failed")
    assert 1 < len(failing) < 12
    passed, failed, *_ = row(ended, QUICK)
    assert (int(passed), int(failed)) == (12 - len(failing), len(failing))
    kept = [path for path in (results / "failures").rglob("*") if path.is_file()]
    (report,) = [path for path in kept if path.suffix == ".txt"]
    assert {path.suffix for path in kept} == {".txt", ".trace", ".html"}
    assert {path.stem for path in kept} == {report.stem}
    test, _, seed = report.stem.partition("-")
    assert (test, int(seed)) in failing
    text = report.read_text()
    (message,) = [
        run["message"] for run in runs(results) if run["key"]["seed"] == int(seed)
    ]
    assert text.startswith(message)
    assert "failed at" in text
    again = f"raftlab replay {QUICK} --seed {seed} --solution {sometimes}"
    assert f"\nrepeat: {again}\n" in text
    assert "/dev/shm" not in text
    assert f"repeat: {again}" in ended.out


def test_in_a_lab(
    raftlab: Raftlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its code runs, also when the batch is resumed; commands name it from there.

    The results are at its root, wherever in it one stands, and so is what is resumed.
    The report is read anywhere, and names it in full.
    """
    lab = samples.write(tmp_path / "lab", samples.ALL_LEAD)
    (lab / "notes" / "more").mkdir(parents=True)
    monkeypatch.chdir(lab / "notes")
    ended = raftlab("test", QUICK, "-n", 1, "-j", 1, "--seed", 3)
    monkeypatch.chdir(lab / "notes" / "more")
    again = raftlab("test", "--resume", "-n", 2, "-j", 1)
    command = f"raftlab replay {QUICK} --seed 3 --solution"
    for output, up in (ended.out, ".."), (again.out, "../.."):
        assert output.startswith(f"solution: {lab}\n")
        assert f"repeat: {command} {up}\n" in output
        assert f"report: {up}/raftlab-results/0001/" in output
    kept = lab / "raftlab-results" / "0001" / "failures"
    (report,) = kept.rglob("*-3.txt")
    assert f"\nrepeat: {command} {lab}\n" in report.read_text()
    monkeypatch.chdir(tmp_path)
    page = run_of(report.with_suffix(".html"))
    assert (page.seed, page.solution) == (3, str(lab))
    assert page.fingerprint == fingerprint(lab)


def test_a_failure_repeats(raftlab: Raftlab, sometimes: Path, tmp_path: Path) -> None:
    """Runs are what pytest makes of the same seed: `replay` shows the same failure."""
    raftlab("test", QUICK, "-n", 12, "-j", 1, "--seed", 3, "--solution", sometimes)
    run, *_ = [run for run in runs(tmp_path / "raftlab-results/0001") if run["message"]]
    seed = run["key"]["seed"]
    ended = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "tester1.cli", "replay", QUICK),
            *("--seed", str(seed), "--solution", str(sometimes)),
        ],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REFERENCE_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert f"LabFailure: {run['message']}" in ended.stdout


def test_until_fail(raftlab: Raftlab, sometimes: Path, tmp_path: Path) -> None:
    """`--until-fail` ends with the first failure, and so does going on."""
    options = ["-n", 200, "-j", 1, "--seed", 3, "--solution", sometimes]
    ended = raftlab("test", QUICK, *options, "--until-fail")
    assert ended.status == 1
    results = tmp_path / "raftlab-results" / "0001"
    assert [run["status"] for run in runs(results)].count("failed") == 1
    assert runs(results)[-1]["status"] == "failed"
    assert "to go on: raftlab test --resume --results raftlab-results/0001" in ended.out
    before = len(runs(results))
    assert raftlab("test", "--resume", "--until-fail").status == 1
    assert len(runs(results)) == before


def test_resume(raftlab: Raftlab, tmp_path: Path) -> None:
    """Going on does what is left, once; with a higher number, what that adds."""
    whole = tmp_path / "whole"
    raftlab("test", QUICK, "-n", 6, "--seed", 5, "--results", whole)
    half = tmp_path / "half"
    raftlab("test", QUICK, "-n", 2, "--seed", 5, "--results", half)
    assert raftlab("test", "--resume", "--results", half, "-n", 6).status == 0
    assert len(runs(half)) == 6
    assert seeds(half) == seeds(whole)
    assert "6/6 runs" in raftlab("test", "--resume", "--results", half).out
    assert len(runs(half)) == 6


def test_resume_of_another_solution(
    raftlab: Raftlab, sometimes: Path, tmp_path: Path
) -> None:
    """Results of two solutions must not be mixed."""
    raftlab("test", QUICK, "-n", 1, "--solution", sometimes)
    (sometimes / "raft1/raft.py").write_text(samples.REFERENCE)
    refusal = raftlab("test", "--resume").refusal
    assert refusal.startswith(f"raftlab: {sometimes} has changed since the batch in ")


def test_ctrl_c(raftlab: Raftlab, tmp_path: Path) -> None:
    """Ctrl-C shows what there is, with status 130; what there is can go on."""
    results = tmp_path / "results"
    command = ["test", "3A", "-n", "200", "-j", "2", "--results", str(results)]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tester1.cli", *command],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REFERENCE_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        file = results / "runs.jsonl"
        wait_until(lambda: file.exists() and b"\n" in file.read_bytes(), "a result")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert err == ""
    assert re.search(r"^ TestManyElections3A ", out, re.MULTILINE)
    assert f"to go on: raftlab test --resume --results {results}" in out
    done = len(runs(results))
    assert 0 < done < 600
    # Fewer than were asked for, so that there is little left to do.
    ended = raftlab("test", "--resume", "--results", results, "-n", 1)
    assert ended.status == 0
    assert len(runs(results)) >= max(done, 3)


def test_preempt(raftlab: Raftlab, tmp_path: Path) -> None:
    """`--preempt line` is how the runs are done, and part of what they are."""
    ended = raftlab("test", QUICK, "-n", 1, "--preempt", "line")
    assert ended.status == 0
    (run,) = runs(tmp_path / "raftlab-results" / "0001")
    assert run["key"]["preempt"] == "line"


def test_mode_process(raftlab: Raftlab, tmp_path: Path) -> None:
    """Real processes run in a batch as well, and their failures leave a report."""
    wrong = samples.write(tmp_path / "wrong", samples.ALL_LEAD)
    ended = raftlab("test", QUICK, "-n", 1, "--mode", "process", "--solution", wrong)
    assert ended.status == 1
    (run,) = runs(tmp_path / "raftlab-results" / "0001")
    # By the clock it is open what happens first: that two lead in term 7, as they say,
    # or that one of them answers with the term that it is in.
    assert re.match(r"(one leader a|answers tell the) term \(5\.[12]\)", run["message"])
    assert "term 7" in run["message"]
    assert "repeat: raftlab replay" in ended.out
    assert "--mode process" in ended.out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("TestNope", "there is no test or part 'TestNope'; parts are .*"),
        ("3E", "there is no test or part '3E'; .*"),
        ("--resume", "raftlab-results holds no batch to go on with"),
        ("--resume --results x", "x holds no batch to go on with"),
        ("3A --resume --seed 1", "--resume goes on .* leave out WHAT and --seed, .*"),
        ("--mode process --preempt line", "--preempt says where .*"),
        ("--solution nowhere", "--solution: nowhere is not a folder"),
        ("--results /proc/x", "cannot write to /proc/x: No such file or directory"),
        ("--scheduler nowhere", "--scheduler nowhere: is no address; .*"),
    ],
)
def test_refusals(raftlab: Raftlab, tmp_path: Path, arguments: str, line: str) -> None:
    """What cannot be done is refused in one line, and leaves nothing behind."""
    refusal = raftlab("test", *arguments.split()).refusal
    assert re.fullmatch(f"raftlab: {line}", refusal)
    assert not list(tmp_path.iterdir())
