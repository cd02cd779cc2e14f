"""`raftlab grade`: a class of twenty, six of whom mean no good, and interruptions."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tester1.sandbox.confine import missing
from tester1.solution import REFERENCE_ROOT
from tester1.suites import select
from tests.batch import samples
from tests.cli.conftest import Raftlab, raftlab_apart
from tests.process.outside import wait_until

RUBRIC: Final = """
title = "Two tests"
runs = 2
[limits]
cpu_s = 5
wall_s = 60
memory_mib = 200
output_kib = 64
[tests]
TestInitialElection3A = 5
TestBasicAgree3B = { points = 10, rule = "share", threshold = 0.5 }
"""

SIX: Final = {
    "eats": "used more than 200 MiB of memory: ",
    "empty": "holds no solution: there is neither a raft1/ nor a kvraft1/ with ",
    "forks": "NotSimulable: os.fork(): a simulated run cannot use it",
    "hangs": "has computed for over 2 s without blocking, at raft1/raft.py:",
    "prints": "printed more than 64 KiB",
    "typo": "typo/raft1/raft.py:1: invalid syntax",
}
"""What is said of each that means no good."""

pytestmark = pytest.mark.skipif(
    bool(missing()), reason=f"this machine has no {' and no '.join(missing())}"
)


@dataclass(frozen=True, slots=True)
class Graded:
    """A grading that has ended: its folder, its status and what it printed."""

    folder: Path
    status: int
    out: str

    def results(self, name: str) -> dict[str, Any]:
        """What Gradescope would be told of a submission."""
        file = self.folder / "submissions" / name / "results.json"
        results: dict[str, Any] = json.loads(file.read_text())
        return results


def runs(folder: Path) -> list[dict[str, Any]]:
    """All results in a folder."""
    lines = (folder / "runs.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def command(*arguments: str | Path) -> list[str]:
    """The command line of `raftlab grade`, for a process of its own."""
    return [sys.executable, "-P", "-m", "tester1.cli", "grade", *map(str, arguments)]


ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REFERENCE_ROOT)}


@pytest.fixture
def graded(tmp_path: Path) -> Graded:
    """The class, graded."""
    (tmp_path / "rubric.toml").write_text(RUBRIC)
    samples.write_class(tmp_path / "class")
    ended = subprocess.run(
        command("class", "--rubric", "rubric.toml", "--out", "out", "-j", "2"),
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Graded(tmp_path / "out", ended.returncode, ended.stdout)


def test_a_class_of_twenty(graded: Graded) -> None:
    """Six mean no good and say what they did; the others get what they deserve.

    One of them could not be run at all, which a script learns from the exit status.
    """
    assert graded.status == 1, graded.out
    for name, problem in SIX.items():
        check_refused(graded, name, problem)
    check_others(graded)
    check_runs(graded)
    check_reports(graded)


def check_refused(graded: Graded, name: str, problem: str) -> None:
    """No points, and what happened: on the terminal and in the student's results."""
    results = graded.results(name)
    assert results["score"] == 0
    assert problem in results["output"]
    (line,) = [line for line in graded.out.splitlines() if line.startswith(f"{name}: ")]
    assert line.startswith(f"{name}: 0 of 15 points (")


def check_others(graded: Graded) -> None:
    """The good pass, the wrong fail what they get wrong, whoever is run beside them."""
    scores = {
        path.name: graded.results(path.name)["score"]
        for path in (graded.folder / "submissions").iterdir()
        if path.name not in SIX
    }
    expected = {f"right-{number}": 15 for number in range(10)}
    expected |= {"wrong-0": 5, "wrong-0-too": 5, "wrong-1": 10, "wrong-1-too": 10}
    assert scores == expected


def check_runs(graded: Graded) -> None:
    """Nineteen submissions, two tests, two runs, each once."""
    count = Counter(
        tuple(run["key"][name] for name in ("submission", "test", "seed"))
        for run in runs(graded.folder)
    )
    assert set(count.values()) == {1}
    assert len(count) == 19 * 4


def check_reports(graded: Graded) -> None:
    """Everything that is promised is written."""
    names = {path.name for path in graded.folder.iterdir() if path.is_file()}
    assert names == {
        *("batch.json", "runs.jsonl"),
        *("index.html", "grades.csv", "tests.csv", "junit.xml"),
    }
    page = (graded.folder / "index.html").read_text()
    assert "<h1>Two tests</h1>" in page
    for folder in (graded.folder / "submissions").iterdir():
        assert f'href="submissions/{folder.name}/index.html"' in page


def test_twins_are_run_once(raftlab: Raftlab, tmp_path: Path) -> None:
    """Submissions of the same files share their runs, and are told as what they are."""
    for name in "anna", "bob":
        samples.write(tmp_path / "class" / name, samples.REFERENCE)
    (tmp_path / "rubric.toml").write_text("[tests]\nTestInitialElection3A = 1\n")
    ended = raftlab("grade", "class", "--rubric", "rubric.toml", "-n", 2, "-j", 1)
    assert ended.status == 0
    assert len(runs(tmp_path / "raftlab-grades")) == 2
    page = (tmp_path / "raftlab-grades" / "index.html").read_text()
    assert "the same files as bob" in page


