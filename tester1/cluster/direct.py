"""The direct path from the test to a program under test, past the network.

Such a call is not delayed, lost or counted, and it works whether or not the server is
connected. It returns the reply, or None once the server is gone: a call in progress
when the server is shut down returns None at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from labrpc import ClientEnd, Dispatch, OnDone
from labrt import Runtime
from tester1.contact.bounds import excess
from tester1.lab import LabFailure

R = TypeVar("R")

__all__ = ["DirectPath", "PendingCall"]


@dataclass(slots=True, eq=False)
class PendingCall:
    """A direct call that has not returned: to whom, what, and since when (seconds)."""

    server: str
    method: str
    since: float
    on_done: OnDone

    def __str__(self) -> str:
        return f"{self.server} has not answered {self.method} since {self.since:.3f} s"


class DirectPath:
    """Calls `dispatch` of one incarnation, which is called `name` in messages."""

    def __init__(self, runtime: Runtime, name: str, dispatch: Dispatch) -> None:
        self._runtime = runtime
        self._name = name
        self._dispatch = dispatch
        self._end = ClientEnd(runtime, name, self._forward)
        self._mutex = runtime.mutex()
        # Insertion-ordered, so that closing releases the callers in a fixed order.
        self._pending: dict[PendingCall, None] = {}
        self._closed = False

    def call(self, method: str, args: object, reply_type: type[R]) -> R | None:
        """Call and wait for the reply; None if the program is gone or goes meanwhile.

        A mistake in the types fails the run, as it does for calls over the network; so
        does a number that no text can hold.
        """
        reply = self._end.Call(method, args, reply_type)
        wrong = "" if reply is None else excess(reply)
        if wrong:
            raise LabFailure(
                f"{self._name} answered {method} with {wrong}", servers=[self._name]
            )
        return reply

    def close(self) -> None:
        """The program is gone: calls in progress return None, later ones too."""
        with self._mutex:
            self._closed = True
            calls, self._pending = list(self._pending), {}
        # Outside the lock, since this runs the callers' own code.
        for call in calls:
            call.on_done(None)

    def pending(self) -> list[PendingCall]:
        """The calls in progress, the oldest first."""
        with self._mutex:
            return list(self._pending)

    def _forward(self, method: str, data: bytes, on_done: OnDone) -> None:
        # Known before it is on its way: the program may be gone in between, and then
        # nobody else would release the caller.
        call = PendingCall(self._name, method, self._runtime.now(), on_done)
        with self._mutex:
            closed = self._closed
            if not closed:
                self._pending[call] = None
        if closed:
            on_done(None)
            return
        self._dispatch(method, data, lambda reply: self._finish(call, reply))

    def _finish(self, call: PendingCall, reply: bytes | None) -> None:
        """Hand over the reply, unless the program was closed before it came."""
        with self._mutex:
            waiting = call in self._pending
            # Of an answer and the end of the program only the first counts: `on_done`
            # must be called once.
            self._pending.pop(call, None)
        if waiting:
            call.on_done(reply)
