"""`raftlab replay`: the same run again, with its events, wherever it is called."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tester1.fingerprint import fingerprint
from tester1.session.run_reference import RunReference
from tester1.solution import REFERENCE_ROOT
from tester1.suites import select
from tests.cli.conftest import Raftlab, raftlab_apart
from tests.mutating import Mutant
from tests.raft1.mutants import HALF_ELECTS

BROKEN = REFERENCE_ROOT / "tests" / "tester1" / "broken" / "thread_exception"
TEST = "TestInitialElection3A"


def test_failing_run(tmp_path: Path) -> None:
    """The report, the last facts, the files; and the same again the next time."""
    arguments: list[str | Path] = [
        "replay",
        TEST,
        "--seed",
        "3",
        "--solution",
        BROKEN,
        "--last",
        "4",
    ]
    first, second = (raftlab_apart(*arguments, cwd=tmp_path) for _ in range(2))
    assert first.returncode == second.returncode == 1
    assert "ZeroDivisionError" in first.stdout
    *_, heading, one, two, three, four, trace, timeline = first.stdout.splitlines()
    assert heading.split() == ["server-0-0", "server-0-1", "server-0-2"]
    # The servers' end, which follows, has nothing to do with the failure.
    assert "Test Info" in three
    assert "checking for a leader" in four
    assert second.stdout.splitlines()[-7:-2] == [heading, one, two, three, four]
    place = "raftlab-artifacts/replay/test_initial_election_3A-3"
    assert trace.startswith(f"trace: {place}.trace ")
    assert timeline.startswith(f"timeline: {place}.html ")
    for line in trace, timeline:
        assert (tmp_path / line.split()[1]).stat().st_size > 0
        # Pytest, which has written them, leaves it to that line to say so.
        assert first.stdout.count(line.split()[1]) == 1


def test_passing_run(tmp_path: Path) -> None:
    """A test that passes has status 0; a pytest.ini of the folder plays no part."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    ended = raftlab_apart("replay", TEST, "--seed", "1", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout
    assert "1 passed" in ended.stdout
    assert not (tmp_path / ".pytest_cache").exists()


def broken_lab(folder: Path) -> Path:
    """A lab whose servers all die, with a folder further down."""
    lab = folder / "lab"
    shutil.copytree(BROKEN / "raft1", lab / "raft1")
    (lab / "x" / "y").mkdir(parents=True)
    return lab


@pytest.mark.parametrize("inside", [".", "raft1", "x/y"])
def test_solution_of_the_lab(tmp_path: Path, inside: str) -> None:
    """Without `--solution` the lab's code runs; the first line says so, the last how.

    The command of the report works where it was printed, copied as it is.
    """
    lab = broken_lab(tmp_path)
    ended = raftlab_apart("replay", TEST, "--seed", "3", cwd=lab / inside)
    assert ended.returncode == 1
    assert ended.stdout.startswith(f"solution: {lab}\n")
    assert "ZeroDivisionError" in ended.stdout
    (command,) = re.findall("^repeat: (.*)$", ended.stdout, re.MULTILINE)
    up = os.path.relpath(lab, lab / inside)
    assert command == f"raftlab replay {TEST} --seed 3 --solution {up}"
    _, *words = shlex.split(command)
    again = raftlab_apart(*words, cwd=lab / inside)
    assert events_of(again.stdout) == events_of(ended.stdout)


def events_of(output: str) -> list[str]:
    """The lines of a replay from its columns on."""
    lines = output.splitlines()
    heading = max(i for i, line in enumerate(lines) if "server-0-2" in line.split())
    return lines[heading:]


def test_reference_in_a_lab(tmp_path: Path) -> None:
    """It runs if it is named, and so it is in the command that repeats the run."""
    lab = broken_lab(tmp_path)
    run = ["replay", TEST, "--seed", "3", "--solution", str(REFERENCE_ROOT)]
    ended = raftlab_apart(*run, cwd=lab)
    assert ended.returncode == 0
    assert ended.stdout.startswith("solution: the reference (named as the solution)\n")


