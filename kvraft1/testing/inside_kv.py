"""What runs on each server of a key/value test: the solution's server, and a probe.

It runs inside the server. The probe tells the tester which server leads, so that no
test depends on what a clerk under test believes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from kvraft1.testing.observing import observe

# Only now: the solution has to find the hooks in place.
# isort: split

from kvraft1.server import StartKVServer
from labrpc import MakeService
from raft1.raftapi import ClientEnd, Persister, Raft
from tester1.contact.kv_messages import Nothing
from tester1.contact.raft_messages import StateReply
from tester1.contact.services import TesterClient


class RaftProbe:
    """The tester's way to the Raft peer of this server."""

    def __init__(self, raft: Raft) -> None:
        self._raft = raft

    def GetState(self, args: Nothing) -> StateReply:
        """Tell the peer's term and whether it leads."""
        return StateReply(*self._raft.GetState())


def start_kv(
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
    # The probe asks the Raft itself, whatever the server above it believes.
    server, raft = StartKVServer(ends, gid, me, persister, maxraftstate)
    probe = RaftProbe(cast(Raft, raft))
    return [server, raft, MakeService(probe, "kvSrv")]
