"""A program of the test's clients, such as the clerks of the key/value service.

Clerks are code under test, so they run apart from the tester, like servers. Unlike a
server, their program is not crashed by tests: it lives until the clean-up, and whoever
still waits for it then is not told anything any more.
"""

from __future__ import annotations

from typing import TypeVar

from labrt import Runtime
from tester1.cluster.direct import DirectPath, PendingCall
from tester1.hosts.interface import Handle
from tester1.lab import LabFailure

R = TypeVar("R")

__all__ = ["ClientProgram"]


class ClientProgram:
    """The test's way to a client program; made by `Config.start_client`."""

    def __init__(self, runtime: Runtime, name: str, handle: Handle) -> None:
        self.name = name
        self._handle = handle
        self._direct = DirectPath(runtime, name, handle.dispatch)

    def call(self, method: str, args: object, reply_type: type[R]) -> R:
        """Call a method of one of the program's services and wait for its reply.

        Raises `LabFailure` if the program has ended by itself.
        """
        reply = self._direct.call(method, args, reply_type)
        # No test crashes this program, so without a reply it is gone for good.
        if reply is None:
            raise LabFailure(
                f"{self.name} has ended during a call of {method}", servers=[self.name]
            )
        return reply

    def pending_calls(self) -> list[PendingCall]:
        """The calls that have not returned."""
        return self._direct.pending()

    def kill(self) -> None:
        """End the program."""
        # The direct path is not closed: whoever still waits would take the clean-up for
        # a program that has ended by itself.
        self._handle.kill()
