"""Handing out jobs: each comes back once, whatever becomes of whoever has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from tester1.batch.errors import BatchError
from tester1.batch.results.batch import Batch, Plan, Policy, StopReason
from tester1.batch.results.board import Board
from tester1.batch.results.failures import FailureFolder
from tester1.batch.results.store import Store
from tester1.batch.results.tally import GiveUp
from tester1.batch.runs.dispatch import perform
from tester1.batch.runs.executors import Engine
from tester1.batch.runs.jobs import Bounds, Job, JobResult, Keep, Key, Record, Status
from tester1.batch.runs.pool import WrongVersion
from tests.batch.records import key

BOUNDS = Bounds()
Answer = Callable[[Job], JobResult]


class AtOnce(Executor):
    """Does jobs as they come, by asking `answer`; notes with which archive."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.archives: list[object] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a job done, here and now."""
        job, archive = args
        self.archives.append(archive)
        future: Future[Any] = Future()
        try:
            future.set_result(self._answer(job))
        except Exception as error:
            future.set_exception(error)
        return future


def engine(executor: Executor, shipped: list[bytes] | None = None) -> Engine:
    """An engine around an executor, which notes what travels."""

    def ship(archive: bytes) -> object:
        if shipped is not None:
            shipped.append(archive)
        return f"shipped {archive.decode()}"

    return Engine(executor, lambda: 2, lambda: 1, ship)


def passes(job: Job) -> JobResult:
    """The outcome of a run that passes."""
    return JobResult(Record(job.key, Status.PASSED, wall_s=1.0))


def fails(job: Job) -> JobResult:
    """The outcome of a run that fails."""
    return JobResult(Record(job.key, Status.FAILED, "wrong", 1.0))


def jobs(count: int) -> list[Job]:
    """Jobs with the seeds from 0 on."""
    return [Job(key(seed), BOUNDS) for seed in range(count)]


ARCHIVES = {key().submission: b"files"}


def test_every_job_comes_back_once() -> None:
    """The submission travels once, and stands behind every job."""
    executor, shipped = AtOnce(passes), list[bytes]()
    outcomes = perform(jobs(7), engine(executor, shipped), ARCHIVES)
    assert sorted(one.record.key.seed for one in outcomes) == list(range(7))
    assert shipped == [b"files"]
    assert executor.archives == ["shipped files"] * 7


def test_a_job_whose_executor_fails_is_done_again() -> None:
    """A node that goes away costs nothing, as long as it does not go on."""
    tries: Counter[int] = Counter()

    def answer(job: Job) -> JobResult:
        tries[job.key.seed] += 1
        if tries[job.key.seed] < 3:
            raise ConnectionError("the node has gone")
        return passes(job)

    outcomes = list(perform(jobs(3), engine(AtOnce(answer)), ARCHIVES))
    assert all(outcome.record.passed for outcome in outcomes)
    assert tries == {0: 3, 1: 3, 2: 3}


def test_a_job_that_cannot_be_done_is_told() -> None:
    """After three tries the rest goes on without it."""

    def answer(job: Job) -> JobResult:
        if job.key.seed == 1:
            raise ConnectionError("the node has gone")
        return passes(job)

    outcomes = perform(jobs(3), engine(AtOnce(answer)), ARCHIVES)
    records = {one.record.key.seed: one.record for one in outcomes}
    assert [records[seed].status for seed in range(3)] == [
        *(Status.PASSED, Status.LOST, Status.PASSED)
    ]
    assert records[1].message == ("cannot be done: ConnectionError: the node has gone")


def test_what_concerns_all_jobs_ends_the_batch() -> None:
    """A worker with another version is nothing to try again."""

    def answer(job: Job) -> JobResult:
        raise WrongVersion("another version")

    with pytest.raises(BatchError, match="another version"):
        list(perform(jobs(3), engine(AtOnce(answer)), ARCHIVES))


def test_jobs_are_taken_as_there_is_room() -> None:
    """Whoever makes the jobs sees earlier outcomes before making the next."""
    taken: list[int] = []

    def source() -> Iterator[Job]:
        for job in jobs(9):
            taken.append(job.key.seed)
            yield job

    outcomes = perform(source(), engine(AtOnce(passes)), ARCHIVES)
    assert taken == []
    next(outcomes)
    assert taken == [0, 1, 2]  # two at a time, and one ahead
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator
    assert taken == [0, 1, 2]


@pytest.fixture
def store(tmp_path: Any) -> Iterator[Store[str]]:
    """The results of a batch."""
    with Store.create(tmp_path / "results", "a batch") as made:
        yield made


def batch(store: Store[str], count: int) -> tuple[Batch, Board]:
    """A batch of so many runs of one test, and what it shows."""
    keys = tuple(key(seed) for seed in range(count))
    plan = Plan(keys, ARCHIVES, {}, {}, lambda key: BOUNDS)
    board = Board("test", {"x": count}, lambda key: "x", lambda: 2)
    failures = FailureFolder(store.folder / "failures", most=0, keep=Keep.NOTHING)
    return Batch(plan, store, failures, board), board


def ignore(record: Record) -> None:
    """Look at no result."""


def test_what_is_known_is_not_done(store: Store[str]) -> None:
    """Runs with a result are counted, and not run again."""
    store.add(passes(Job(key(1), BOUNDS)).record)
    executor = AtOnce(passes)
    made, board = batch(store, 3)
    assert made.run(engine(executor), ignore, Policy()) is StopReason.DONE
    assert len(executor.archives) == 2
    assert (board.rows["x"].tally.total, board.left) == (3, 0)


def test_a_hopeless_test_is_given_up(store: Store[str]) -> None:
    """The runs that are not done any more are shown as such."""
    made, board = batch(store, 50)
    executor = AtOnce(fails)
    assert (
        made.run(engine(executor), ignore, Policy(GiveUp(alike=5))) is StopReason.DONE
    )
    done = board.rows["x"].tally.total
    assert 5 <= done <= 5 + 3
    assert board.left == 0
    assert board.rows["x"].dropped == 50 - done


def test_pointless_runs_are_not_done(store: Store[str]) -> None:
    """Whoever plans may think again when a run's turn comes."""
    made, board = batch(store, 9)
    executor = AtOnce(passes)

    def is_odd(key: Key) -> bool:
        return key.seed % 2 == 1

    made.run(engine(executor), ignore, Policy(pointless=is_odd))
    assert (board.rows["x"].tally.total, board.rows["x"].dropped) == (5, 4)


def test_out_of_time(store: Store[str]) -> None:
    """What has begun is finished, and nothing else is begun."""
    made, board = batch(store, 9)
    seen: list[Record] = []
    policy = Policy(out_of_time=lambda: len(seen) >= 2)
    assert made.run(engine(AtOnce(passes)), seen.append, policy) is StopReason.TIME
    assert 2 <= len(seen) <= 4
    assert board.left == 9 - len(seen)


def test_until_fail(store: Store[str]) -> None:
    """The first failure ends it."""
    made, board = batch(store, 9)
    policy = Policy(until_fail=True)
    assert made.run(engine(AtOnce(fails)), ignore, policy) is StopReason.FAILURE
    assert board.failed == 1
