"""`raftlab test`: one solution, chosen tests, many seeds."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rich.console import Console

from labrt.texts import harmless
from tester1.batch.errors import BatchError
from tester1.batch.results.batch import Batch, Plan, Policy
from tester1.batch.results.board import Board
from tester1.batch.results.failures import FailureFolder
from tester1.batch.results.store import Store
from tester1.batch.results.tally import TestTally, group_failures
from tester1.batch.runs.executors import Engine
from tester1.batch.runs.jobs import REFERENCE, Bounds, Keep, Key, replay_command
from tester1.batch.runs.submission import Submission, read_folder
from tester1.batch.runs.version import harness_version
from tester1.discovery import Choice, choose, to_name
from tester1.lab import Mode, Preempt
from tester1.session.seeds import several_seeds
from tester1.suites import shown_name

__all__ = ["TestHeader", "TestRun", "begin", "new_folder", "newest_folder", "resume"]

_SEEDS_SHOWN: Final = 5
_GROUPS_SHOWN: Final = 3
_MESSAGE_WIDTH: Final = 160
_BOUNDS: Final = {
    Mode.SIM: Bounds(cpu_s=300, wall_s=900, memory_mib=4096, confined=False),
    Mode.PROCESS: Bounds(wall_s=300, output_kib=16 << 10, confined=False),
}
"""The code is the caller's own, so only what would never end is stopped."""


@dataclass(frozen=True, slots=True)
class TestHeader:
    """What a batch of tests is: all that its runs follow from."""

    __test__ = False  # to pytest, its name looks like a class of tests

    tests: tuple[str, ...]
    """The functions of the tests."""
    runs: int
    seed: int
    mode: Mode
    preempt: Preempt
    solution: str | None
    """The folder of the solution; None for the reference."""
    submission: str = REFERENCE
    """The digest of what was in it when the batch began."""
    version: str = ""


@dataclass(frozen=True, slots=True)
class TestRun:
    """A batch of tests, ready to run; it holds its folder until `close`."""

    __test__ = False  # to pytest, its name looks like a class of tests

    store: Store[TestHeader]
    solution: Submission | None
    keep: int
    """For how many failures of each test files are kept."""

    @property
    def choice(self) -> Choice:
        """Whose code is run."""
        place = _place(self.store.header)
        if place is not None:
            return Choice(place)
        # In a lab it was named; elsewhere it is what is left, for a reason.
        return choose(to_name(None, Path.cwd()), Path.cwd())

    def run(
        self, engine: Engine, console: Console, *, until_fail: bool = False
    ) -> bool:
        """Do what is left of it and say what came out; whether all of it has passed."""
        header = self.store.header
        board = Board(
            "test",
            {shown_name(test): header.runs for test in header.tests},
            lambda key: shown_name(key.test),
            engine.width,
        )
        failures = FailureFolder(
            self.store.folder / "failures", most=self.keep, keep=Keep.ALL
        )
        batch = Batch(self._plan(), self.store, failures, board)
        try:
            batch.run_shown(
                engine,
                console,
                lambda key: shown_name(key.test),
                Policy(until_fail=until_fail),
            )
        finally:
            # Whatever has ended it, what there is so far is shown.
            self._report(batch, board, failures, console)
        return board.failed == 0 and board.lost == 0

    def close(self) -> None:
        """Let go of the folder."""
        self.store.close()

    def _plan(self) -> Plan:
        header, solution = self.store.header, self.solution
        archives = {} if solution is None else {solution.digest: solution.pack()}
        return Plan(
            tuple(_keys(header)),
            archives,
            {header.submission: header.solution or ""},
            {header.submission: header.solution or ""},
            lambda key: _BOUNDS[key.mode],
        )

    def _report(
        self, batch: Batch, board: Board, failures: FailureFolder, console: Console
    ) -> None:
        header, folder = self.store.header, self.store.folder
        lines = [
            line
            for test in header.tests
            for line in _failure_lines(
                header,
                test,
                batch.tally(header.submission, test, header.mode),
                failures,
            )
        ]
        command = ["raftlab", "test", "--resume", "--results", str(folder)]
        board.report(console, lines, folder, shlex.join(command))


