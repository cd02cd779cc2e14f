"""A key/value server whose snapshot is a set of keys and a dictionary of objects."""

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
        self.keys: set[str] = set()
        self.values: dict[str, tuple[str, int]] = {}
        self.rsm = MakeRSM(peers, me, persister, maxraftstate, self)

    def Get(self, args: GetArgs) -> GetReply:
        err, reply = self.rsm.Submit(args)
        return reply if err == OK else GetReply("", 0, err)

    def Put(self, args: PutArgs) -> PutReply:
        err, reply = self.rsm.Submit(args)
        return reply if err == OK else PutReply(err)

    def DoOp(self, req: object) -> object:
        if isinstance(req, GetArgs):
            if req.Key not in self.keys:
                return GetReply("", 0, ErrNoKey)
            value, version = self.values[req.Key]
            return GetReply(value, version, OK)
        assert isinstance(req, PutArgs)
        _, version = self.values.get(req.Key, ("", 0))
        if version != req.Version:
            return PutReply(ErrVersion if version else ErrNoKey)
        self.keys |= {req.Key}
        self.values[req.Key] = (req.Value, version + 1)
        return PutReply(OK)

    def Snapshot(self) -> bytes:
        file = io.BytesIO()
        encoder = labgob.NewEncoder(file)
        encoder.Encode(self.keys)
        encoder.Encode({key: self.values[key] for key in self.keys})
        return file.getvalue()

    def Restore(self, data: bytes) -> None:
        decoder = labgob.NewDecoder(data)
        self.keys = decoder.Decode(set[str])
        self.values = decoder.Decode(dict[str, tuple[str, int]])


def StartKVServer(
    peers: Sequence[ClientEnd],
    gid: int,
    me: int,
    persister: Persister,
    maxraftstate: int,
) -> list[object]:
    for kind in {GetArgs, PutArgs}:
        labgob.Register(kind)
    server = KVServer(peers, me, persister, maxraftstate)
    return [server, server.rsm.Raft()]
