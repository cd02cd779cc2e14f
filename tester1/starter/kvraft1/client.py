"""Your clerk: the client's side of the key/value service, part 4B.

An application calls `Get` and `Put` of a clerk; the clerk finds the server that leads
and keeps asking until it has an answer. The handout is `lab4.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from kvraft1.rpc import Err, Tversion

R = TypeVar("R")


class Clnt(Protocol):
    """A client's access to the network; the tester supplies it."""

    def call(
        self, server: str, method: str, args: object, reply_type: type[R], /
    ) -> R | None:
        """Call a method of a server, such as "KVServer.Get"; None: no reply came.

        No reply does not mean that the request was not performed.
        """


class Clerk:
    """A client of the service; used by one thread at a time."""

    def __init__(self, clnt: Clnt, servers: Sequence[str]) -> None:
        self.clnt = clnt
        self.servers = servers
        # Remember here which server led last time, and ask that one first.

    def Get(self, key: str) -> tuple[str, Tversion, Err]:
        """Part 4B: the value and version of a key, with `OK`; or `ErrNoKey`.

        Asks again and again, whatever goes wrong, until a server has answered.
        """
        raise NotImplementedError("part 4B: Clerk.Get is still to be written")

    def Put(self, key: str, value: str, version: Tversion) -> Err:
        """Part 4B: store `value` if the key is at `version` (0: it does not exist).

        Asks until a server has answered. `OK` and `ErrNoKey` are passed on. So is
        `ErrVersion`, if it is the answer to the first request that was sent: the
        value was not stored. As the answer to a later one it becomes `ErrMaybe`,
        since an earlier copy may have been performed and its reply lost.
        """
        raise NotImplementedError("part 4B: Clerk.Put is still to be written")


def MakeClerk(clnt: Clnt, servers: Sequence[str]) -> Clerk:
    """A clerk that calls the servers of these names through `clnt`."""
    return Clerk(clnt, servers)
