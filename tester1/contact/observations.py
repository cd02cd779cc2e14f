"""What programs tell the tester of themselves: facts that no message shows.

The services that the tester puts on a program, next to the code under test, see what
goes in and out there: snapshots, submits, what the state machine performs. They tell
it by `TesterClient.tell`, one way, in the order in which it happens; here it becomes
facts.

What comes from a process is its own word and is judged like all that it sends: it is of
a known kind with the right types, or the process is broken. No grade rests on it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from labrt import Fact, Facts
from tester1.contact.bounds import bounded
from tester1.facts.kinds import (
    Applied,
    Killed,
    Performed,
    Proposed,
    PutPerformed,
    Restored,
    SnapshotAdopted,
    SnapshotTaken,
    StateTold,
    SubmitReturned,
    Submitted,
)

__all__ = ["Observations", "WrongObservation"]


class WrongObservation(ValueError):
    """A program told something that is no observation; the text says what."""


# Of each kind what makes the fact, and the types of what is told, in order.
_KINDS: Final[dict[str, tuple[Callable[..., Fact], tuple[type, ...]]]] = {
    # Whether the command is there for the rules, or only to be shown: what they see has
    # to be the same in every run of a seed, whether its facts are kept or not.
    "applied": (
        lambda index, data, counts: (
            Applied(index=index, data=data)
            if counts
            else Applied(index=index, unread=data)
        ),
        (int, bytes, bool),
    ),
    "adopted": (
        lambda index, term, size: SnapshotAdopted(index=index, term=term, size=size),
        (int, int, int),
    ),
    "snapshot": (
        lambda index, size: SnapshotTaken(index=index, size=size),
        (int, int),
    ),
    "start": (
        lambda call, data, index, term, is_leader: Proposed(
            call=call, data=data, index=index, term=term, is_leader=is_leader
        ),
        (int, bytes, int, int, bool),
    ),
    "state": (
        lambda term, is_leader: StateTold(term=term, is_leader=is_leader),
        (int, bool),
    ),
    "kill": (Killed, ()),
    "submit": (lambda call, data: Submitted(call=call, data=data), (int, bytes)),
    "submitted": (
        lambda call, err, data: SubmitReturned(call=call, err=err, data=data),
        (int, str, bytes),
    ),
    "performed": (
        lambda data, reply: Performed(data=data, reply=reply),
        (bytes, bytes),
    ),
    "put performed": (
        lambda key, value, version, err: PutPerformed(
            key=key, value=value, version=version, err=err
        ),
        (str, str, int, str),
    ),
    "restored": (lambda size: Restored(size=size), (int,)),
}


class Observations:
    """Makes facts of what the programs of one test tell."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        # The facts of submits that have not returned, by program and call: what a
        # return names as its cause.
        self._submits: dict[tuple[str, int], int] = {}

    def told(self, program: str, kind: str, values: Sequence[object]) -> None:
        """Take note of what a program tells; raises `WrongObservation`."""
        _, types = _KINDS.get(kind, (None, None))
        # By exact type: for Python a bool is an int as well.
        if types is None or tuple(map(type, values)) != types:
            raise WrongObservation(f"told of {kind!r} with {len(values)} values")
        self.note(program, kind, *values)

    def note(self, program: str, kind: str, *values: Any) -> None:
        """Take note of what the hooks tell, who see to the kinds and the types."""
        told = (bounded(one) if type(one) is int else one for one in values)
        fact = _KINDS[kind][0](*told)
        fact.server = program
        if kind == "submitted":
            fact.cause = self._submits.pop((program, values[0]), 0)
        number = self._facts.emit(fact)
        if kind == "submit":
            self._submits[program, values[0]] = number
