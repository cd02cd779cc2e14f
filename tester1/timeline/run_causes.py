"""What each fact followed from, also where no fact says so.

Messages know what they follow from, since the network makes them. What a solution does
by itself (it sends, saves, applies) happens in its own threads, so there the likeliest
is taken: what the server had heard last, or was asked, in that very moment; of a
command that is applied, what made it known as committed. A chain of causes so goes on
from a break to the clerk, or the candidate, that began it. Which links of it are
only likely is told with each (`Cause`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

from labrpc.facts import Answered, Delivered, HandedOver, Message, Sent
from labrt import Fact, Printed, ProgramStarted
from tester1.facts.kinds import (
    Applied,
    ClerkCalled,
    ClerkReturned,
    Performed,
    Proposed,
    PutPerformed,
    Restored,
    RuleBroken,
    Saved,
    SnapshotAdopted,
    SnapshotTaken,
    Submitted,
)
from tester1.rules.messages import Calls, SnapshotRequest
from tester1.timeline.run_schema import NONE
from tester1.view.states import ServerState

__all__ = ["NO_CAUSE", "Cause", "Causes", "place_of"]

_AT_ONCE_S: Final = 0.002
"""How long after it was told something a server may still be at it, in seconds. In
simulation that takes no time."""


class Cause(NamedTuple):
    """What a fact followed from: a position, and whether that is only the likeliest."""

    at: int
    is_likely: bool


NO_CAUSE: Final = Cause(NONE, is_likely=False)


def place_of(fact: Fact) -> str:
    """The program that a fact happened at; what a clerk is asked is at its client."""
    return fact.clerk if isinstance(fact, ClerkCalled | ClerkReturned) else fact.server


class Causes:
    """Finds the cause of each fact of a run; facts are taken in their order."""

    def __init__(self, facts: Sequence[Fact], calls: Calls) -> None:
        self._facts = facts
        self._calls = calls
        self._positions = {fact.number: at for at, fact in enumerate(facts)}
        # Of each program the latest fact of a kind, and what it is at: requests whose
        # handlers have not returned, the reply that it got last, or what it was asked.
        self._latest: dict[tuple[str, type[Fact]], int] = {}
        self._open: dict[str, dict[int, int]] = {}
        self._told: dict[str, int] = {}
        self._submits: dict[tuple[str, int], int] = {}
        self._snapshots: dict[str, int] = {}
        self._committed: dict[tuple[str, int], list[tuple[int, int]]] = {}

    def take(self, at: int, fact: Fact, server: ServerState | None) -> Cause:
        """What the fact at a position followed from, or `NO_CAUSE`.

        `server` is what is known of its server, with this fact.
        """
        cause = Cause(self._told_by(fact), is_likely=False)
        if cause.at == NONE or isinstance(fact, ClerkReturned):
            likeliest = self._likeliest(fact)
            cause = cause if likeliest == NONE else Cause(likeliest, is_likely=True)
        self._note(at, fact, server)
        # One that points forward is of a file that somebody has edited.
        return cause if NONE < cause.at < at else NO_CAUSE

    def _told_by(self, fact: Fact) -> int:
        """The cause that the fact itself names."""
        if fact.cause:
            return self._positions.get(fact.cause, NONE)
        match fact:
            case RuleBroken(proof=proof):
                shown = [self._positions[n] for n in proof if n in self._positions]
                return max(shown, default=NONE)
            case Proposed(call=call) if call:
                return self._submits.get((fact.server, call), NONE)
        return NONE

    def _likeliest(self, fact: Fact) -> int:
        place = fact.server
        match fact:
            case ClerkReturned(clerk=clerk):
                return self._last(clerk, Delivered)
            case Applied(index=index):
                return self._commit_of(fact, index)
            case Performed() | PutPerformed() | SnapshotTaken():
                return self._last(place, Applied)
            case Restored():
                return self._last(place, SnapshotAdopted)
            case SnapshotAdopted():
                return self._snapshots.get(place, NONE)
            case Sent() | Saved() | Printed() | Submitted():
                return self._at_hand(fact)
        return NONE

    def _last(self, place: str, kind: type[Fact]) -> int:
        return self._latest.get((place, kind), NONE)

    def _commit_of(self, fact: Applied, index: int) -> int:
        """The fact that first showed that an index is committed, or the last reply."""
        steps = self._committed.get((fact.server, fact.incarnation), [])
        first = bisect_left(steps, (index, NONE))
        if first < len(steps):
            return steps[first][1]
        return self._last(fact.server, Delivered)

    def _at_hand(self, fact: Fact) -> int:
        """What a program is at when it does something by itself."""
        # A clerk's client works at what the clerk was asked for last.
        called = self._last(fact.server, ClerkCalled)
        if called > self._last(fact.server, ClerkReturned):
            return called
        told = self._told.get(fact.server, NONE)
        if told != NONE and fact.time - self._facts[told].time <= _AT_ONCE_S:
            return told
        handlers = self._open.get(fact.server, {})
        return next(iter(handlers.values())) if len(handlers) == 1 else NONE

    def _note(self, at: int, fact: Fact, server: ServerState | None) -> None:
        place = place_of(fact)
        self._latest[place, type(fact)] = at
        if isinstance(fact, HandedOver):
            self._open.setdefault(place, {})[fact.call] = at
        elif isinstance(fact, Answered):
            self._open.get(place, {}).pop(fact.call, None)
            if isinstance(self._calls.request(fact), SnapshotRequest):
                self._snapshots[place] = at
        elif isinstance(fact, ProgramStarted):
            self._open.pop(place, None)
        elif isinstance(fact, Submitted):
            self._submits[place, fact.call] = at
        if isinstance(fact, Delivered | HandedOver | Proposed):
            self._told[place] = at
        # What is applied shows it as well, and is what is to be explained.
        if server is not None and server.commit and isinstance(fact, Message):
            steps = self._committed.setdefault((place, fact.incarnation), [])
            if not steps or server.commit > steps[-1][0]:
                steps.append((server.commit, at))
