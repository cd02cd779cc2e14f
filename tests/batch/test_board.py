"""The picture of a batch: live on a terminal, lines elsewhere."""

from __future__ import annotations

import io
import re

from rich.console import Console

from tester1.batch.results.board import Board, Display
from tester1.batch.runs.jobs import Record, Status
from tests.batch.records import failed, passed


def board(**planned: int) -> Board:
    """A board with these rows; runs belong to the first."""
    first = next(iter(planned))
    return Board("test", planned, lambda key: first, lambda: 2)


def shown(board: Board, height: int | None = None) -> list[str]:
    """The lines of the table."""
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as capture:
        console.print(board.table(height))
    return capture.get().splitlines()


def test_row() -> None:
    """Passed, failed, total, mean and deviation of the time, runs left."""
    made = board(TestX=10)
    for record in passed(1, 1.0), passed(2, 2.0), failed("wrong", 3, wall_s=3.0):
        made.count(record)
    (line,) = [line for line in shown(made) if "TestX" in line]
    cells = [cell.strip() for cell in line.split("│")]
    assert cells == ["TestX", "2", "1", "3", "2.00", "1.00", "7"]


def test_remaining_time() -> None:
    """What is left takes as long as what was done, two at a time."""
    made = board(a=101, b=20)
    made.count(passed(wall_s=3.0))
    assert made.seconds_left() == (100 + 20) * 3.0 / 2
    assert made.summary() == "1/121 runs, 0 failed, about 3 min left"


def test_lost_runs_are_told() -> None:
    """They count as done, and as nothing else."""
    made = board(a=2)
    made.count(Record(passed().key, Status.LOST, "gone"))
    made.count(passed())
    assert made.summary() == "2/2 runs, 0 failed, 1 lost with their worker"
    assert (made.left, made.lost, made.failed) == (0, 1, 0)


def test_a_small_terminal_shows_what_tells_most() -> None:
    """Rows with failures come first where there is not room for all."""
    planned = {f"t{number}": 5 for number in range(40)}
    made = Board("test", planned, lambda key: "t33", lambda: 1)
    made.count(failed("wrong"))
    lines = shown(made, height=14)
    assert "t33" in lines[2]
    assert any("... and 34 more" in line for line in lines)
    assert len(lines) <= 14


def test_lines_without_a_terminal() -> None:
    """In a file: the first failures, and a line for every tenth of the way."""
    made, file = board(a=50), io.StringIO()
    with Display(made, Console(file=file, width=100)) as display:
        for seed in range(50):
            record = failed(f"\x1b[1m wrong {seed}", seed) if seed < 9 else passed(seed)
            made.count(record)
            display.show(record, "TestX")
    lines = file.getvalue().splitlines()
    failures = [line for line in lines if line.startswith("TestX")]
    assert failures == [
        rf"TestX, seed {seed}: \x1b[1m wrong {seed}" for seed in range(3)
    ]
    steps = [line for line in lines if re.match(r"\d+/50 runs", line)]
    assert len(steps) == 10
    assert steps[-1] == "50/50 runs, 9 failed"


def test_live_on_a_terminal() -> None:
    """There the table is drawn again and again, and gone in the end."""
    made, file = board(TestX=2), io.StringIO()
    console = Console(file=file, width=100, height=30, force_terminal=True)
    with Display(made, console) as display:
        made.count(passed())
        display.show(passed(), "TestX")
    text = file.getvalue()
    assert "TestX" in text
    assert "about 0 s left" in text or "1/2 runs" in text
    assert text.endswith("\x1b[1A\x1b[2K")
