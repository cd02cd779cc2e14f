"""Requests go to handlers that exist and mean the same types."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

import labgob
from raft1.log import LogEntry
from raft1.raft import Raft
from raft1.rpc import ROUTES, AppendEntriesArgs, InstallSnapshotArgs, Request


def test_every_request_has_a_route() -> None:
    """A request type that is added later must not be forgotten."""
    assert set(ROUTES) == set(get_args(Request))


@pytest.mark.parametrize("request_type", ROUTES, ids=lambda kind: kind.__name__)
def test_routes_lead_to_handlers_of_the_same_types(request_type: type[Request]) -> None:
    """What is sent is what the handler takes, and what it returns is expected."""
    method, reply_type = ROUTES[request_type]
    service, _, name = method.partition(".")
    hints = get_type_hints(getattr(Raft, name))
    assert service == Raft.__name__
    assert (hints["args"], hints["return"]) == (request_type, reply_type)


@pytest.mark.parametrize(
    ("request_sent", "last_index"),
    [
        (AppendEntriesArgs(1, 0, 7, 1, [LogEntry(1, "a"), LogEntry(1, "b")], 7), 9),
        (AppendEntriesArgs(1, 0, 7, 1, [], 7), 7),
        (InstallSnapshotArgs(1, 0, 5, 1, b"state"), 5),
    ],
)
def test_requests_survive_the_wire(
    request_sent: AppendEntriesArgs | InstallSnapshotArgs, last_index: int
) -> None:
    """Every field is encoded, and the receiver knows how far a success reaches."""
    received = labgob.decode(labgob.encode(request_sent), type(request_sent))
    assert received == request_sent
    assert received.last_index == last_index