def test_resume_runs_what_is_new(raftlab: Raftlab, tmp_path: Path) -> None:
    """More runs, another submission, other points: what is known is not run again."""
    rubric = tmp_path / "rubric.toml"
    rubric.write_text("[tests]\nTestInitialElection3A = 1\n")
    samples.write(tmp_path / "class" / "anna", samples.SOMETIMES)
    options = ["class", "--rubric", rubric, "--out", "out", "-j", 1]
    assert raftlab("grade", *options, "-n", 3, "--seed", 5).status == 0
    before = runs(tmp_path / "out")
    rubric.write_text("[tests]\nTestInitialElection3A = 4\n")
    samples.write(tmp_path / "class" / "bob", samples.REFERENCE)
    ended = raftlab("grade", *options, "-n", 4, "--resume")
    assert ended.status == 0
    assert "bob: 4 of 4 points" in ended.out
    after = runs(tmp_path / "out")
    assert after[: len(before)] == before
    assert len(after) == 3 + 1 + 4
    assert {run["key"]["seed"] for run in before} < {
        run["key"]["seed"] for run in after
    }


def test_a_killed_grader_loses_nothing(raftlab: Raftlab, tmp_path: Path) -> None:
    """SIGKILL in the middle: its workers end, and going on gives the same grades."""
    samples.write(tmp_path / "class" / "anna", samples.SOMETIMES)
    samples.write(tmp_path / "class" / "bob", samples.REFERENCE)
    (tmp_path / "rubric.toml").write_text(
        'rule = "share"\n[tests]\nTestInitialElection3A = 1\n'
    )
    options = ["class", "--rubric", "rubric.toml", "-n", "15", "-j", "2", "--out"]
    with subprocess.Popen(
        command(*options, "killed", "--seed", "5"),
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
    ) as grader:
        file = tmp_path / "killed" / "runs.jsonl"
        wait_until(lambda: file.exists() and file.stat().st_size > 0, "a result")
        workers = descendants(grader.pid)
        assert workers
        grader.send_signal(signal.SIGKILL)
        grader.wait()
        before = file.read_text()
    wait_until(lambda: not any(map(is_alive, workers)), "the workers to end")
    assert 0 < before.count("\n") < 30
    assert raftlab("grade", *options, "killed", "--resume").status == 0
    assert file.read_text().startswith(before)
    assert raftlab("grade", *options, "whole", "--seed", "5").status == 0
    assert statuses(tmp_path / "killed") == statuses(tmp_path / "whole")
    for name in "anna", "bob":
        paths = [
            tmp_path / out / "submissions" / name / "results.json"
            for out in ("killed", "whole")
        ]
        killed, whole = (json.loads(path.read_text()) for path in paths)
        assert killed["tests"] == whole["tests"]


def statuses(folder: Path) -> dict[tuple[str, int], tuple[str, str]]:
    """What every run has come to; each is there once."""
    found = {
        (run["key"]["submission"], run["key"]["seed"]): (run["status"], run["message"])
        for run in runs(folder)
    }
    assert len(found) == len(runs(folder))
    return found


def descendants(pid: int) -> set[int]:
    """The processes that a process has started, and those that they have."""
    children: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        children |= {int(child) for child in (task / "children").read_text().split()}
    return children.union(*map(descendants, children))


