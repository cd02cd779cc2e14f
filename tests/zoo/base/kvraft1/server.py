"""A key/value server: a table of keys, each with its value and version."""

from __future__ import annotations

import io
from collections.abc import Sequence

import labgob
from kvraft1.rpc import OK, ErrNoKey, ErrVersion, GetArgs, GetReply, PutArgs, PutReply
from kvraft1.rsm.rsm import MakeRSM
from raft1.raftapi import ClientEnd, Persister


class KVServer:
    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        maxraftstate: int,
    ) -> None:
        self.table: dict[str, tuple[str, int]] = {}
        self.rsm = MakeRSM(peers, me, persister, maxraftstate, self)

    # What clerks call.

    def Get(self, args: GetArgs) -> GetReply:
        err, reply = self.rsm.Submit(args)
        if err != OK:
            return GetReply("", 0, err)
        assert isinstance(reply, GetReply)
        return reply

    def Put(self, args: PutArgs) -> PutReply:
        err, reply = self.rsm.Submit(args)
        if err != OK:
            return PutReply(err)
        assert isinstance(reply, PutReply)
        return reply

    # What the RSM calls.

    def DoOp(self, req: object) -> object:
        if isinstance(req, GetArgs):
            return self.get(req)
        assert isinstance(req, PutArgs)
        return self.put(req)

    def get(self, args: GetArgs) -> GetReply:
        if args.Key not in self.table:
            return GetReply("", 0, ErrNoKey)
        value, version = self.table[args.Key]
        return GetReply(value, version, OK)

    def put(self, args: PutArgs) -> PutReply:
        if args.Key not in self.table:
            if args.Version != 0:
                return PutReply(ErrNoKey)
            self.table[args.Key] = (args.Value, 1)
            return PutReply(OK)
        _, version = self.table[args.Key]
        if args.Version != version:
            return PutReply(ErrVersion)
        self.table[args.Key] = (args.Value, version + 1)
        return PutReply(OK)

    def Snapshot(self) -> bytes:
        buffer = io.BytesIO()
        labgob.NewEncoder(buffer).Encode(self.table)
        return buffer.getvalue()

    def Restore(self, data: bytes) -> None:
        self.table = labgob.NewDecoder(data).Decode(dict[str, tuple[str, int]])


def StartKVServer(
    peers: Sequence[ClientEnd],
    gid: int,
    me: int,
    persister: Persister,
    maxraftstate: int,
) -> list[object]:
    labgob.Register(GetArgs)
    labgob.Register(PutArgs)
    server = KVServer(peers, me, persister, maxraftstate)
    return [server, server.rsm.Raft()]
