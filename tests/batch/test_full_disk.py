"""A batch whose disk becomes full: one line, and what was known is known later."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tester1.batch.errors import BatchError
from tester1.batch.runs.executors import Engine
from tester1.batch.runs.jobs import Bounds, Evidence, Job, JobResult, Record, Status
from tester1.batch.runs.pool import WorkerPool
from tester1.sandbox.workspace import WorkspaceError, workspace
from tests.batch import samples
from tests.batch.records import key
from tests.batch.test_performing import AtOnce
from tests.cli.conftest import Ended, Raftlab
from tests.faults import full_disk

QUICK = ["TestInitialElection3A", "-n", 3, "--seed", 7]


def fails(job: Job) -> JobResult:
    """The outcome of a run that fails and leaves all that a run can leave."""
    files = {".trace": b"trace", ".html": b"page"}
    record = Record(job.key, Status.FAILED, "no leader")
    return JobResult(record, Evidence("report", "output", files))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have jobs done here, where the disk is full."""

    @contextlib.contextmanager
    def engine(workers: int, scheduler: str | None) -> Iterator[Engine]:
        yield Engine(AtOnce(fails), lambda: 1, lambda: 0, lambda archive: archive)

    monkeypatch.setattr("tester1.cli.test.engine", engine)
    monkeypatch.setattr("tester1.cli.grade.engine", engine)


def check_refused(ended: Ended) -> None:
    """Check that a batch has ended in one line that names a place in its folder."""
    assert ended.status == 2
    (line,) = ended.err.splitlines()
    assert line.startswith("raftlab: cannot write to out")
    assert line.endswith(": No space left on device")


def check_whole(folder: Path) -> int:
    """Check that there is nothing half-written; returns how many runs are known."""
    assert not list(folder.rglob(".*.new"))
    for report in folder.rglob("*.txt"):
        assert "report" in report.read_text()
        assert report.with_suffix(".trace").read_bytes() == b"trace"
    runs = (folder / "runs.jsonl").read_text()
    assert runs == "" or runs.endswith("\n")
    return len([json.loads(line) for line in runs.splitlines()])


COMMANDS = {
    "test": ["test", *QUICK, "--results", "out"],
    "grade": ["grade", "class", "--rubric", "rubric.toml", "-n", 3, "--out", "out"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_wherever_the_room_ends(raftlab: Raftlab, command: str, tmp_path: Path) -> None:
    """Either there is no batch, or it goes on where it was when there is room."""
    samples.write(tmp_path / "class" / "anna", samples.REFERENCE)
    (tmp_path / "rubric.toml").write_text("[tests]\nTestInitialElection3A = 1\n")
    arguments, out, room = COMMANDS[command], tmp_path / "out", 0
    while True:
        with full_disk(room) as disk:
            ended = raftlab(*arguments)
        if not disk.was_full:
            break
        check_refused(ended)
        if out.exists():
            known = check_whole(out)
            resume = arguments if command == "grade" else ["test", "--results", "out"]
            again = raftlab(*resume, "--resume")
            assert again.status == (0 if command == "grade" else 1), again.err
            assert check_whole(out) == 3 >= known
            out.rename(tmp_path / f"out-{room}")
        room += 1
    assert room > 10
    assert check_whole(out) == 3


def test_resumed_without_room(raftlab: Raftlab, tmp_path: Path) -> None:
    """What was known stays."""
    assert raftlab(*COMMANDS["test"]).status == 1
    resume = ["test", "--resume", "--results", "out", "-n", 5]
    for room in range(4):
        with full_disk(room):
            check_refused(raftlab(*resume))
        assert check_whole(tmp_path / "out") >= 3
    assert raftlab(*resume).status == 1
    assert check_whole(tmp_path / "out") == 5


def test_no_room_for_solutions() -> None:
    """The batch ends with the place and what to do, before any worker starts."""
    job = Job(key(), Bounds())
    workspace(on_disk=False)
    with (
        full_disk(0),
        contextlib.closing(WorkerPool()) as pool,
        pytest.raises(BatchError, match=r"No space left .* RAFTLAB_STATE_DIR") as error,
    ):
        pool.run(job, b"an archive")
    assert not isinstance(error.value, WorkspaceError)
