"""The key/value server: answers clerks from a store that is replicated by the RSM.

A server never answers from what it happens to have. Every request, a Get as well as a
Put, goes through the log, and is performed where the log puts it: a server that has
been deposed without knowing cannot get a request committed, and so gives no stale
answer. `DoOp` is called on every replica, and only by the RSM's reader, one request at
a time; that is why the store needs no lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import labgob
from kvraft1.rpc import ErrWrongLeader, GetArgs, GetReply, PutArgs, PutReply
from kvraft1.rsm import MakeRSM
from kvraft1.store import VersionedStore
from raft1.raftapi import ClientEnd, Persister, Raft

R = TypeVar("R")


class KVServer:
    """One replica of the key/value service."""

    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        maxraftstate: int,
    ) -> None:
        self._store = VersionedStore()  # first, since MakeRSM may Restore into it
        self._rsm = MakeRSM(peers, me, persister, maxraftstate, self)

    def Get(self, args: GetArgs) -> GetReply:
        """Read a key for a clerk; `ErrWrongLeader` sends it to another server."""
        # Through the log like a Put. From the store it could be stale: another leader
        # may have been elected, and may have committed Puts, unknown to this server.
        reply = self._submit(args, GetReply)
        return GetReply("", 0, ErrWrongLeader) if reply is None else reply

    def Put(self, args: PutArgs) -> PutReply:
        """Write a key for a clerk if it is at the version named.

        After `ErrWrongLeader` the Put may still be performed: it may be in the log of
        the next leader.
        """
        reply = self._submit(args, PutReply)
        return PutReply(ErrWrongLeader) if reply is None else reply

    def DoOp(self, req: object) -> object:
        """Perform a committed request and return its reply."""
        match req:
            case GetArgs():
                return self._store.get(req.Key)
            case PutArgs():
                return PutReply(self._store.put(req.Key, req.Value, req.Version))
            case _:
                raise TypeError(f"KVServer cannot perform a {type(req).__name__}")

    def Snapshot(self) -> bytes:
        """The state of the service as bytes."""
        return self._store.encode()

    def Restore(self, data: bytes) -> None:
        """Replace the state of the service by that of a snapshot."""
        self._store.restore(data)

    def raft(self) -> Raft:
        """The Raft peer below, whose RPC handlers have to be registered."""
        return self._rsm.Raft()

    def _submit(self, args: object, reply_type: type[R]) -> R | None:
        """The reply to a request once it is performed; None if it may never be."""
        # The error is not looked at: whenever there is one, there is no reply.
        _, reply = self._rsm.Submit(args)
        return reply if isinstance(reply, reply_type) else None


def StartKVServer(
    peers: Sequence[ClientEnd],
    gid: int,
    me: int,
    persister: Persister,
    maxraftstate: int,
) -> list[object]:
    """Start server `me` of group `gid` and return its RPC services.

    `peers` are the ways to all servers of the group, this one among them. With a
    `maxraftstate` of -1 no snapshot is ever taken; otherwise Raft's persisted state is
    kept near that many bytes. Returns quickly.
    """
    labgob.Register(GetArgs)
    labgob.Register(PutArgs)
    server = KVServer(peers, me, persister, maxraftstate)
    return [server, server.raft()]
