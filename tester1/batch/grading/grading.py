"""`raftlab grade`: a class's submissions, the tests of a rubric, many seeds.

Every submission is run under the same seeds. Submissions that consist of the same files
are run once. The results are kept by what was run, so whatever is known already is not
run again: after the grader was killed, when a submission is handed in again, when the
rubric gives other points.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

from labrt.texts import harmless
from tester1.batch.grading.entries import Entry
from tester1.batch.grading.grades import ClassGrades, Grade, TestGrade
from tester1.batch.grading.outputs import Outputs
from tester1.batch.grading.rubric import Rubric
from tester1.batch.results.batch import Batch, Plan, Policy
from tester1.batch.results.board import Board
from tester1.batch.results.failures import FailureFolder
from tester1.batch.results.store import Store
from tester1.batch.results.tally import GiveUp, TestTally
from tester1.batch.runs.executors import Engine
from tester1.batch.runs.jobs import Keep, Key
from tester1.batch.runs.submission import Submission
from tester1.batch.runs.version import harness_version
from tester1.lab import Mode, Preempt
from tester1.session.seeds import several_seeds
from tester1.suites import course_name

__all__ = ["GradeHeader", "GradeRun", "begin", "resume"]

_GIVE_UP: Final = GiveUp(
    alike=20, stopped=3, stopped_later=10, hanging=12, wasted_s=120.0
)
_HEADLINE_WIDTH: Final = 160
_KEPT: Final = 3
"""Failures of a test of a submission whose files are kept."""


class GradeHeader(msgspec.Struct, frozen=True):
    """What a class is graded with."""

    rubric: Rubric
    runs: int
    seed: int
    mode: Mode
    audit: int
    """Runs of each test in processes, besides those in simulation."""


@dataclass(frozen=True, slots=True)
class GradeRun:
    """The grading of a class, ready to run; it holds its folder until `close`."""

    store: Store[GradeHeader]
    entries: Sequence[Entry]
    outputs: Outputs

    def run(
        self, engine: Engine, console: Console, time_limit_s: float = math.inf
    ) -> bool:
        """Do what is left of it, and write what came out.

        Says whether every submission got its runs. When the time is over no more runs
        are begun, and the rest is graded by those that were.
        """
        names = self._names()
        board = self._board(names, engine)
        batch = Batch(self._plan(names), self.store, self.outputs.failures, board)
        policy = self._policy(batch, time.monotonic() + time_limit_s)
        # What cannot be written is better known now than after the last run.
        self.outputs.write(self._grades(batch))
        try:
            batch.run_shown(
                engine,
                console,
                lambda key: f"{names[key.submission]}, {course_name(key.test)}",
                policy,
                lambda _: self.outputs.refresh(lambda: self._grades(batch)),
            )
        finally:
            # Whatever has ended it, what there is so far is written.
            grades = self._grades(batch)
            try:
                self.outputs.write(grades)
            finally:
                self._report(grades, board, console)
        return not board.lost and all(entry.submission for entry in self.entries)

    def close(self) -> None:
        """Let go of the folder."""
        self.store.close()

    def _submissions(self) -> dict[str, Submission]:
        """The submissions that can be run, by digest."""
        return _by_digest(self.entries)

    def _names(self) -> dict[str, str]:
        """What to call each digest in the table: all submissions that have it."""
        names: defaultdict[str, list[str]] = defaultdict(list)
        for entry in self.entries:
            if entry.submission is not None:
                names[entry.digest].append(entry.name)
        return {digest: " = ".join(same) for digest, same in names.items()}

    def _board(self, names: Mapping[str, str], engine: Engine) -> Board:
        header = self.store.header
        planned = len(header.rubric.tests) * (header.runs + header.audit)
        return Board(
            "submission",
            dict.fromkeys(names.values(), planned),
            lambda key: names[key.submission],
            engine.width,
        )

    def _policy(self, batch: Batch, deadline: float) -> Policy:
        mode = self.store.header.mode

        def pointless(key: Key) -> bool:
            """Whether a run is of an audit, and there is nothing to be audited."""
            # An audit can only take points from what has passed in simulation.
            if key.mode is mode:
                return False
            simulated = batch.tally(key.submission, key.test, mode)
            return simulated.total > 0 and simulated.passed == 0

        return Policy(
            _GIVE_UP,
            out_of_time=lambda: time.monotonic() > deadline,
            pointless=pointless,
        )

    def _plan(self, names: Mapping[str, str]) -> Plan:
        limits = self.store.header.rubric.limits
        return Plan(
            tuple(self._keys()),
            {digest: one.pack() for digest, one in self._submissions().items()},
            names,
            {
                digest: str(self.outputs.failures.solution(digest))
                for digest in self._submissions()
            },
            lambda key: limits,
        )

    def _keys(self) -> Iterator[Key]:
        """All runs: one submission after another, seed by seed, the audit last."""
        # A worker keeps what it has compiled of a submission, and a submission that is
        # given up is known as such early.
        header, version = self.store.header, harness_version()
        # One list for both, so that an audit repeats runs that there were in
        # simulation.
        seeds = several_seeds(header.seed, max(header.runs, header.audit))
        for digest in self._submissions():
            for mode, count in (header.mode, header.runs), (Mode.PROCESS, header.audit):
                for seed in seeds[:count]:
                    for test in header.rubric.tests:
                        yield Key(digest, test, seed, mode, Preempt.NONE, version)

    def _grades(self, batch: Batch) -> ClassGrades:
        header = self.store.header
        grades = [self._grade(batch, entry) for entry in self.entries]
        return ClassGrades(header.rubric, header.seed, grades)

    def _grade(self, batch: Batch, entry: Entry) -> Grade:
        header, digest = self.store.header, entry.digest
        tests = [
            TestGrade(
                test,
                rule,
                header.runs,
                batch.tally(digest, test, header.mode),
                batch.has_given_up(digest, test, header.mode, _GIVE_UP),
                batch.tally(digest, test, Mode.PROCESS)
                # Without an audit, runs in processes are those that are graded already.
                if header.audit
                else TestTally(),
            )
            for test, rule in header.rubric.tests.items()
        ]
        twins = [
            other.name
            for other in self.entries
            # What cannot be read has no digest, and is nobody's twin.
            if other is not entry and other.digest == digest != ""
        ]
        return Grade(entry, tests, twins, header.rubric.points)

    def _report(self, grades: ClassGrades, board: Board, console: Console) -> None:
        board.report(
            console,
            map(_line, grades.grades),
            self.store.folder / "index.html",
            "the same command with --resume",
        )


def begin(
    folder: Path,
    header: GradeHeader,
    entries: Sequence[Entry],
    results_file: Path | None = None,
) -> GradeRun:
    """A new grading. Raises `BatchError` if it cannot be begun.

    `results_file` is where else to write the Gradescope file of the only submission.
    """
    return _run(Store.create(folder, header), entries, results_file)


def resume(
    folder: Path,
    header: GradeHeader,
    entries: Sequence[Entry],
    results_file: Path | None = None,
) -> GradeRun:
    """Go on in a folder, with what is known there, and with its seed.

    Raises `BatchError` if there is nothing to go on with.
    """
    store = Store.resume(folder, GradeHeader)
    # All but the seed may change: what a run is worth, and how many there are.
    store.set_header(msgspec.structs.replace(header, seed=store.header.seed))
    return _run(store, entries, results_file)


def _run(
    store: Store[GradeHeader], entries: Sequence[Entry], results_file: Path | None
) -> GradeRun:
    folder = store.folder
    # What was handed in may be an archive, or be handed in again: a failure is repeated
    # with the very files that were run.
    failures = FailureFolder(
        folder / "failures",
        most=_KEPT,
        keep=Keep.TEXT,
        solutions=_by_digest(entries),
    )
    return GradeRun(store, entries, Outputs(folder, failures, results_file))


def _by_digest(entries: Sequence[Entry]) -> dict[str, Submission]:
    found = (entry.submission for entry in entries)
    return {one.digest: one for one in found if one is not None}


def _line(grade: Grade) -> str:
    line = f"{harmless(grade.name)}: {grade.score:g} of {grade.points:g} points"
    if grade.headline:
        line += f" ({harmless(grade.headline)[:_HEADLINE_WIDTH]})"
    return line
