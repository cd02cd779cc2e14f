"""Notes which locks threads hold while they wait for a `Call` to return.

A server that does so answers nobody meanwhile, and a call may take seven seconds. It is
looked at only where facts are kept, since it takes a look at every frame of the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labrpc.facts import Delivered, Lost, Message, Sent
from labrt import Facts, HeldLock, Runtime
from tester1.facts.kinds import LockHeldInCall

__all__ = ["LockWatch"]


@dataclass(frozen=True, slots=True)
class _Begun:
    """A call that began with locks held."""

    time: float
    locks: Sequence[HeldLock]


class LockWatch:
    """Watches the calls of a simulated run."""

    def __init__(self, runtime: Runtime, facts: Facts) -> None:
        self._runtime = runtime
        self._facts = facts
        self._begun: dict[int, _Begun] = {}
        facts.subscribe(Sent, self._sent)
        facts.subscribe(Delivered, self._ended)
        facts.subscribe(Lost, self._ended)

    def _sent(self, fact: Sent) -> None:
        # A fact is read in the instant in which it is made, and so by the caller.
        locks = self._runtime.held_locks()
        if locks:
            self._begun[fact.number] = _Begun(fact.time, locks)

    def _ended(self, fact: Message) -> None:
        begun = self._begun.pop(fact.call, None)
        for lock in () if begun is None else begun.locks:
            # Whoever waits for a reply can let nothing go; but a send need not wait.
            if begun is not None and lock.still_held():
                self._facts.emit(
                    LockHeldInCall(
                        server=fact.server,
                        incarnation=fact.incarnation,
                        cause=fact.call,
                        lock=lock.name,
                        method=fact.method,
                        seconds=fact.time - begun.time,
                        line=lock.line,
                        waiting=lock.waiting(),
                    )
                )
