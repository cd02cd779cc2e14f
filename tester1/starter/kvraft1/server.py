"""Your key/value server: part 4B, and snapshots in part 4C.

Clerks call `Get` and `Put`. Both only submit the request to the RSM and pass its result
on; `DoOp` performs a request, on every server, once it is committed. The requests and
their replies are in `kvraft1.rpc`. The handout is `lab4.md`.
"""

from __future__ import annotations

from collections.abc import Sequence

import labgob
from kvraft1.rpc import GetArgs, GetReply, PutArgs, PutReply
from kvraft1.rsm.rsm import MakeRSM
from raft1.raftapi import ClientEnd, Persister


class KVServer:
    """One replica of the key/value service."""

    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        maxraftstate: int,
    ) -> None:
        # The keys with their values and versions go here, before the RSM is made: it
        # may restore a snapshot into them.
        self.rsm = MakeRSM(peers, me, persister, maxraftstate, self)

    # What clerks call

    def Get(self, args: GetArgs) -> GetReply:
        """Part 4B: RPC handler; the value and version of a key, or `ErrNoKey`.

        A Get goes through the log like a Put: a server that has been deposed without
        knowing it would otherwise answer with old values.
        """
        raise NotImplementedError("part 4B: KVServer.Get is still to be written")

    def Put(self, args: PutArgs) -> PutReply:
        """Part 4B: RPC handler; write a key if it is at the version that is named.

        `ErrWrongLeader` sends the clerk to another server.
        """
        raise NotImplementedError("part 4B: KVServer.Put is still to be written")

    # What the RSM calls, in one thread

    def DoOp(self, req: object) -> object:
        """Part 4B: perform a `GetArgs` or a `PutArgs` and return its reply.

        Every server performs the same requests in the same order and has to arrive at
        the same state, so nothing here may depend on time, chance or the server. A
        Put at version 0 creates a key, at version 1; one at the present version
        replaces the value and adds 1 to the version; any other changes nothing and
        answers `ErrVersion`, or `ErrNoKey` if there is no such key.
        """
        raise NotImplementedError("part 4B: KVServer.DoOp is still to be written")

    def Snapshot(self) -> bytes:
        """Part 4C: all keys as bytes (see `labgob.NewEncoder`), and nothing else."""
        raise NotImplementedError("part 4C: KVServer.Snapshot is still to be written")

    def Restore(self, data: bytes) -> None:
        """Part 4C: forget everything, and become what `Snapshot` made `data` from."""
        raise NotImplementedError("part 4C: KVServer.Restore is still to be written")


def StartKVServer(
    peers: Sequence[ClientEnd],
    gid: int,
    me: int,
    persister: Persister,
    maxraftstate: int,
) -> list[object]:
    """Start server `me` of group `gid`; returns its RPC services. Complete as it is.

    `maxraftstate` is the RSM's: -1 means that no snapshot is ever taken.
    """
    labgob.Register(GetArgs)
    labgob.Register(PutArgs)
    server = KVServer(peers, me, persister, maxraftstate)
    return [server, server.rsm.Raft()]
