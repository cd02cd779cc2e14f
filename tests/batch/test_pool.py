"""Runs in their processes: whatever a submission does costs its own run, and is named.

All runs here are done by the same worker, which has to be as good as new after each.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tester1.batch.errors import BatchError
from tester1.batch.runs.jobs import REFERENCE, Bounds, Job, JobResult, Keep, Key, Status
from tester1.batch.runs.pool import WorkerPool, WrongVersion, run_job
from tester1.batch.runs.submission import Submission
from tester1.batch.runs.version import harness_version
from tester1.lab import Mode, Preempt
from tester1.sandbox.confine import missing
from tests.batch import samples
from tests.process.outside import wait_until

BOUNDS = Bounds(cpu_s=2, wall_s=120, memory_mib=200, output_kib=64)
IMPATIENT = replace(BOUNDS, wall_s=3)
"""For a run that only waits; a busy machine may let any other take longer."""
QUICK = "test_initial_election_3A"
FORGED = (
    "import ctypes, msgspec, os\n"
    "verdict = {'status': 'passed', 'message': '', 'report': '', 'cpu_s': 0.1}\n"
    "os.write(3, b'x' * 32 + msgspec.msgpack.encode(verdict))\n"
)

confined = pytest.mark.skipif(
    bool(missing()), reason=f"this machine has no {' and no '.join(missing())}"
)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """One worker, used by one test after another."""
    made = WorkerPool()
    yield made
    made.close()


def job(digest: str = REFERENCE, seed: int = 1, keep: Keep = Keep.NOTHING) -> Job:
    """A short run."""
    key = Key(digest, QUICK, seed, Mode.SIM, Preempt.NONE, harness_version())
    return Job(key, BOUNDS, keep, "anna", "/class/anna")


def submitted(
    pool: WorkerPool, raft: str, keep: Keep = Keep.NOTHING, bounds: Bounds = BOUNDS
) -> JobResult:
    """What comes of a run of this `raft.py`."""
    submission = Submission("anna", {"raft1/raft.py": raft.encode()})
    order = job(submission.digest, keep=keep)
    return pool.run(replace(order, bounds=bounds), submission.pack())


def test_reference_passes(pool: WorkerPool) -> None:
    """A run that passes leaves its time, and nothing else."""
    outcome = pool.run(job(keep=Keep.ALL), None)
    assert outcome.record.status is Status.PASSED
    assert outcome.record.message == ""
    assert 0 < outcome.record.cpu_s <= outcome.record.wall_s
    assert outcome.evidence is None


@pytest.mark.parametrize(
    ("raft", "status", "message"),
    [
        (samples.ALL_LEAD, Status.FAILED, "one leader a term (5.2): server 0 says"),
        (samples.SYNTAX_ERROR, Status.FAILED, "server-0-0: anna/raft1/raft.py:1: inv"),
        (
            samples.attacking("import ctypes\nctypes.CDLL(None)._exit(0)"),
            Status.CRASHED,
            "ended without a verdict: its process exited by itself, with status 0",
        ),
        (
            samples.attacking("import ctypes\nctypes.string_at(0)"),
            Status.CRASHED,
            "ended without a verdict: its process was killed by SIGSEGV",
        ),
        (
            samples.attacking("sum(iter(int, 1))"),
            Status.STOPPED,
            "used more than 2 s of processor time",
        ),
        (
            samples.SLEEPS,
            Status.STOPPED,
            "took longer than 3 s",
        ),
        (samples.EATS_MEMORY, Status.STOPPED, "used more than 200 MiB of memory: "),
        (samples.PRINTS, Status.STOPPED, "printed more than 64 KiB"),
    ],
    ids=["wrong", "typo", "exits", "crashes", "spins", "sleeps", "eats", "prints"],
)
def test_ends(pool: WorkerPool, raft: str, status: Status, message: str) -> None:
    """However a run ends, its record says how, and the next one is not touched."""
    bounds = IMPATIENT if message.startswith("took longer") else BOUNDS
    record = submitted(pool, raft, bounds=bounds).record
    assert record.status is status, record
    assert record.message.startswith(message)
    assert pool.run(job(), None).record.passed


@pytest.mark.parametrize(
    ("raft", "message"),
    [
        (
            samples.attacking(f"{FORGED}ctypes.CDLL(None)._exit(0)"),
            "wrote to the tester's own channel",
        ),
        (samples.attacking(FORGED), "wrote to the tester's own channel"),
        (
            samples.attacking("import os\nwhile True: os.write(3, bytes(4096))"),
            "wrote to the tester's own channel without end",
        ),
    ],
    ids=["and exits", "and goes on", "without end"],
)
def test_forged_verdict(pool: WorkerPool, raft: str, message: str) -> None:
    """A verdict that does not begin with the run's secret is none."""
    record = submitted(pool, raft).record
    assert not record.passed
    assert record.message == message


