"""The last events before a failure, in a column for each server involved.

Which servers are involved is what the failure says of itself (`servers`, `worlds`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from labrpc import LabrpcError
from labrpc.facts import Message
from labrt import Fact, RuntimeFailure
from labrt.texts import harmless
from tester1.lab import LabFailure

__all__ = ["columns", "involved_servers", "servers_of"]

MOST_ROWS: Final = 24
"""How many events are shown; before that many, most have nothing to do with it."""

_NARROWEST: Final = 16
_TIME: Final = 11


@dataclass(frozen=True, slots=True)
class Cell:
    """One event as it stands in the column of a server, or across all of them."""

    server: str | None
    text: str


def involved_servers(events: Iterable[Fact], error: BaseException) -> list[str]:
    """The servers that a failure is about, or else all that the events happened at."""
    servers = servers_of(events)
    about = {str(one) for one in _about(error)}
    # A failure of the test names them by number, one of the runtime by name.
    involved = [name for name in servers if {name, _number(name)} & about]
    return involved or servers


def _about(error: BaseException) -> tuple[int | str, ...]:
    if isinstance(error, LabFailure):
        return error.servers
    if isinstance(error, LabrpcError):
        return error.programs
    return error.worlds if isinstance(error, RuntimeFailure) else ()


def servers_of(events: Iterable[Fact]) -> list[str]:
    """The servers that the events happened at, in order."""
    return sorted({name for event in events for name in _servers_of(event)})


def columns(
    events: Sequence[Fact],
    servers: Sequence[str],
    width: int,
    *,
    most: int = MOST_ROWS,
) -> list[str]:
    """The last events of `servers`, a row each, at most `width` characters wide."""
    if not events:
        return []
    # Picked first and cut then: the last events of these servers, which need not be
    # among the last of all.
    rows = [(event, _cell(event)) for event in events]
    rows = [
        (event, cell)
        for event, cell in rows
        if cell.server is None or cell.server in servers
    ][-most:]
    room = (width - _TIME) // max(len(servers), 1)
    # Too many servers to stand side by side: whole lines tell more than cells of which
    # next to nothing is left.
    if room < _NARROWEST:
        return [harmless(str(event))[:width] for event, _ in rows]
    heading = " " * _TIME + "".join(name.ljust(room) for name in servers)
    lines = [heading.rstrip()]
    for event, cell in rows:
        if cell.server is None:
            lines.append(f"{event.time:9.4f}  -- {cell.text}"[:width])
        else:
            indent = servers.index(cell.server) * room
            text = _shortened(cell.text, room - 1)
            lines.append(f"{event.time:9.4f}  {' ' * indent}{text}")
    return lines


def _cell(event: Fact) -> Cell:
    """Where an event stands and what is written there."""
    # A column has no room for what every row of it would repeat: the size of the
    # message and the name of the service.
    text = harmless(re.sub(r" \d+ B\b", "", event.text()))
    if isinstance(event, Message):
        method = text.partition(".")[2] or text
        return Cell(event.server, f"{event.kind} {_number(event.peer)}: {method}")
    if event.server.startswith("server-"):
        return Cell(event.server, f"{event.kind} {text}")
    return Cell(None, harmless(f"{event.place}: {text}"))


def _servers_of(event: Fact) -> list[str]:
    # Both ends of a link count.
    names = [event.server, event.peer if isinstance(event, Message) else ""]
    return [name for name in names if name.startswith("server-")]


def _number(server: str) -> str:
    """What stands for a server inside a cell: its number, or a client's whole name."""
    return server.rpartition("-")[2] if server.startswith("server-") else server


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
