"""The last events before a failure, in a column for each server involved.

A run that nobody looks at records nothing. When a simulated run has failed, it is
therefore done once more from its seed with tracing on, and its last events are shown
if it ends in the very same failure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from labrt import Runaway, Runtime, Trace, TraceEvent
from labrt.texts import harmless, message_of, without_addresses
from tester1.lab import Lab
from tester1.running import run_in_lab
from tester1.session.divergence import unrepeated
from tester1.session.unattended import unattended

__all__ = ["columns", "involved_servers", "rehearse", "servers_of"]

MOST_ROWS: Final = 24
"""How many events are shown; before that many, most have nothing to do with it."""

_SERVER_NUMBERS: Final = re.compile(r"\bservers?[ =]\[?(\d+(?:(?:, | and )\d+)*)")
_NARROWEST: Final = 16
_TIME: Final = 11

_TO_SOURCE: Final = {
    "send": "to",
    "reply": "reply of",
    "drop request": "request lost to",
    "drop reply": "reply lost of",
    "undeliverable": "undeliverable to",
    "dead": "cut off from",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One event as it stands in the column of a server, or across all of them."""

    server: str | None
    text: str


def rehearse(
    lab: Lab,
    error: BaseException,
    test: Callable[[], object],
    make_runtime: Callable[[Trace], Runtime],
) -> list[TraceEvent] | None:
    """The events of the run that failed with `error`; None if it does not repeat.

    Then `lab.unrepeated` says where the two runs part. `make_runtime` makes the runtime
    of the same run, with a trace.
    """
    if isinstance(error, Runaway):
        return []  # its stack is all there is to know, and it takes seconds to get
    if isinstance(error, KeyboardInterrupt):
        return []  # it is no part of the run (and a failure only under `--pdb`)
    trace, first = Trace(), lab.runtime
    lab.rehearse(make_runtime(trace))
    try:
        with unattended():
            run_in_lab(lab, test)
    except KeyboardInterrupt:
        raise
    except BaseException as again:
        # Whatever it is: it has no place to go but here, since pytest is in the middle
        # of the report on the first run.
        if _is_same(again, error):
            end = None if lab.ending is None else lab.ending.events
            return trace.events[:end]
    lab.unrepeated = unrepeated(first, lab.runtime, trace.events)
    return None


def _is_same(one: BaseException, other: BaseException) -> bool:
    # By name: a class that the test itself defines is made again by the repetition.
    same_kind = type(one).__qualname__ == type(other).__qualname__
    return same_kind and _message(one) == _message(other)


def _message(error: BaseException) -> str:
    return without_addresses(message_of(error))


def involved_servers(events: Iterable[TraceEvent], message: str) -> list[str]:
    """The servers that a failure's message speaks of, or else all of the events."""
    servers = servers_of(events)
    lists = _SERVER_NUMBERS.findall(message)
    numbers = {number for some in lists for number in re.findall(r"\d+", some)}
    named = [
        name
        for name in servers
        if name in message or name.rpartition("-")[2] in numbers
    ]
    return named or servers


def servers_of(events: Iterable[TraceEvent]) -> list[str]:
    """The servers that the events happened at, in order."""
    return sorted({name for event in events for name in _servers_of(event)})


def columns(
    events: Sequence[TraceEvent],
    servers: Sequence[str],
    width: int,
    *,
    most: int = MOST_ROWS,
) -> list[str]:
    """The last events of `servers`, a row each, at most `width` characters wide."""
    if not events:
        return []
    rows = [(event, _cell(event)) for event in events]
    rows = [
        (event, cell)
        for event, cell in rows
        if cell.server is None or cell.server in servers
    ][-most:]
    room = (width - _TIME) // max(len(servers), 1)
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


def _cell(event: TraceEvent) -> Cell:
    """Where an event stands and what is written there."""
    source, is_link, target = event.where.partition(">")
    text = harmless(re.sub(r" \d+ B\b", "", event.text))
    method = text.partition(".")[2] or text
    if not is_link:
        if event.where.startswith("server-"):
            return Cell(event.where, harmless(f"{event.kind} {event.text}"))
        return Cell(None, harmless(f"{event.where}: {event.text}"))
    if event.kind == "deliver":
        return Cell(target, f"from {_number(source)}: {method}")
    verb = _TO_SOURCE.get(event.kind, event.kind)
    return Cell(source, f"{verb} {_number(target)}: {method}")


def _servers_of(event: TraceEvent) -> list[str]:
    return [name for name in event.where.split(">") if name.startswith("server-")]


def _number(server: str) -> str:
    """What stands for a server inside a cell: its number, or a client's whole name."""
    return server.rpartition("-")[2] if server.startswith("server-") else server


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
