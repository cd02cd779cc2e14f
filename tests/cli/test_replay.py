"""`raftlab replay`: the same run again, with its events, wherever it is called."""

from __future__ import annotations

from pathlib import Path

from tester1.solution import REFERENCE_ROOT
from tests.cli.conftest import Raftlab, raftlab_apart

BROKEN = REFERENCE_ROOT / "tests" / "tester1" / "broken" / "thread_exception"
TEST = "TestInitialElection3A"


def test_failing_run(tmp_path: Path) -> None:
    """The report, the last events, the files; and the same again the next time."""
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
    assert [line.split()[1] for line in (one, two, three)] == ["start"] * 3
    assert "Test Info" in four
    assert second.stdout.splitlines()[-7:-2] == [heading, one, two, three, four]
    assert trace.startswith("trace: raftlab-artifacts/test_initial_election_3A-3.trace")
    assert timeline.startswith(
        "timeline: raftlab-artifacts/test_initial_election_3A-3."
    )
    for line in trace, timeline:
        assert (tmp_path / line.split()[1]).stat().st_size > 0


def test_passing_run(tmp_path: Path) -> None:
    """A test that passes has status 0; a pytest.ini of the folder plays no part."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    ended = raftlab_apart("replay", TEST, "--seed", "1", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout
    assert "1 passed" in ended.stdout
    assert not (tmp_path / ".pytest_cache").exists()


def test_solution_of_the_current_folder(tmp_path: Path) -> None:
    """Without `--solution` the code in the current folder is what runs."""
    (tmp_path / "raft1").mkdir()
    (tmp_path / "raft1" / "raft.py").write_text((BROKEN / "raft1/raft.py").read_text())
    ended = raftlab_apart("replay", TEST, "--seed", "3", cwd=tmp_path)
    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stdout


def test_refusals(raftlab: Raftlab) -> None:
    """Wrong input is refused before anything runs."""
    Path("empty").mkdir()
    Path("file").touch()
    run = [TEST, "--seed", "1"]
    assert raftlab("replay", "3B", "--seed", "1").refusal == (
        "raftlab: 3B names 10 tests; name one of them, such as TestBasicAgree3B"
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
    assert [path.name for path in (tmp_path / "raftlab-artifacts").glob("*.trace")] == [
        "test_initial_election_3A-1.trace"
    ]


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
