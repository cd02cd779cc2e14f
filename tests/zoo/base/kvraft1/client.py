"""A clerk: asks the server that answered last, then one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from kvraft1.rpc import (
    Err,
    ErrMaybe,
    ErrVersion,
    ErrWrongLeader,
    GetArgs,
    GetReply,
    PutArgs,
    PutReply,
    Tversion,
)

R = TypeVar("R")


class Clnt(Protocol):
    def call(
        self, server: str, method: str, args: object, reply_type: type[R], /
    ) -> R | None: ...


class Clerk:
    def __init__(self, clnt: Clnt, servers: Sequence[str]) -> None:
        self.clnt = clnt
        self.servers = servers
        self.leader = 0

    def call(self, method: str, args: object, reply_type: type[R]) -> R | None:
        return self.clnt.call(self.servers[self.leader], method, args, reply_type)

    def try_next(self) -> None:
        self.leader = (self.leader + 1) % len(self.servers)

    def Get(self, key: str) -> tuple[str, Tversion, Err]:
        args = GetArgs(key)
        while True:
            reply = self.call("KVServer.Get", args, GetReply)
            if reply is not None and reply.Err != ErrWrongLeader:
                return reply.Value, reply.Version, reply.Err
            self.try_next()

    def Put(self, key: str, value: str, version: Tversion) -> Err:
        args = PutArgs(key, value, version)
        tries = 0
        while True:
            reply = self.call("KVServer.Put", args, PutReply)
            tries += 1
            if reply is not None and reply.Err != ErrWrongLeader:
                break
            self.try_next()
        if reply.Err == ErrVersion and tries > 1:
            # An earlier try may have been performed.
            return ErrMaybe
        return reply.Err


def MakeClerk(clnt: Clnt, servers: Sequence[str]) -> Clerk:
    return Clerk(clnt, servers)
