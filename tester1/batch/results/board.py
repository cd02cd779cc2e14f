"""What a batch shows while it runs, and at its end: a table of pass rates.

On a terminal the table is live. Elsewhere, in a file or a pipe, there is a line for
every tenth of the way and the first of each test's failures, and the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from labrt.texts import harmless
from tester1.batch.results.tally import TestTally
from tester1.batch.runs.jobs import Key, Record, Status

__all__ = ["Board", "Display", "TableRow"]

_STEPS: Final = 10
_MOST_LINES: Final = 3
"""Failures of a row that get a line of their own where there is no live table."""
_TABLE_FRAME: Final = 8
_MINUTE: Final = 60
_HOUR: Final = 3600


@dataclass(slots=True)
class TableRow:
    """A line of the table: the runs of a test, or of a submission."""

    planned: int
    tally: TestTally = field(default_factory=TestTally)
    dropped: int = 0
    """Runs that are not worth doing any more."""
    lost: int = 0

    @property
    def left(self) -> int:
        """Runs that are still to be done."""
        return max(0, self.planned - self.tally.total - self.dropped - self.lost)


class Board:
    """The rows of a batch, and what there is to say about all of them."""

    def __init__(
        self,
        heading: str,
        planned: Mapping[str, int],
        row_of: Callable[[Key], str],
        width: Callable[[], int],
    ) -> None:
        """`row_of` names the row of a key's run, `width` is how many run at a time."""
        self.heading = heading
        self.rows = {name: TableRow(count) for name, count in planned.items()}
        self._row_of = row_of
        self._width = width

    def count(self, record: Record) -> None:
        """Take a result."""
        row = self.row(record.key)
        # The tally leaves out what was lost, which has neither passed nor failed.
        row.lost += record.status is Status.LOST
        row.tally.add(record)

    def row(self, key: Key) -> TableRow:
        """The row that a key's run belongs to."""
        return self.rows[self._row_of(key)]

    def drop(self, key: Key) -> None:
        """Take note that a planned run will not be done."""
        self.row(key).dropped += 1

    @property
    def planned(self) -> int:
        """All runs that were planned."""
        return sum(row.planned for row in self.rows.values())

    @property
    def left(self) -> int:
        """All runs that are still to be done."""
        return sum(row.left for row in self.rows.values())

    @property
    def failed(self) -> int:
        """All runs that did not pass."""
        return sum(row.tally.failed for row in self.rows.values())

    @property
    def lost(self) -> int:
        """All runs that could not be done, through no fault of the code under test."""
        return sum(row.lost for row in self.rows.values())

    def seconds_left(self) -> float:
        """How long the rest will take at the pace of what was done."""
        rows = self.rows.values()
        total = sum(row.tally.total for row in rows)
        spent = sum(row.tally.spent_s for row in rows)
        # Each test takes its own time, and what has not been run yet that of the
        # others.
        usual = spent / total if total else 0.0
        ahead = sum(
            row.left * (row.tally.mean_s if row.tally.total else usual) for row in rows
        )
        return ahead / max(1, self._width())

    def summary(self) -> str:
        """One line on all of it."""
        done = self.planned - self.left
        parts = [f"{done}/{self.planned} runs", f"{self.failed} failed"]
        if self.lost:
            parts.append(f"{self.lost} lost with their worker")
        if self.left and done:
            parts.append(f"about {duration(self.seconds_left())} left")
        return ", ".join(parts)

    def table(self, height: int | None = None) -> Table:
        """The table; of the rows that tell most, if there is not room for all."""
        table = Table(caption=self.summary(), caption_justify="left", show_edge=False)
        table.add_column(self.heading, no_wrap=True)
        for heading in ("passed", "failed", "total", "mean s", "dev s", "left"):
            table.add_column(heading, justify="right", no_wrap=True)
        shown = list(self.rows.items())
        # A live table that is higher than the terminal cannot be drawn over.
        room = len(shown) if height is None else max(1, height - _TABLE_FRAME)
        if room < len(shown):
            shown.sort(key=lambda item: _interest(item[1]))
        for name, row in shown[:room]:
            table.add_row(harmless(name), *_cells(row))
        if room < len(shown):
            table.add_row(f"... and {len(shown) - room} more")
        return table

    def report(
        self, console: Console, lines: Iterable[str], results: Path, resume: str
    ) -> None:
        """Print what came out: the table, what else there is to say, where it all is.

        `resume` is the command that does what is left.
        """
        console.print(self.table())
        for line in lines:
            _print_plain(console, line)
        _print_plain(console, f"results: {results}")
        if self.left or self.lost:
            _print_plain(console, f"to go on: {resume}")


class Display:
    """Shows a board while the batch runs; a context manager."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._console = console
        self._live: Live | None = None
        if console.is_terminal:
            self._live = Live(
                console=console,
                get_renderable=lambda: board.table(console.height),
                transient=True,
                refresh_per_second=4,
            )
        self._step = 0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, record: Record, label: str) -> None:
        """A result has come, and was counted; `label` says whose it is."""
        if self._live is not None:
            return
        # A test that always fails would say the same a thousand times.
        row = self._board.row(record.key)
        if not record.passed and row.tally.failed <= _MOST_LINES:
            line = harmless(record.message.partition("\n")[0])
            text = f"{label}, seed {record.key.seed}: {line}"
            _print_plain(self._console, text)
        done = self._board.planned - self._board.left
        step = _STEPS * done // max(1, self._board.planned)
        if step > self._step:
            self._step = step
            _print_plain(self._console, self._board.summary())


def _print_plain(console: Console, line: str) -> None:
    """Print a line as it is: no word of it, of whoever's making, is markup."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def duration(seconds: float) -> str:
    """A time in words, as exact as it is worth."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"


def _cells(row: TableRow) -> list[str]:
    tally = row.tally
    failed = f"[red]{tally.failed}[/red]" if tally.failed else "0"
    times = ["", ""]
    if tally.total:
        times = [f"{tally.mean_s:.2f}", f"{tally.deviation_s:.2f}"]
    left = str(row.left) if row.left else "given up" if row.dropped else "done"
    return [str(tally.passed), failed, str(tally.total), *times, left]


def _interest(row: TableRow) -> tuple[bool, bool]:
    """A key to sort by: failures first, then what runs at present."""
    return (row.tally.failed == 0, not (row.tally.total and row.left))