def begin(folder: Path, header: TestHeader, keep: int) -> TestRun:
    """A new batch. Raises `BatchError` if it cannot be begun."""
    solution = _read_solution(header)
    header = replace(header, submission=_digest(solution), version=harness_version())
    return TestRun(Store.create(folder, header), solution, keep)


def resume(folder: Path, runs: int | None, keep: int) -> TestRun:
    """The batch in a folder, with another number of runs if one is given.

    Raises `BatchError` if its runs would not be the same any more.
    """
    store = Store.resume(folder, TestHeader)
    try:
        solution = _check_unchanged(store)
        if runs is not None and runs != store.header.runs:
            store.set_header(replace(store.header, runs=runs))
    except BaseException:
        store.close()
        raise
    return TestRun(store, solution, keep)


def new_folder(base: Path) -> Path:
    """The folder for a new batch below `base`: its number is one up."""
    return base / f"{max(_numbers(base), default=0) + 1:04d}"


def newest_folder(base: Path) -> Path:
    """The folder of the last batch below `base`. Raises `BatchError` without any."""
    numbers = list(_numbers(base))
    if not numbers:
        raise BatchError(f"{base} holds no batch to go on with")
    return base / f"{max(numbers):04d}"


def _check_unchanged(store: Store[TestHeader]) -> Submission | None:
    header = store.header
    # What is stored and what is still to be run must be runs of the same code, on both
    # sides: of the harness, and of the solution.
    if header.version != harness_version():
        raise BatchError(
            f"{store.folder} was begun with another version of raftlab, whose runs "
            "are others; begin a new batch"
        )
    solution = _read_solution(header)
    if _digest(solution) != header.submission:
        raise BatchError(
            f"{header.solution} has changed since the batch in {store.folder} was "
            "begun; begin a new one"
        )
    return solution


def _read_solution(header: TestHeader) -> Submission | None:
    place = _place(header)
    if place is None:
        return None
    return read_folder(place, "solution", follow_links=True)


def _place(header: TestHeader) -> Path | None:
    return None if header.solution is None else Path(header.solution)


def _digest(solution: Submission | None) -> str:
    return REFERENCE if solution is None else solution.digest


def _keys(header: TestHeader) -> Iterator[Key]:
    """All runs: every test under the first seed, then under the second, and so on."""
    # So that after a short while something is known of each test.
    for seed in several_seeds(header.seed, header.runs):
        for test in header.tests:
            yield Key(
                header.submission,
                test,
                seed,
                header.mode,
                header.preempt,
                header.version,
            )


def _failure_lines(
    header: TestHeader, test: str, tally: TestTally, failures: FailureFolder
) -> Iterator[str]:
    if not tally.failed:
        return
    yield (
        f"{shown_name(test)}: {tally.passed} of {tally.total} passed "
        f"({tally.interval_text})"
    )
    groups = group_failures(tally.failures)
    for group in groups[:_GROUPS_SHOWN]:
        message = harmless(group.example.message.partition("\n")[0])[:_MESSAGE_WIDTH]
        yield f"  {len(group.seeds)} x {message}"
        yield f"      seeds {group.first_seeds(_SEEDS_SHOWN)}"
        solution = to_name(_place(header), Path.cwd())
        yield f"      repeat: {replay_command(group.example.key, solution)}"
        report = failures.report(group.example.key)
        if report.exists():
            yield f"      report: {report}"
    if len(groups) > _GROUPS_SHOWN:
        yield f"  and {len(groups) - _GROUPS_SHOWN} other kinds of failure"


def _numbers(base: Path) -> Iterator[int]:
    for entry in base.iterdir() if base.is_dir() else ():
        if re.fullmatch(r"\d{4,}", entry.name):
            yield int(entry.name)
