"""What runs on each server of an RSM test: an RSM with a counter on top.

It runs inside the server. The tester calls `rsmSrv` directly, past the simulated
network, so that it can submit to a server that is cut off from all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kvraft1.testing.observing import observe

# Only now: the solution has to find the hooks in place.
# isort: split

from kvraft1.rsm import MakeRSM
from kvraft1.testing.counter import Counter
from labrpc import MakeService
from raft1.raftapi import ClientEnd, Persister
from tester1.contact import kv_messages as kvtestrpc
from tester1.contact.services import TesterClient

if TYPE_CHECKING:
    from kvraft1.rsm.rsm import RSM


class RsmService:
    """The tester's way to the RSM of this server."""

    def __init__(self, rsm: RSM, counter: Counter) -> None:
        self._rsm = rsm
        self._counter = counter

    def Submit(self, args: kvtestrpc.SubmitArgs) -> kvtestrpc.SubmitReply:
        """Submit a request and wait for what becomes of it."""
        return kvtestrpc.SubmitReply(*self._rsm.Submit(args.request))

    def GetCounter(self, args: kvtestrpc.Nothing) -> kvtestrpc.CounterReply:
        """Tell how far this server has counted."""
        # Without a lock: it is one number, and only the RSM's applier writes it.
        return kvtestrpc.CounterReply(self._counter.value)

    def KillRaft(self, args: kvtestrpc.Nothing) -> kvtestrpc.Nothing:
        """Stop the Raft below the RSM, which is told by nothing but that."""
        self._rsm.Raft().Kill()
        return kvtestrpc.Nothing()


def start_rsm(
    tester: TesterClient,
    ends: Sequence[ClientEnd],
    gid: int,
    me: int,
    persister: Persister,
    *,
    maxraftstate: int,
) -> list[object]:
    """Start server `me` and return its RPC services, as `Config` asks for."""
    observe(tester)
    # Kept here as well, so that the tester can look at it past the RSM.
    counter = Counter()
    rsm = MakeRSM(ends, me, persister, maxraftstate, counter)
    return [rsm.Raft(), MakeService(RsmService(rsm, counter), "rsmSrv")]
