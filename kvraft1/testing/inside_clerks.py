"""What runs in the client program of a key/value test: the clerks of all its clients.

Clerks are code under test, and so they live apart from the tester. As in the course
they share one program, each with an access to the network of its own. The tester calls
`clerks` directly: the calls that a clerk makes on its behalf are what goes through the
simulated network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kvraft1.client import MakeClerk
from labrpc import MakeService
from tester1.contact import kv_messages as kvtestrpc

if TYPE_CHECKING:
    from kvraft1.client import Clerk, Clnt


class Clnts(Protocol):
    """The accesses to the network that the tester has made for its clients."""

    def get(self, name: str, /) -> Clnt:
        """The one called `name`."""


class ClerkService:
    """The tester's way to the clerks, each known by the name of its client."""

    def __init__(self, clnts: Clnts) -> None:
        self._clnts = clnts
        self._clerks: dict[str, Clerk] = {}

    def Make(self, args: kvtestrpc.MakeClerkArgs) -> kvtestrpc.Nothing:
        """Make a clerk."""
        clnt = self._clnts.get(args.clnt)
        self._clerks[args.clnt] = MakeClerk(clnt, args.servers)
        return kvtestrpc.Nothing()

    def Delete(self, args: kvtestrpc.ClerkArgs) -> kvtestrpc.Nothing:
        """Forget a clerk, which must not be in use."""
        del self._clerks[args.clnt]
        return kvtestrpc.Nothing()

    def Get(self, args: kvtestrpc.ClerkGetArgs) -> kvtestrpc.ClerkGetReply:
        """Have a clerk get a key."""
        return kvtestrpc.ClerkGetReply(*self._clerks[args.clnt].Get(args.key))

    def Put(self, args: kvtestrpc.ClerkPutArgs) -> kvtestrpc.ClerkPutReply:
        """Have a clerk put a key."""
        clerk = self._clerks[args.clnt]
        return kvtestrpc.ClerkPutReply(clerk.Put(args.key, args.value, args.version))


def start_clerks(tester: object, clnts: Clnts) -> list[object]:
    """Start without clerks and return the service that makes them."""
    return [MakeService(ClerkService(clnts), "clerks")]
