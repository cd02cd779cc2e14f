"""How each server and its threads stand at the end, as lines of text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from labrt import Fact
from tester1.facts.kinds import TaskWaits
from tester1.facts.names import is_testers_thread, number_of
from tester1.rules.messages import Calls
from tester1.view.cells import TIMES
from tester1.view.states import ServerState, States, index_offset

__all__ = ["standings", "table", "threads"]

_MOST_THREADS: Final = 6


def standings(facts: Sequence[Fact], calls: Calls) -> list[ServerState]:
    """How each server stands after the facts, by number."""
    states = States(calls, index_offset(facts, calls) or 0)
    for fact in facts:
        states.take(fact)
    return states.all()


def table(servers: Sequence[ServerState]) -> list[str]:
    """A line for each server, below a heading."""
    heading = (
        *("server", "", "connected", "role", "term", "vote"),
        *("log end", "commit", "applied", "snapshot"),
    )
    lines = [heading, *map(_cells, servers)]
    # Most tests take none.
    if all(server.snapshot is None for server in servers):
        lines = [line[:-1] for line in lines]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            text.ljust(width) for text, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]


def _cells(server: ServerState) -> tuple[str, ...]:
    if not server.alive:
        return (number_of(server.server), "down", *("" for _ in range(8)))
    reached = [number_of(peer) for peer, yes in server.reaches.items() if yes]
    if len(reached) == len(server.reaches):
        connected = "yes"
    else:
        connected = f"with {' '.join(reached)}" if reached else "no"
    end = server.log_end
    return (
        *(number_of(server.server), "up", connected, _known(server.role)),
        *(_known(server.term), _voted(server)),
        "?" if end is None else f"{end[0]}/T{_known(end[1])}",
        *(_known(server.commit), _known(server.applied)),
        "" if server.snapshot is None else str(server.snapshot),
    )


def _voted(server: ServerState) -> str:
    return "?" if server.voted is None else number_of(server.voted)


def _known(value: object) -> str:
    return "?" if value is None else str(value)


def threads(facts: Iterable[Fact], servers: int) -> list[str]:
    """What the threads of so many servers wait for; those that wait alike in a line."""
    alike: dict[tuple[str, str, str], list[TaskWaits]] = defaultdict(list)
    for fact in facts:
        # The tester's own thread waits for the solution, at all times; and who could go
        # on waits for nothing.
        if isinstance(fact, TaskWaits) and not is_testers_thread(fact.thread):
            alike[_kind_of(fact), _reason(fact), fact.line].append(fact)
    # A lock first, a sleep last: one that sleeps goes on by itself.
    stuck = [waiting for key, waiting in alike.items() if key[1] != "its turn"]
    ordered = sorted(stuck, key=lambda waiting: _weight(waiting[0]))
    lines = [_line(waiting, servers) for waiting in ordered]
    left_out = len(lines) - _MOST_THREADS
    if left_out > 0:
        lines = [*lines[:_MOST_THREADS], f"and {left_out} more kinds of waits"]
    return lines


def _kind_of(fact: TaskWaits) -> str:
    """What a thread runs, by its name: `Thread-3 (feeder)` is one of the feeders."""
    found = re.fullmatch(r"Thread-\d+ \((.*)\)", fact.thread)
    name = fact.thread if found is None else found[1]
    return re.sub(r"\d+", "", name).strip("-_ ")


def _reason(fact: TaskWaits) -> str:
    """What a thread waits for; the holder of a lock is one of the same server."""
    return fact.reason.replace(f", held by {fact.server}, ", " of ")


def _weight(fact: TaskWaits) -> int:
    order = ("Lock", "RLock", "a reply", "Condition")
    begins = [fact.reason.startswith(word) for word in order]
    return begins.index(True) if True in begins else len(order)


def _line(waiting: Sequence[TaskWaits], servers: int) -> str:
    """Which servers' threads wait, how many, for what, since when and at which line."""
    first = waiting[0]
    at = sorted({number_of(fact.server) for fact in waiting})
    who = "all" if len(at) == servers else " ".join(at)
    count = f" {TIMES}{len(waiting)}" if len(waiting) > len(at) else ""
    sleeps = first.reason == "its sleep to end"
    reason = "sleeps" if sleeps else f"waits for {_reason(first)}"
    since = min(fact.since for fact in waiting)
    place = first.line.partition(" in ")[0].rpartition("/")[2]
    at_line = f" at {place}" if place else ""
    return f"{who}: {_kind_of(first)}{count} {reason} since {since:.3f} s{at_line}"
