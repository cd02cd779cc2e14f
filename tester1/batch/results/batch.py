"""A batch: jobs that are not known yet are done, and every result is kept at once.

`raftlab test` and `raftlab grade` differ in what they plan and in what they make of the
results. What lies between is here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console

from tester1.batch.results.board import Board, Display
from tester1.batch.results.failures import FailureFolder
from tester1.batch.results.store import Store
from tester1.batch.results.tally import GiveUp, Outlook, TestTally
from tester1.batch.runs.dispatch import perform
from tester1.batch.runs.executors import Engine
from tester1.batch.runs.jobs import Bounds, Job, Key, Record
from tester1.lab import Mode

__all__ = ["Batch", "Plan", "Policy", "StopReason"]


class StopReason(Enum):
    """Why a batch has ended."""

    DONE = "done"
    FAILURE = "a run has failed"
    TIME = "out of time"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: all runs in order, and the submissions that they need."""

    keys: tuple[Key, ...]
    archives: Mapping[str, bytes]
    """Packed submissions by digest."""
    names: Mapping[str, str]
    """What reports call the folder of each submission."""
    places: Mapping[str, str]
    """The folder of each submission, for whoever repeats a run of it."""
    bounds: Callable[[Key], Bounds]


@dataclass(frozen=True, slots=True)
class Policy:
    """When a batch ends early, altogether or for one test."""

    give_up: GiveUp = field(default_factory=GiveUp)
    until_fail: bool = False
    out_of_time: Callable[[], bool] = lambda: False
    pointless: Callable[[Key], bool] = lambda key: False
    """Whether a run need not be done, by what is known when its turn comes."""


class Batch:
    """The state of a batch while it runs, which begins with what is known already."""

    def __init__(
        self, plan: Plan, store: Store[Any], failures: FailureFolder, board: Board
    ) -> None:
        self._plan = plan
        self._store = store
        self._failures = failures
        self._board = board
        self._tallies: dict[tuple[str, str, Mode], TestTally] = {}
        self._submissions: defaultdict[str, Outlook] = defaultdict(Outlook)
        # In the order of the plan, not in that of the file: what a rule makes of runs
        # in a row must not depend on how often the batch was interrupted.
        for key in plan.keys:
            known = store.records.get(key)
            if known is not None:
                self._count(known)

    def run(
        self,
        engine: Engine,
        seen: Callable[[Record], None],
        policy: Policy,
    ) -> StopReason:
        """Do what is left to do; each result is handed to `seen` when it is counted."""
        if policy.until_fail and self._board.failed:
            return StopReason.FAILURE
        jobs = self._jobs(policy)
        for result in perform(jobs, engine, self._plan.archives):
            record = result.record
            # First of all onto the disk: whatever happens next, this run is done.
            self._store.add(record)
            self._count(record)
            # After the verdict, which is worth more than what explains it.
            self._failures.save(result)
            seen(record)
            if policy.until_fail and not record.passed:
                return StopReason.FAILURE
        return (
            StopReason.TIME
            if policy.out_of_time() and self._board.left
            else StopReason.DONE
        )

    def run_shown(
        self,
        engine: Engine,
        console: Console,
        label: Callable[[Key], str],
        policy: Policy,
        seen: Callable[[Record], None] = lambda record: None,
    ) -> StopReason:
        """Do the same, and show how it goes; `label` says what to call a run."""
        with Display(self._board, console) as display:

            def show(record: Record) -> None:
                display.show(record, label(record.key))
                seen(record)

            return self.run(engine, show, policy)

    def tally(self, submission: str, test: str, mode: Mode) -> TestTally:
        """The runs of a test of a submission so far."""
        return self._tallies.setdefault((submission, test, mode), TestTally())

    def has_given_up(
        self, submission: str, test: str, mode: Mode, rule: GiveUp
    ) -> bool:
        """Whether further runs of a test would tell nothing new."""
        if self.tally(submission, test, mode).given_up(rule):
            return True
        return self._submissions[submission].given_up(rule)

    def _count(self, record: Record) -> None:
        key = record.key
        self.tally(key.submission, key.test, key.mode).add(record)
        self._submissions[key.submission].add(record)
        self._board.count(record)

    def _jobs(self, policy: Policy) -> Iterator[Job]:
        # Asked for one by one as workers become free, so each decision is made by all
        # that is known by then.
        for key in self._unknown():
            if policy.out_of_time():
                return
            if self._is_pointless(key, policy):
                self._board.drop(key)
                continue
            yield Job(
                key,
                self._plan.bounds(key),
                self._failures.wanted(key),
                self._plan.names.get(key.submission, ""),
                self._place(key),
            )

    def _place(self, key: Key) -> str:
        # In full: the command that names it is kept in files, which are read anywhere.
        place = self._plan.places.get(key.submission)
        return str(Path(place).resolve()) if place else ""

    def _is_pointless(self, key: Key, policy: Policy) -> bool:
        rule = policy.give_up
        if self.has_given_up(key.submission, key.test, key.mode, rule):
            return True
        return policy.pointless(key)

    def _unknown(self) -> Iterable[Key]:
        known = self._store.records
        return (key for key in self._plan.keys if key not in known)
