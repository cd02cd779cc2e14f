"""A clerk that asks a set of servers, in no order that it knows of."""

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

R = TypeVar("R", GetReply, PutReply)


class Clnt(Protocol):
    def call(
        self, server: str, method: str, args: object, reply_type: type[R], /
    ) -> R | None: ...


class Clerk:
    def __init__(self, clnt: Clnt, servers: Sequence[str]) -> None:
        self.clnt = clnt
        self.servers = frozenset(servers)
        self.leaders: set[str] = set()

    def ask(self, method: str, args: object, kind: type[R]) -> tuple[R, bool]:
        """Ask until somebody answers; also says whether it was the first request."""
        first = True
        while True:
            for server in [*self.leaders, *(self.servers - self.leaders)]:
                reply = self.clnt.call(server, method, args, kind)
                if reply is not None and reply.Err != ErrWrongLeader:
                    self.leaders = {server}
                    return reply, first
                first = False
                self.leaders.discard(server)

    def Get(self, key: str) -> tuple[str, Tversion, Err]:
        reply, _ = self.ask("KVServer.Get", GetArgs(key), GetReply)
        return reply.Value, reply.Version, reply.Err

    def Put(self, key: str, value: str, version: Tversion) -> Err:
        reply, first = self.ask("KVServer.Put", PutArgs(key, value, version), PutReply)
        if reply.Err == ErrVersion and not first:
            return ErrMaybe
        return reply.Err


def MakeClerk(clnt: Clnt, servers: Sequence[str]) -> Clerk:
    return Clerk(clnt, servers)
