"""The messages between the tester and what it puts into servers and clients of lab 4.

They travel on the direct path, which no fault of the simulated network touches: to the
`rsmSrv` of an RSM server, to the `kvSrv` beside a key/value server, and to the `clerks`
of the client program. They are here and not in `kvraft1`, of which every incarnation of
a server has a copy of its own, since all copies of plain records would be equal. What a
server's Raft says of itself is a `raft_messages.StateReply`, in both labs.

Errors are what the solution answers, as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SUBMIT = "rsmSrv.Submit"
GET_COUNTER = "rsmSrv.GetCounter"
KILL_RAFT = "rsmSrv.KillRaft"
GET_RAFT_STATE = "kvSrv.GetState"
MAKE_CLERK = "clerks.Make"
DELETE_CLERK = "clerks.Delete"
CLERK_GET = "clerks.Get"
CLERK_PUT = "clerks.Put"

NO_SNAPSHOTS = -1
"""The `maxraftstate` of servers that must not take snapshots (the course's)."""


@dataclass(slots=True)
class SubmitArgs:
    """Call `RSM.Submit(request)`."""

    request: Any


@dataclass(slots=True)
class SubmitReply:
    """What `RSM.Submit` returned."""

    err: str
    reply: Any


@dataclass(slots=True)
class Nothing:
    """The arguments of a method that takes none, or the reply of one without."""


@dataclass(slots=True)
class CounterReply:
    """The value of a server's counter."""

    n: int


@dataclass(slots=True)
class MakeClerkArgs:
    """Make a clerk of these servers, which calls them as client `clnt`."""

    clnt: str
    servers: list[str]


@dataclass(slots=True)
class ClerkArgs:
    """The clerk of client `clnt` is meant."""

    clnt: str


@dataclass(slots=True)
class ClerkGetArgs:
    """Have the clerk of client `clnt` call `Get(key)`."""

    clnt: str
    key: str


@dataclass(slots=True)
class ClerkGetReply:
    """What `Clerk.Get` returned."""

    value: str
    version: int
    err: str


@dataclass(slots=True)
class ClerkPutArgs:
    """Have the clerk of client `clnt` call `Put(key, value, version)`."""

    clnt: str
    key: str
    value: str
    version: int


@dataclass(slots=True)
class ClerkPutReply:
    """What `Clerk.Put` returned."""

    err: str
