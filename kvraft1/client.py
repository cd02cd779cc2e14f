"""The clerk: the client's side of the key/value service.

A clerk keeps asking until some server has answered. What it may conclude from an answer
depends on whether it has asked before: an earlier copy of a Put may have been performed
although its reply was lost, or although the server that took it has lost its
leadership since.
"""

from __future__ import annotations

import itertools
import time
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
ReplyT = TypeVar("ReplyT", GetReply, PutReply)

TRIES_PER_SERVER = 2
"""Unanswered calls after which a clerk tries another server. A lost message is no sign
that the leader has changed, while going round all the others is slow."""

PAUSE_SECONDS = 0.05
"""Rest after asking everybody in vain. Without a leader there is nothing to hurry for:
an election takes some hundred milliseconds."""


class Clnt(Protocol):
    """A client's access to the network."""

    def call(
        self, server: str, method: str, args: object, reply_type: type[R], /
    ) -> R | None:
        """Call a method of `server`; None if no reply came, for whatever reason."""


class Clerk:
    """A client of the key/value service of one group. For one thread at a time."""

    def __init__(self, clnt: Clnt, servers: Sequence[str]) -> None:
        self._clnt = clnt
        self._servers = list(servers)
        self._leader = 0  # whom to ask
        self._silent = 0  # calls since it was chosen that nothing came back from
        self._refused = 0  # servers tried in vain since the last answer

    def Get(self, key: str) -> tuple[str, Tversion, Err]:
        """The value and version of `key`, with `OK`, or `ErrNoKey` if there is none.

        Waits until a server has answered, for ever if need be.
        """
        reply, _ = self._ask("KVServer.Get", GetArgs(key), GetReply)
        return reply.Value, reply.Version, reply.Err

    def Put(self, key: str, value: str, version: Tversion) -> Err:
        """Store `value` if `key` is at `version` (0: does not exist yet).

        `OK`: done. `ErrVersion`, `ErrNoKey`: the key is not at that version, and the
        value was not stored. `ErrMaybe`: the key is not at that version, and this very
        Put may be the reason. Waits until a server has answered.
        """
        args = PutArgs(key, value, version)
        reply, resent = self._ask("KVServer.Put", args, PutReply)
        return put_outcome(reply.Err, resent=resent)

    def Leader(self) -> int:
        """The number of the server that answered last, so probably the leader."""
        return self._leader

    def _ask(
        self, method: str, args: object, reply_type: type[ReplyT]
    ) -> tuple[ReplyT, bool]:
        """The first answer to a request, and whether the request was sent before.

        Every attempt counts as one that may have been carried out, `ErrWrongLeader`
        included, since a server that loses its leadership says so about a request that
        is already in its log.
        """
        for attempt in itertools.count():
            server = self._servers[self._leader]
            # The same request each time: a Put names its version, so that copies of it
            # cannot be performed twice.
            reply = self._clnt.call(server, method, args, reply_type)
            if reply is not None and reply.Err != ErrWrongLeader:
                self._silent = self._refused = 0
                return reply, attempt > 0
            self._move_on(refused=reply is not None)
        raise AssertionError("unreachable: an endless loop has ended")

    def _move_on(self, *, refused: bool) -> None:
        """Choose whom to ask next, after an attempt that brought no answer."""
        self._silent += 1
        # A server that refuses has told us something; a lost message has not.
        if not refused and self._silent < TRIES_PER_SERVER:
            return
        self._silent = 0
        # In turn, not at random: that meets every server once in a round.
        self._leader = (self._leader + 1) % len(self._servers)
        self._refused += 1
        if self._refused % len(self._servers) == 0:
            time.sleep(PAUSE_SECONDS)


def put_outcome(answer: Err, *, resent: bool) -> Err:
    """What a server's answer to a Put means, if copies of it were sent before.

    Only `ErrVersion` changes its meaning: an earlier copy may have made the version
    that the last one met. After `OK` no earlier copy has been performed, and a key
    that does not exist has never been written.
    """
    return ErrMaybe if resent and answer == ErrVersion else answer


def MakeClerk(clnt: Clnt, servers: Sequence[str]) -> Clerk:
    """A clerk that calls the servers of these names through `clnt`."""
    return Clerk(clnt, servers)
