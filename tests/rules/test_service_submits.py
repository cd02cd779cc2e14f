"""The rules of Submit: whose result it returns, and that it does."""

from __future__ import annotations

import pytest

from kvraft1.rpc import GetArgs, GetReply
from kvraft1.testing.counter import Inc, IncRep
from tester1.facts.kinds import Killed, Proposed, SnapshotAdopted
from tests.rules.service_streams import ERR_VERSION, OK, OTHER, SERVER, Stream, put

OWN = "answered by its own operation"
TOLD = "waiters are told"
FOUND = GetReply("v", 1, "OK")  # type: ignore[arg-type]  # as it is on the wire


def test_the_reply_of_another_request() -> None:
    """Another command was applied at the index, and nothing is known of its own."""
    stream = Stream()
    stream.submitted(put(0))
    stream.performed(put(0, "another"))
    stream.returned(OK)
    assert stream.broken == OWN


def test_the_reply_of_its_own() -> None:
    """However many were performed besides."""
    stream = Stream()
    stream.submitted(put(0))
    stream.performed(put(0, "another"))
    stream.performed(put(0), ERR_VERSION)
    stream.returned(ERR_VERSION)
    assert stream.broken == ""


def test_another_reply_than_its_own() -> None:
    """Its request was performed, and the result is that of another."""
    stream = Stream()
    stream.submitted(put(0))
    stream.performed(put(0, "another"))
    stream.performed(put(0), ERR_VERSION)
    stream.returned(OK)
    assert stream.broken == OWN
    assert "what came of its request was PutReply(ErrVersion)" in stream.sentence


@pytest.mark.parametrize(
    ("request_", "reply"), [(GetArgs("k"), FOUND), (Inc(), IncRep(1))]
)
def test_the_reply_to_an_earlier_one(request_: object, reply: object) -> None:
    """The result of an equal request of before is stale."""
    stream = Stream()
    stream.performed(request_, reply)
    stream.submitted(request_)
    stream.returned(reply)
    assert stream.broken == OWN


def test_a_put_that_is_remembered() -> None:
    """A copy of a Put may be answered by who remembers the first, anywhere."""
    stream = Stream()
    stream.performed(put(0), server=OTHER)
    stream.submitted(put(0))
    stream.returned(OK)
    assert stream.broken == ""


def test_no_reply_at_all() -> None:
    """Whoever cannot tell says so, and is not asked for more."""
    stream = Stream()
    stream.performed(put(0))
    stream.submitted(put(1))
    stream.returned(None, "ErrWrongLeader")
    assert stream.broken == ""


def test_a_reply_of_a_type_that_belongs_to_others() -> None:
    """A state machine makes it, of requests of another kind."""
    stream = Stream()
    stream.performed(GetArgs("k"), FOUND)
    stream.submitted(put(0))
    stream.performed(put(0))
    stream.returned(FOUND)
    assert stream.broken == OWN


def test_a_reply_in_a_record_of_the_rsm() -> None:
    """What is of another type may hold what was made."""
    stream = Stream()
    stream.submitted(put(0))
    stream.performed(put(0))
    stream.returned(["OK", 1])
    assert stream.broken == ""


def waiting(stream: Stream) -> Stream:
    """A Submit waits for index 5 of term 1."""
    stream.submitted(put(0))
    stream.started(5, 1)
    return stream.after(1.0)


def still_waiting(stream: Stream, seconds: float = 3.0) -> str:
    """The rule that is broken by waiting on."""
    stream.after(seconds).heartbeat()
    return stream.broken


def test_its_index_is_applied() -> None:
    """Its command or another: it is answered or lost."""
    stream = waiting(Stream())
    stream.applied(5)
    assert still_waiting(stream, 2.9) == ""
    assert still_waiting(stream, 0.2) == TOLD
    assert (
        "the service took index 5 from the apply channel at 1.0000" in stream.sentence
    )


def test_an_index_before_it_is_applied() -> None:
    """It waits for its turn."""
    stream = waiting(Stream())
    stream.applied(4)
    assert still_waiting(stream) == ""


def test_it_returns_in_time() -> None:
    """Nothing is found afterwards."""
    stream = waiting(Stream())
    stream.applied(5)
    stream.after(2.9).returned(None, "ErrWrongLeader")
    assert still_waiting(stream) == ""


def test_a_snapshot_is_adopted_over_it() -> None:
    """What was applied there cannot be seen any more."""
    stream = waiting(Stream())
    stream.add(SnapshotAdopted(server=SERVER, index=7))
    assert still_waiting(stream) == TOLD


def test_a_newer_term() -> None:
    """The server does not lead any more, and knows it."""
    stream = waiting(Stream())
    stream.state(2, leads=False)
    assert still_waiting(stream) == TOLD


@pytest.mark.parametrize(("term", "leads"), [(1, True), (1, False), (3, True)])
def test_no_newer_term(term: int, leads: bool) -> None:
    """It leads still, or again: the command may be in its log, and be committed."""
    stream = waiting(Stream())
    stream.state(2, leads=False)
    stream.after(1.0).state(term, leads=leads)
    expected = TOLD if not leads else ""
    assert still_waiting(stream) == expected


def test_it_is_killed() -> None:
    """Nothing will come any more."""
    stream = waiting(Stream())
    stream.add(Killed(server=SERVER))
    assert still_waiting(stream) == TOLD


def test_it_starts_anew() -> None:
    """A Submit that tries again waits for its latest place."""
    stream = waiting(Stream())
    stream.applied(5)
    stream.started(8, 2)
    assert still_waiting(stream) == ""


def test_it_is_refused() -> None:
    """One that waits for another leader, or what not, is not judged."""
    stream = waiting(Stream())
    stream.applied(5)
    refused = Proposed(server=SERVER, call=1, index=-1, term=2, is_leader=False)
    stream.add(refused)
    assert still_waiting(stream) == ""


def test_a_crash_ends_it() -> None:
    """Who waited is gone; the next incarnation has Submits of its own."""
    stream = waiting(Stream())
    stream.applied(5)
    stream.start(SERVER, 2)
    assert still_waiting(stream) == ""


def test_processes_get_more_time() -> None:
    """They may have to wait for a processor."""
    stream = waiting(Stream(simulated=False))
    stream.applied(5)
    assert still_waiting(stream, 9.9) == ""
    assert still_waiting(stream, 0.2) == TOLD
