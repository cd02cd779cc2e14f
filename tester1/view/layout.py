"""Rows on the terminal: side by side in columns, or below one another."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tester1.facts.names import number_of
from tester1.view.cells import Topic
from tester1.view.rows import Row

__all__ = ["COLOURS", "Line", "columns", "cut", "most_beside"]

NARROWEST: Final = 26
"""The width of a column in which the numbers of most messages have room."""

_TIME: Final = 11

COLOURS: Final[dict[Topic, str]] = {
    Topic.ELECTION: "yellow",
    Topic.REPLICATION: "cyan",
    Topic.SNAPSHOT: "blue",
    Topic.STORAGE: "green",
    Topic.FAULT: "red",
    Topic.PRINT: "purple",
    Topic.SERVICE: "light",
    Topic.TEST: "bold",
}
"""What each topic looks like, in the words that pytest's terminal has for it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, and the topic that it is about, if it is about one."""

    text: str
    topic: Topic | None = None

    @property
    def markup(self) -> dict[str, bool]:
        """How pytest's terminal shows it."""
        return {} if self.topic is None else {COLOURS[self.topic]: True}


def most_beside(width: int) -> int:
    """How many servers have room beside one another."""
    return (width - _TIME) // NARROWEST


def columns(rows: Sequence[Row], servers: Sequence[str], width: int) -> list[Line]:
    """The rows in a column for each of `servers`, at most `width` characters wide.

    Where the columns would be too narrow to say anything, the rows stand below one
    another, with the numbers of their servers.
    """
    if not rows:
        return []
    room = (width - _TIME) // max(len(servers), 1)
    if room < NARROWEST:
        return [Line(_below(row, width), row.topic) for row in rows]
    heading = " " * _TIME + "".join(name.ljust(room) for name in servers)
    lines = [Line(heading.rstrip())]
    for row in rows:
        lines += [Line(text, row.topic) for text in _beside(row, servers, room, width)]
    return lines


def _beside(row: Row, servers: Sequence[str], room: int, width: int) -> list[str]:
    text, short = row.texts()
    if row.server not in servers:
        other = "" if row.server is None else f"{number_of(row.server)}: "
        return [cut(f"{row.time:9.4f}  -- {other}{text}", width)]
    indent = " " * (room * servers.index(row.server))
    space = room - 1
    if len(text) <= space:
        return [f"{row.time:9.4f}  {indent}{text}"]
    # On two lines rather than without the numbers in its middle.
    first, *more = textwrap.wrap(short, space, subsequent_indent="  ") or [""]
    lines = [f"{row.time:9.4f}  {indent}{first}"]
    if more:
        rest = (
            more[0]
            if len(more) == 1
            else cut("  " + " ".join(map(str.strip, more)), space)
        )
        lines.append(f"{' ' * _TIME}{indent}{rest}")
    return lines


def _below(row: Row, width: int) -> str:
    server = "--" if row.server is None else number_of(row.server)
    text, short = row.texts()
    begin = f"{row.time:9.4f}  {server:>2}  "
    space = width - len(begin)
    return begin + (text if len(text) <= space else cut(short, space))


def cut(text: str, width: int) -> str:
    """A text, cut in the middle if it is wider: what tells two apart is at the ends."""
    if len(text) <= width:
        return text
    kept = max(width - 1, 2)
    end = kept // 3
    return f"{text[: kept - end]}…{text[len(text) - end :]}"
