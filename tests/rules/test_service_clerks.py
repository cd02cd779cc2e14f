"""The rules of clerks, and of what servers answer them."""

from __future__ import annotations

import pytest

from kvraft1.rpc import GetArgs, PutReply
from tests.rules.service_streams import ERR_VERSION, OK, OTHER, Stream, put

MAYBE = "ErrMaybe only after a repeat"


def test_maybe_of_what_was_sent_once() -> None:
    """The answer to the only copy says what became of it."""
    stream = Stream()
    call = stream.called(put(0))
    stream.answered(stream.sent(put(0)), ERR_VERSION)
    stream.clerk_returned(call, "ErrMaybe")
    assert stream.broken == MAYBE
    assert "Put('k', 'v', version 0), which it was asked for at" in stream.sentence


def test_maybe_of_what_was_sent_twice() -> None:
    """An earlier copy may have been performed."""
    stream = Stream()
    call = stream.called(put(0))
    stream.sent(put(0))
    stream.answered(stream.sent(put(0)), ERR_VERSION)
    stream.clerk_returned(call, "ErrMaybe")
    assert stream.broken == ""


def test_maybe_of_a_server() -> None:
    """A server that says so itself may have sent the request on twice."""
    stream = Stream()
    call = stream.called(put(0))
    said = PutReply("ErrMaybe")  # type: ignore[arg-type]  # as it is on the wire
    stream.answered(stream.sent(put(0)), said)
    stream.clerk_returned(call, "ErrMaybe")
    assert stream.broken == ""


def test_maybe_of_a_clerk_that_asks_for_more() -> None:
    """What it has learnt by another request is not known here."""
    stream = Stream()
    call = stream.called(put(0))
    stream.answered(stream.sent(put(0)), ERR_VERSION)
    stream.sent(GetArgs("k"))
    stream.clerk_returned(call, "ErrMaybe")
    assert stream.broken == ""


def test_maybe_of_two_at_once() -> None:
    """Of two equal Puts of one clerk nobody can tell which was sent."""
    stream = Stream()
    call = stream.called(put(0))
    stream.called(put(0))
    stream.sent(put(0))
    stream.clerk_returned(call, "ErrMaybe")
    assert stream.broken == ""


def refused(
    stream: Stream, *, performed_first: bool = False, others: bool = False
) -> str:
    """A clerk's Put is performed, sent again, and refused."""
    if others:
        stream.called(put(0), "client-1")
    if performed_first:
        stream.performed(put(0))
    call = stream.called(put(0))
    stream.sent(put(0))
    if not performed_first:
        stream.performed(put(0))
    stream.answered(stream.sent(put(0)), ERR_VERSION)
    stream.clerk_returned(call, "ErrVersion")
    return stream.broken


def test_refusal_of_what_was_performed() -> None:
    """ErrVersion says that a Put was not performed."""
    assert refused(Stream()) == MAYBE


def test_refusal_of_what_another_has_put() -> None:
    """What was performed is an equal Put: of before, or of another clerk."""
    assert refused(Stream(), performed_first=True) == ""
    assert refused(Stream(), others=True) == ""


def test_refusal_of_what_was_not_performed() -> None:
    """With a table of results a clerk may know that no copy was performed."""
    stream = Stream()
    call = stream.called(put(0))
    stream.sent(put(0))
    stream.performed(put(0, "another"))
    stream.answered(stream.sent(put(0)), ERR_VERSION)
    stream.clerk_returned(call, "ErrVersion")
    assert stream.broken == ""


def test_ok_before_it_is_performed() -> None:
    """The Put may never be performed at all."""
    stream = Stream()
    stream.performed(put(0, "another"))
    stream.called(put(1))
    stream.answered(stream.sent(put(1)), OK)
    assert stream.broken == "OK only if performed"


@pytest.mark.parametrize("server", ["server-0-0", OTHER])
def test_ok_of_what_was_performed(server: str) -> None:
    """By whichever server: it may have been asked by the one that answers."""
    stream = Stream()
    stream.called(put(0))
    call = stream.sent(put(0))
    stream.performed(put(0), server=server)
    stream.answered(call, OK)
    stream.answered(stream.sent(put(0)), OK)
    assert stream.broken == ""


@pytest.mark.parametrize("performed", [False, True])
def test_ok_of_a_clerk(performed: bool) -> None:
    """Whatever it was answered, it may be sure only of what was performed."""
    stream = Stream()
    stream.performed(put(0, "another"))
    call = stream.called(put(1))
    stream.sent(put(1))
    if performed:
        stream.performed(put(1))
    stream.answered(stream.sent(put(1)), ERR_VERSION)
    stream.clerk_returned(call, "OK")
    assert stream.broken == ("" if performed else "OK only if performed")


def test_ok_of_a_service_that_shows_nothing() -> None:
    """A state machine that cannot be hooked is not judged by what it does not tell."""
    stream = Stream()
    stream.called(put(0))
    stream.answered(stream.sent(put(0)), OK)
    assert stream.broken == ""