@confined
@pytest.mark.parametrize(
    "statements",
    [
        "import ctypes\nassert ctypes.CDLL(None).fork() == -1",
        "import ctypes\nassert ctypes.CDLL(None).system(b'true') != 0",
        f"import ctypes\nassert ctypes.CDLL(None).kill({os.getpid()}, 0) == -1",
        "import ctypes, os\nassert ctypes.CDLL(None).kill(os.getppid(), 9) == -1",
        "import ctypes\nassert ctypes.CDLL(None).socket(2, 1, 0) == -1",
    ],
    ids=["fork", "system", "kill the batch", "kill the worker", "network"],
)
def test_confinement(pool: WorkerPool, statements: str) -> None:
    """What goes round Python's own names is refused by the kernel."""
    raft = samples.changed(
        "def __init__(self, *arguments):\n        "
        + "\n        ".join([*statements.splitlines(), "super().__init__(*arguments)"])
    )
    record = submitted(pool, raft).record
    assert record.passed, record.message


@confined
def test_files_outside_are_safe(pool: WorkerPool, tmp_path: Path) -> None:
    """A run writes below its own folder, and nowhere else."""
    target = tmp_path / "results"
    record = submitted(
        pool, samples.attacking(f"open({str(target)!r}, 'w').write('x')")
    ).record
    assert "PermissionError" in record.message
    assert not target.exists()


def test_evidence(pool: WorkerPool) -> None:
    """Of a failure there are the report, the trace, and for the owner the timeline."""
    trusted = replace(BOUNDS, confined=False)
    own = submitted(pool, samples.ALL_LEAD, Keep.ALL, trusted).evidence
    assert own is not None
    assert set(own.files) == {".trace", ".html"}
    report = own.report.splitlines()
    assert "E   one leader a term (5.2): server 0 says" in "\n".join(report)
    assert report[-1] == (
        "repeat: raftlab replay TestInitialElection3A --seed 1 --solution /class/anna"
    )
    text = submitted(pool, samples.ALL_LEAD, Keep.TEXT).evidence
    assert text is not None
    assert set(text.files) == {".trace"}
    assert submitted(pool, samples.ALL_LEAD).evidence is None


def test_a_part_of_the_tester_cannot_be_handed_in(pool: WorkerPool) -> None:
    """A module that the tester's own would have to give way to is refused."""
    files = {"raft1/raft.py": b"", "raft1/testing/inside.py": b"evil = True\n"}
    submission = Submission("anna", files)
    record = pool.run(job(submission.digest), submission.pack()).record
    assert record.message.startswith(
        "anna/raft1/testing/inside.py is a part of the tester"
    )


def test_runs_are_the_same_everywhere(pool: WorkerPool) -> None:
    """The same key in another worker fails in the same words."""
    first = submitted(pool, samples.SOMETIMES).record
    other = WorkerPool()
    try:
        second = submitted(other, samples.SOMETIMES).record
    finally:
        other.close()
    assert (first.status, first.message) == (second.status, second.message)


def children() -> set[int]:
    """The processes that this one has started."""
    while True:
        # A thread may end while they are read, and leaves its children to another.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            tasks = list(Path("/proc/self/task").iterdir())
            lists = [(task / "children").read_text() for task in tasks]
            return {int(pid) for pids in lists for pid in pids.split()}


def test_a_worker_that_dies() -> None:
    """Its job is done again by another; after three of them it is told as lost."""
    raft = samples.SLEEPS
    before = children()
    pool = WorkerPool()
    with ThreadPoolExecutor(1) as threads:
        try:
            killed: set[int] = set()
            outcome = threads.submit(submitted, pool, raft)

            def kill_next() -> bool:
                for pid in children() - before - killed:
                    killed.add(pid)
                    os.kill(pid, signal.SIGKILL)
                return outcome.done()

            wait_until(kill_next, "the job to be given up")
            assert outcome.result().record.status is Status.LOST
            assert outcome.result().record.message == (
                "3 worker processes died in this run"
            )
            assert len(killed) == 3
            assert pool.run(job(), None).record.passed
        finally:
            pool.close()


def test_closing_ends_what_runs() -> None:
    """Whoever waits for a run of a pool that is closed gets an exception."""
    pool = WorkerPool()
    begun = threading.Event()
    before = children()
    raft = samples.SLEEPS

    def run() -> JobResult:
        begun.set()
        return submitted(pool, raft)

    with ThreadPoolExecutor(1) as threads:
        outcome = threads.submit(run)
        begun.wait()
        wait_until(lambda: bool(children() - before), "a worker")
        pool.close()
        with pytest.raises(BatchError):
            outcome.result()
    assert children() == before


def test_another_version_is_refused() -> None:
    """A worker with another tester would decide differently."""
    key = Key(REFERENCE, QUICK, 1, Mode.SIM, Preempt.NONE, "older")
    with pytest.raises(WrongVersion, match="has another version of raftlab"):
        run_job(Job(key, BOUNDS), None)
