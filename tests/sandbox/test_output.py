"""What a program prints cannot look like anything but what a program printed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labrt.texts import harmless
from tester1.sandbox.output import LAST_LINES, LINE_LENGTH, BoundedPipe, Lines, Tail

PIECES = st.lists(st.binary(max_size=50), max_size=10)


def shown(pieces: list[bytes]) -> list[str]:
    """The lines that an output with these pieces shows."""
    shown_lines: list[str] = []
    lines = Lines(shown_lines.append)
    for piece in pieces:
        lines.feed(piece)
    lines.finish()
    return shown_lines


@pytest.fixture
def pipe() -> Iterator[tuple[int, BinaryIO]]:
    """The end to read from of a pipe, and the file that writes to it."""
    reader, writer = os.pipe()
    with open(reader, "rb"), open(writer, "wb", buffering=0) as file:
        yield reader, file


@given(PIECES)
def test_lines_do_not_depend_on_the_pieces(pieces: list[bytes]) -> None:
    """However the bytes arrive, the lines are the same."""
    assert shown(pieces) == shown([b"".join(pieces)])


@given(st.text())
def test_nothing_but_text_is_left_of_a_line(text: str) -> None:
    """No character moves the cursor, ends the line or changes its direction."""
    line = harmless(text)
    assert len(line.splitlines()) <= 1
    assert all(one.isprintable() or one == "\t" for one in line)


def test_a_long_line_is_broken() -> None:
    """A program that never ends a line is shown all the same."""
    lines = shown([b"x" * (2 * LINE_LENGTH + 5)])
    assert [len(line) for line in lines] == [LINE_LENGTH, LINE_LENGTH, 5]


def test_output_ends_at_its_bound(pipe: tuple[int, BinaryIO]) -> None:
    """Beyond the bound nothing is taken, however often one asks."""
    reader, file = pipe
    tail = Tail(100)
    output = BoundedPipe(reader, 10, tail.feed)
    file.write(b"0123\n")
    assert output.read()
    file.write(b"5678\n9abcdef\n")
    assert not output.read()
    assert output.overflowed
    file.write(b"more")
    assert not output.read()
    assert tail.data == b"0123\n5678\n"


def test_output_that_fills_its_bound(pipe: tuple[int, BinaryIO]) -> None:
    """As much as there may be is not too much."""
    reader, file = pipe
    output = BoundedPipe(reader, 10, Tail(10).feed)
    file.write(bytes(10))
    assert output.read()
    file.close()
    assert not output.read()
    assert not output.overflowed


def test_reading_does_not_wait(pipe: tuple[int, BinaryIO]) -> None:
    """Where there is nothing yet, reading returns; the first byte's time is kept."""
    reader, file = pipe
    output = BoundedPipe(reader, 10, Tail(10).feed)
    assert output.read()
    assert not output.first_at
    begun = time.monotonic()
    file.write(b"a")
    assert output.read()
    first_at = output.first_at
    assert first_at is not None
    assert begun <= first_at <= time.monotonic()
    file.write(b"b")
    assert output.read()
    assert output.first_at == first_at


def test_the_tail_is_the_end() -> None:
    """However much comes, and in what pieces, the last bytes are kept."""
    tail = Tail(4)
    tail.feed(b"ab")
    assert tail.data == b"ab"
    tail.feed(b"cdefg")
    tail.feed(b"h")
    assert tail.data == b"efgh"


def test_a_failure_shows_the_last_lines() -> None:
    """The newest lines are shown, each behind a mark; without any, nothing is."""
    output = Lines(lambda line: None)
    assert output.last() == ""
    output.feed("".join(f"line {n}\n" for n in range(100)).encode())
    last = output.last().splitlines()
    assert last[-1] == "  | line 99"
    assert sum(line.startswith("  | ") for line in last) == LAST_LINES