@pytest.mark.parametrize(
    "what",
    [
        ["repeat: pytest {test} --seed 3 --solution lab"],
        ["pytest", "{test}", "--seed", "3", "--solution", "lab"],
        ["pytest", "{test}[seed=3]", "--solution", "lab"],
        [f"raftlab replay {TEST} --seed 3 --solution lab"],
        ["raftlab", "replay", TEST, "--seed", "3", "--solution", "lab"],
        [
            "raftlab replay test_initial_election_3A --solution x --seed 8",
            *("--seed", "3", "--solution", "lab"),
        ],
    ],
)
@pytest.mark.parametrize("copied", [False, True])
def test_printed_commands(
    raftlab: Raftlab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: list[str],
    copied: bool,
) -> None:
    """The line of a report, in quotation marks or not; options beside it go before.

    A file of tests that is there is the one that runs.
    """
    broken_lab(tmp_path)
    test = "tests/raft/test_3a.py"
    node_id = f"{REFERENCE_ROOT / test}::test_initial_election_3A"
    if copied and "{test}" in " ".join(what):
        (tmp_path / "tests" / "raft").mkdir(parents=True)
        (tmp_path / test).touch()
        node_id = f"{tmp_path / test}::test_initial_election_3A"
    called = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        called.append(command)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr("tester1.cli.replay.subprocess.run", run)
    named = f"{test}::test_initial_election_3A"
    ended = raftlab("replay", *(word.format(test=named) for word in what))
    assert (ended.status, ended.err) == (1, "")
    assert ended.out == f"solution: {tmp_path / 'lab'}\n"
    (command,) = called
    assert command[4] == node_id
    assert " ".join(command[5:]).startswith("--seed 3 --solution lab ")


def test_artifacts(tmp_path: Path) -> None:
    """A trace or a timeline is enough, from anywhere, and tells what has changed."""
    lab = broken_lab(tmp_path)
    options = ["--seed", "3", "--preempt", "line", "--artifacts", "kept"]
    first = raftlab_apart("replay", TEST, *options, cwd=lab)
    for suffix in ".trace", ".html":
        artifact = f"lab/kept/test_initial_election_3A-3{suffix}"
        again = raftlab_apart("replay", artifact, cwd=tmp_path)
        assert again.stdout.startswith(f"solution: {lab}\n")
        assert "has changed" not in again.stdout
        command = (
            f"repeat: raftlab replay {TEST} --seed 3 --solution {{}} --preempt line"
        )
        assert command.format(".") in first.stdout
        assert command.format(lab) in again.stdout
    with (lab / "raft1" / "raft.py").open("a") as file:
        file.write("# Another one.\n")
    (lab / "raft1" / "log.py").touch()
    changed = raftlab_apart("replay", artifact, cwd=tmp_path)
    assert changed.returncode == 1
    assert changed.stdout.splitlines()[:2] == [
        f"solution: {lab}",
        "the solution has changed since: raft1/log.py, raft1/raft.py",
    ]


@pytest.mark.parametrize("suffix", [".html", ".trace"])
@pytest.mark.parametrize(
    ("replayed", "beside"),
    [
        (["--artifacts", "kept"], "kept/replay"),
        ([], "raftlab-artifacts/replay"),
    ],
)
def test_what_is_replayed_stays(
    tmp_path: Path, suffix: str, replayed: list[str], beside: str
) -> None:
    """Once the solution is mended, the run that failed can be looked at again."""
    lab = broken_lab(tmp_path)
    options = ["--seed", "3", "--artifacts", "kept"]
    assert raftlab_apart("replay", TEST, *options, cwd=lab).returncode == 1
    stem = "test_initial_election_3A-3"
    files = {path: path.read_bytes() for path in (lab / "kept").iterdir()}
    assert {path.name for path in files} == {f"{stem}.trace", f"{stem}.html"}
    shutil.copy(REFERENCE_ROOT / "raft1" / "raft.py", lab / "raft1")
    for _ in range(2):
        again = raftlab_apart("replay", f"kept/{stem}{suffix}", *replayed, cwd=lab)
        assert again.returncode == 0
        assert again.stdout.splitlines()[1].startswith("the solution has changed since")
        assert f"\ntimeline: {beside}/{stem}.html (" in again.stdout
    assert {path: path.read_bytes() for path in files} == files
    # A replay's own file is evidence like any other.
    file = lab / beside / f"{stem}{suffix}"
    before = file.read_bytes()
    further = raftlab_apart("replay", file, "--artifacts", file.parent, cwd=lab)
    assert f"\ntrace: {lab / beside}/replay/{stem}.trace (" in further.stdout
    assert file.read_bytes() == before


def test_pytests_own_files_stay(tmp_path: Path) -> None:
    """Without another folder named, a replay writes nowhere that pytest does."""
    lab = broken_lab(tmp_path)
    page = lab / "raftlab-artifacts" / "test_initial_election_3A-3.html"
    page.parent.mkdir()
    page.write_text("of the failure")
    run = ["replay", TEST, "--seed", "3"]
    assert raftlab_apart(*run, cwd=lab / "x").returncode == 1
    assert page.read_text() == "of the failure"
    found = raftlab_apart("show", TEST, cwd=lab / "raft1").stdout
    assert found == f"../raftlab-artifacts/replay/{page.name}\n"


