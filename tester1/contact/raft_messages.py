"""The messages between the Raft tester and the service it puts on every server.

Two directions: the tester starts commands and asks for states (`rfsrv`), and each
server reports what its Raft applied (`Test`). The records are decoded by the type
that the receiving handler declares, so that a server cannot make the tester build
anything else. Reports do not say whose they are: the tester knows which server a call
comes from, so that none can report in the name of another. They are small, because one
report is sent for every applied entry of every server. They are here and not in
`raft1`, of which every incarnation of a server has a copy of its own, since all copies
of plain records would be equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

START = "rfsrv.Start"
GET_STATE = "rfsrv.GetState"
CHECK_LOGS = "Test.CheckLogs"
INGEST_LOG = "Test.IngestLog"
APPLY_ERROR = "Test.ApplyErr"


@dataclass(slots=True)
class StartArgs:
    """Ask a server's Raft to agree on `command`."""

    command: Any


@dataclass(slots=True)
class StartReply:
    """What `Raft.Start` returned; index and term mean nothing unless leader."""

    index: int
    term: int
    is_leader: bool


@dataclass(slots=True)
class GetStateArgs:
    """Ask a server's Raft for its term and whether it believes it leads."""


@dataclass(slots=True)
class StateReply:
    """What `Raft.GetState` returned."""

    term: int
    is_leader: bool


@dataclass(slots=True)
class AppliedEntry:
    """A server received `command` at `index` on its apply channel."""

    index: int
    command: Any


@dataclass(slots=True)
class AppliedLog:
    """A server adopted a snapshot: its log is now `commands`, from index 0."""

    commands: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class ApplyError:
    """A server received something on its apply channel that it cannot use.

    The text goes on from "server 1 ".
    """

    text: str


@dataclass(slots=True)
class ReportReply:
    """The tester's answer to a report: whether the server may go on recording."""

    accepted: bool
