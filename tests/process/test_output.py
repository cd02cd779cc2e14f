"""What a program prints cannot look like anything but what a program printed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labrt.texts import harmless
from tester1.sandbox.output import LAST_LINES, LINE_LENGTH, Output

PIECES = st.lists(st.binary(max_size=50), max_size=10)


def shown(pieces: list[bytes], most: int = 10**6) -> list[str]:
    """The lines that an output with these pieces shows."""
    lines: list[str] = []
    output = Output(lines.append, most)
    for piece in pieces:
        output.feed(piece)
    output.finish()
    return lines


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


def test_output_ends_at_its_bound() -> None:
    """Beyond the bound nothing is kept, and feed says so."""
    lines: list[str] = []
    output = Output(lines.append, most=10)
    assert output.feed(b"0123\n")
    assert not output.feed(b"5678\n9abcdef\n")
    assert lines == ["0123", "5678"]


def test_a_failure_shows_the_last_lines() -> None:
    """The newest lines are shown, each behind a mark; without any, nothing is."""
    output = Output(lambda line: None, 10**6)
    assert output.last() == ""
    output.feed("".join(f"line {n}\n" for n in range(100)).encode())
    last = output.last().splitlines()
    assert last[-1] == "  | line 99"
    assert sum(line.startswith("  | ") for line in last) == LAST_LINES