def test_artifact_of_the_reference(
    raftlab: Raftlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a run of the reference in a lab as well."""
    run = RunReference("test_initial_election_3A", 3, fingerprint=fingerprint(None))
    header = json.dumps({"run": run.to_json()})
    (tmp_path / "x.trace").write_text(f"{header}\n")
    broken_lab(tmp_path)
    monkeypatch.setattr(
        "tester1.cli.replay.subprocess.run",
        lambda command, **_: subprocess.CompletedProcess(command, 0),
    )
    monkeypatch.chdir(tmp_path / "lab")
    ended = raftlab("replay", "../x.trace")
    assert ended.out == "solution: the reference (as in the run that is repeated)\n"


def test_what_names_no_run(raftlab: Raftlab, tmp_path: Path) -> None:
    """One line each, and nothing is run."""
    gone = RunReference("test_initial_election_3A", 3, solution="/gone/lab")
    header = json.dumps({"run": gone.to_json()})
    (tmp_path / "gone.trace").write_text(f"{header}\n")
    (tmp_path / "odd.trace").touch()
    refusals = {
        (TEST,): f"{TEST} has many runs; name one with --seed N",
        ("x.trace",): "cannot read x.trace: No such file or directory",
        ("odd.trace",): "odd.trace does not say which run it is of: neither in the "
        "file nor in its name, which would be TEST-SEED",
        ("gone.trace",): "the solution of this run was in /gone/lab, which is gone; "
        "name another one with --solution",
        ("pytest 'x",): "WHAT cannot be read: No closing quotation",
        ("pytest a b --seed 1",): "a b --seed 1 does not name one test",
        ("pytest mine.py::test_x --seed 1",): "there is no test or part 'test_x'; "
        "parts are 3A, 3B, 3C, 3D, 4A, 4B, 4C",
    }
    for what, message in refusals.items():
        assert raftlab("replay", *what).refusal == f"raftlab: {message}"


def test_refusals(raftlab: Raftlab) -> None:
    """Wrong input is refused before anything runs."""
    Path("empty").mkdir()
    Path("file").touch()
    run = [TEST, "--seed", "1"]
    assert raftlab("replay", "3B", "--seed", "1").refusal == (
        f"raftlab: 3B names {len(select(['3B']))} tests; name one of them, such as "
        "TestBasicAgree3B"
    )
    assert raftlab("replay", *run, "--solution", "empty").refusal == (
        "raftlab: --solution: empty holds no solution: there is neither a raft1/ nor a "
        "kvraft1/ with Python files in it"
    )
    assert raftlab("replay", *run, "--artifacts", "file").refusal == (
        "raftlab: cannot write to file: File exists"
    )
    Path("raft1/testing").mkdir(parents=True)
    Path("raft1/testing/inside.py").write_text("mine = True")
    assert (
        "raft1/testing/inside.py is a part of the tester"
        in raftlab("replay", *run).refusal
    )


def test_twice_the_same(tmp_path: Path) -> None:
    """Two processes make the same run of a solution that is all sets and addresses."""
    scrambled = REFERENCE_ROOT / "tests" / "determinism" / "scrambled"
    ended = raftlab_apart(
        "replay", TEST, "--seed", "1", "--twice", "--solution", scrambled, cwd=tmp_path
    )
    assert ended.returncode == 0, ended.stdout
    assert "two processes, the same " in ended.stdout
    assert [
        path.name for path in (tmp_path / "raftlab-artifacts").rglob("*.trace")
    ] == ["test_initial_election_3A-1.trace"]


def test_twice_something_else(tmp_path: Path) -> None:
    """What the simulation does not know of is found, and the first of it is shown."""
    (tmp_path / "raft1").mkdir()
    code = (REFERENCE_ROOT / "raft1" / "raft.py").read_text()
    # An address that no name of the world's own stands in the way of.
    code = f"{code}\nprint('starts', object.__hash__(Make))\n"
    (tmp_path / "raft1" / "raft.py").write_text(code)
    ended = raftlab_apart("replay", TEST, "--seed", "1", "--twice", cwd=tmp_path)
    assert ended.returncode == 1
    *_, first, before, one, other, traces = ended.stdout.splitlines()
    assert first.startswith("the runs part at event ")
    assert "start" in before
    assert "starts" in one
    assert "starts" in other
    assert one != other
    assert all((tmp_path / name).exists() for name in traces.split()[1::2])


def test_twice_is_for_simulated_runs(raftlab: Raftlab) -> None:
    """Real time never repeats, so there is nothing to compare."""
    ended = raftlab("replay", TEST, "--seed", "1", "--twice", "--mode", "process")
    assert "leave out --mode process" in ended.refusal


def test_debugger_stops_at_a_finding(tmp_path: Path) -> None:
    """In the code that was running when the rule was broken, with what it knew."""
    solution = HALF_ELECTS.write(tmp_path / "solution")
    ended = raftlab_apart(
        *("replay", TEST, "--seed", "7", "--pdb", "--solution", solution),
        cwd=tmp_path,
        input="p 'votes', envelope.request.Term\nq\n",
    )
    # Whoever leaves the debugger ends the session.
    assert ended.returncode == 130
    assert "majority elects" in ended.stdout
    assert re.search(r"^> .*/raft1/senders.py\(\d+\)_call\(\)$", ended.stdout, re.M)
    assert "('votes', 1)" in ended.stdout


SENDERS = "raft1/senders.py"
CALL = "        return self._peers[envelope.peer].Call("
STOPS = {
    "a thread raises": (
        Mutant("a wrong name", SENDERS, CALL, CALL.replace("_peers", "_ends")),
        (TEST, "1"),
        ("senders.py", "_call"),
        ("'term', envelope.request.Term", "('term', 1)"),
    ),
    "a thread raises in a library": (
        Mutant(
            *("no number", SENDERS, CALL),
            wrong='        import json\n        json.loads("{")\n' + CALL,
        ),
        (TEST, "1"),
        ("senders.py", "_call"),
        ("'term', envelope.request.Term", "('term', 1)"),
    ),
    "a handler raises": (
        Mutant(
            *("no number", "raft1/core.py"),
            right="        up_to_date = is_up_to_date(\n",
            wrong='        int("x")\n        up_to_date = is_up_to_date(\n',
        ),
        (TEST, "1"),
        ("core.py", "request_vote"),
        ("'term', args.Term", "('term', 1)"),
    ),
    "a handler has answered wrongly": (
        Mutant(
            *("votes for any log", "raft1/core.py"),
            right="up_to_date=up_to_date\n",
            wrong="up_to_date=True\n",
        ),
        ("TestFailNoAgree3B", "7"),
        ("raft.py", "RequestVote"),
        ("args.LastLogIndex, reply.VoteGranted", "(1, True)"),
    ),
    "a lock is held over a call": (
        Mutant(
            *("calls under the lock", SENDERS),
            right="reply = self._call(envelope)\n            with self._lock:\n",
            wrong="with self._lock:\n                reply = self._call(envelope)\n",
        ),
        ("TestReElection3A", "3"),
        ("senders.py", "_run"),
        ("'closed', self._closed", "('closed', False)"),
    ),
}


@pytest.mark.parametrize("case", STOPS)
def test_debugger_stops_in_the_solution(tmp_path: Path, case: str) -> None:
    """At the innermost line of its own, with its variables, and with callers above."""
    mutant, (test, seed), place, asked = STOPS[case]
    ended = raftlab_apart(
        *("replay", test, "--seed", seed, "--pdb"),
        *("--solution", mutant.write(tmp_path / "solution")),
        cwd=tmp_path,
        input=f"p {asked[0]}\nwhere\nq\n",
    )
    assert_stopped(ended, place, asked[1])


@pytest.mark.parametrize("options", [[], ["--full-trace"]])
def test_pytests_own_debugger(tmp_path: Path, options: list[str]) -> None:
    """`--pdb` of pytest stops at the same place, however it shows the failure."""
    mutant, _, place, (question, answer) = STOPS["a handler raises"]
    test = REFERENCE_ROOT / "tests/raft/test_3a.py::test_initial_election_3A"
    solution = mutant.write(tmp_path / "solution")
    command = [sys.executable, "-m", "pytest", str(test), "--seed", "1", "--pdb"]
    ended = subprocess.run(
        [*command, "--solution", str(solution), *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REFERENCE_ROOT)},
        input=f"p {question}\nq\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert_stopped(ended, place, answer)


def assert_stopped(
    ended: subprocess.CompletedProcess[str], place: tuple[str, str], answer: str
) -> None:
    """The debugger has stopped in this file and function, and has given the answer."""
    file, function = place
    _, _, debugged = ended.stdout.partition("entering PDB")
    first = re.search(r"^> (.*)$", debugged, re.MULTILINE)
    assert first is not None, ended.stdout + ended.stderr
    assert re.search(rf"/solution/raft1/{file}\(\d+\){function}\(\)$", first[1])
    assert answer in debugged


def test_debugger_is_for_one_simulated_run(raftlab: Raftlab) -> None:
    """There is nothing to stop in two processes, or in real ones."""
    for other in (["--twice"], ["--mode", "process"]):
        ended = raftlab("replay", TEST, "--seed", "1", "--pdb", *other)
        assert "--pdb stops one simulated run" in ended.refusal