def is_alive(pid: int) -> bool:
    """Whether a process has not ended; one that nobody has waited for yet has."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except OSError:
        return False


def test_a_failure_repeats(raftlab: Raftlab, tmp_path: Path) -> None:
    """The command on a page works where the class was graded, and a report anywhere.

    Even if what was handed in was an archive, with the solution somewhere inside.
    """
    samples.write(tmp_path / "in" / "lab" / "src", samples.ALL_LEAD)
    shutil.make_archive(str(tmp_path / "class" / "anna"), "zip", tmp_path / "in")
    (tmp_path / "rubric.toml").write_text("[tests]\nTestInitialElection3A = 1\n")
    options = ["--rubric", "rubric.toml", "-n", 1, "-j", 1, "--seed", 5]
    raftlab("grade", "class", *options)
    graded = tmp_path / "raftlab-grades"
    page = (graded / "submissions" / "anna" / "index.html").read_text()
    (words,) = re.findall("<code>raftlab (replay .*)</code>", page)
    (report,) = graded.rglob("*.txt")
    graded.rename(tmp_path / "moved")
    moved = tmp_path / "moved" / report.relative_to(graded)
    # What it was called where it was graded is gone.
    anywhere = raftlab_apart("replay", moved, cwd=tmp_path / "in")
    (tmp_path / "moved").rename(graded)
    there = raftlab_apart(*shlex.split(words), cwd=tmp_path)
    for ended, copy in (
        (there, report.parent / "solution"),
        (anywhere, moved.parent / "solution"),
    ):
        assert ended.returncode == 1, ended.stderr
        assert ended.stdout.startswith(f"solution: {copy}\n")
        assert "E   one leader a term (5.2): server 0 says" in ended.stdout


def test_time_limit(raftlab: Raftlab, tmp_path: Path) -> None:
    """When the time is over there are grades by what was run, and more can follow."""
    samples.write(tmp_path / "anna", samples.REFERENCE)
    (tmp_path / "rubric.toml").write_text("[tests]\nTestInitialElection3A = 1\n")
    options = ["anna", "--rubric", "rubric.toml", "-n", 100_000, "-j", 1]
    ended = raftlab("grade", *options, "--time-limit", 3)
    assert ended.status == 0
    assert "to go on: the same command with --resume" in ended.out
    done = len(runs(tmp_path / "raftlab-grades"))
    assert 0 < done < 100_000
    text = (tmp_path / "raftlab-grades/submissions/anna/results.json").read_text()
    assert f"{done} of 100000 runs done" in text


@pytest.mark.parametrize(
    ("handed_in", "problem"),
    [
        ("broken.zip", "broken.zip: is a broken archive: "),
        ("empty", "empty: holds no solution: "),
        ("several", "several: holds several solutions, in one and two; hand in one"),
    ],
)
def test_gradescope_file_of_anything(
    raftlab: Raftlab, tmp_path: Path, handed_in: str, problem: str
) -> None:
    """Gradescope gets its file whatever was handed in."""
    (tmp_path / "broken.zip").write_bytes(b"PK")
    (tmp_path / "empty").mkdir()
    for name in "one", "two":
        samples.write(tmp_path / "several" / name, samples.REFERENCE)
    ended = raftlab("grade", handed_in, "--gradescope", tmp_path / "results.json")
    assert ended.status == 1
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["score"] == 0
    assert results["output"].startswith(problem)
    assert len(results["tests"]) == len(select([]))


def test_audit(raftlab: Raftlab, tmp_path: Path) -> None:
    """What has fooled the simulation is found out by processes."""
    forged = samples.attacking(
        "import os\n"
        # The table of the process: that of the world does not lead out of it.
        "runner = os.sys.modules.get('tester1.batch.runs.one_run')\n"
        "if runner is not None:\n"
        "    failed = runner.Verdict\n"
        "    runner.Verdict = lambda *_: failed('passed', '', '', 0.1)"
    )
    samples.write(tmp_path / "forger", forged)
    samples.write(tmp_path / "honest", samples.REFERENCE)
    (tmp_path / "rubric.toml").write_text("[tests]\nTestInitialElection3A = 2\n")
    options = ["--rubric", "rubric.toml", "-n", 1, "-j", 1, "--audit", 1]
    ended = raftlab("grade", "forger", "honest", *options)
    assert "forger: 0 of 2 points" in ended.out
    assert "honest: 2 of 2 points" in ended.out
    kinds = Counter(
        (run["key"]["mode"], run["status"]) for run in runs(tmp_path / "raftlab-grades")
    )
    assert kinds["sim", "passed"] == 2
    assert kinds["process", "passed"] == kinds["process", "failed"] == 1
    page = (tmp_path / "raftlab-grades" / "index.html").read_text()
    assert "TestInitialElection3A: passes in simulation only" in page


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("nowhere", "nowhere: there is no such file or folder"),
        ("empty", "empty: holds no submission; name a folder with raft1/ or kvraft1/ "),
        ("broken.zip", "broken.zip: is a broken archive: File is not a zip file"),
        ("evil.zip", "evil.zip: names a file outside of itself: '../raft1/x.py'"),
        ("anna --rubric x.toml", "x.toml: cannot be read: No such file or directory"),
        ("anna --rubric bad.toml", "bad.toml: tests.3A.point: there is no such key"),
        ("anna --out /proc/x", "cannot write to /proc/x: No such file or directory"),
        ("anna --out broken.zip", "cannot write to broken.zip: File exists"),
        ("anna --resume", "raftlab-grades holds no batch to go on with"),
        ("anna --resume --seed 1", "--resume goes on with the seed of the results; "),
        ("anna --mode process --audit 1", "--audit adds runs in processes to "),
        ("anna bob --gradescope x", "--gradescope writes about one submission, and "),
        ("anna --scheduler x", "--scheduler x: is no address; "),
    ],
)
def test_refusals(raftlab: Raftlab, tmp_path: Path, arguments: str, line: str) -> None:
    """What cannot be done is refused in one line that says what to do."""
    for name in "anna", "bob":
        samples.write(tmp_path / name, samples.REFERENCE)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    samples.write(tmp_path / "up" / "in", samples.REFERENCE)
    archive = shutil.make_archive(str(tmp_path / "evil"), "zip", tmp_path / "up")
    data = Path(archive).read_bytes()
    Path(archive).write_bytes(data.replace(b"in/raft1/raft.py", b"../raft1/x.py\0\0\0"))
    (tmp_path / "bad.toml").write_text("[tests]\n3A = { point = 1 }\n")
    refusal = raftlab("grade", *arguments.split()).refusal
    assert refusal.startswith(f"raftlab: {line}")
    assert not (tmp_path / "raftlab-grades").exists()
