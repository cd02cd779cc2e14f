"""Does the jobs of a batch on an executor, and hands back results as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Final

from tester1.batch.errors import BatchError
from tester1.batch.runs.executors import Engine
from tester1.batch.runs.jobs import REFERENCE, Job, JobResult, Record, Status
from tester1.batch.runs.pool import run_job

__all__ = ["perform"]

TRIES: Final = 3
"""How often a job is handed out whose executor fails to do it."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    job: Job
    number: int


def perform(
    jobs: Iterable[Job], engine: Engine, archives: Mapping[str, bytes]
) -> Iterator[JobResult]:
    """Do all jobs; yields every result once, in the order in which they come.

    `archives` are the packed submissions by their digest. Jobs are taken one by one as
    there is room, so whoever makes them may look at the results so far. Leaving early
    drops what has not begun.
    """
    shipped: dict[str, Any] = {REFERENCE: None}
    under_way: dict[Future[JobResult], _Attempt] = {}

    def submit(attempt: _Attempt) -> None:
        # Once for each submission, when its first job goes out.
        digest = attempt.job.key.submission
        if digest not in shipped:
            shipped[digest] = engine.ship(archives[digest])
        future = engine.executor.submit(run_job, attempt.job, shipped[digest])
        under_way[future] = attempt

    # As many as the workers are busy with and a few to come, and no more: the later a
    # job is taken, the more is known to decide whether it is worth doing.
    remaining = iter(jobs)
    try:
        while True:
            room = engine.width() + engine.ahead() - len(under_way)
            for job in _take(remaining, room):
                submit(_Attempt(job, 1))
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                attempt = under_way.pop(future)
                result = _result_of(future, attempt)
                if result is None:
                    submit(_Attempt(attempt.job, attempt.number + 1))
                else:
                    yield result
    finally:
        # Also when the caller leaves the loop over the results early: a generator that
        # is not asked any more is closed, and comes by here.
        for future in under_way:
            future.cancel()


def _take(jobs: Iterator[Job], most: int) -> Iterator[Job]:
    """Up to `most` jobs. (`itertools.islice` of none would still be one `next`.)"""
    for _ in range(most):
        job = next(jobs, None)
        if job is None:
            return
        yield job


def _result_of(future: Future[JobResult], attempt: _Attempt) -> JobResult | None:
    """What came of an attempt; None if another one is due.

    Raises `BatchError` if no job of the batch can be done.
    """
    try:
        return future.result()
    except BatchError:
        raise
    except Exception as error:
        # Executors tell in classes of their own that a worker was lost.
        if attempt.number < TRIES:
            return None
        text = f"cannot be done: {type(error).__name__}: {error}"
        return JobResult(Record(attempt.job.key, Status.LOST, text))
