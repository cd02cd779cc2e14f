"""The threads that make a peer's calls, on real threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from queue import Queue
from typing import TypeVar, cast

import pytest

from raft1.leadership import Envelope
from raft1.rpc import Reply, RequestVoteArgs, RequestVoteReply
from raft1.senders import MAX_ASLEEP, Senders

R = TypeVar("R")

LONG_S = 30.0
YES = RequestVoteReply(1, VoteGranted=True)


class Peer:
    """A peer that answers each call when the test says so; terms tell calls apart."""

    def __init__(self) -> None:
        self.called: Queue[int] = Queue()
        self.threads: set[int] = set()
        self._answers: dict[int, threading.Event] = {}
        self._guard = threading.Lock()

    def Call(self, method: str, args: object, reply_type: type[R], /) -> R | None:
        """Record the call, and wait to be told to answer."""
        assert isinstance(args, RequestVoteArgs)
        assert (method, reply_type) == ("Raft.RequestVote", RequestVoteReply)
        self.threads.add(threading.get_ident())
        self.called.put(args.Term)
        assert self._answer(args.Term).wait(LONG_S)
        return cast(R, YES)

    def answer(self, *terms: int) -> None:
        """Let these calls return, now or when they are made."""
        for term in terms:
            self._answer(term).set()

    def _answer(self, term: int) -> threading.Event:
        with self._guard:
            return self._answers.setdefault(term, threading.Event())


class Desk:
    """The user of the senders: a lock, and the replies that have come."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.peer = Peer()
        self.replies: Queue[tuple[int, Reply | None]] = Queue()
        # Replies to calls of earlier terms make the user send the next term's call.
        self.last_term = 0
        self.senders = Senders(self.lock, [self.peer], self._replied)

    def send(self, *terms: int) -> None:
        """Have calls made."""
        with self.lock:
            for term in terms:
                request = RequestVoteArgs(term, 0, 0, 0)
                self.senders.send(Envelope(0, request))

    def next_reply(self) -> tuple[int, Reply | None]:
        """The term of the next reply, and the reply."""
        return self.replies.get(timeout=LONG_S)

    def _replied(self, envelope: Envelope, reply: Reply | None) -> None:
        assert self.lock.locked(), "replies are handed over under the lock"
        term = envelope.request.Term
        if term < self.last_term:
            self.senders.send(Envelope(0, replace(envelope.request, Term=term + 1)))
        self.replies.put((term, reply))


def senders_alive() -> list[threading.Thread]:
    """The senders' threads that have not ended."""
    return [t for t in threading.enumerate() if t.name == "raft-sender"]


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Senders to one peer; their threads have ended when the test has."""
    desk = Desk()
    yield desk
    with desk.lock:
        desk.senders.close()
    for sender in senders_alive():
        sender.join(LONG_S)


def test_a_reply_comes_back_with_its_request(desk: Desk) -> None:
    """The user learns which of its requests was answered, and how."""
    desk.peer.answer(7)
    desk.send(7)
    assert desk.next_reply() == (7, YES)


def test_a_call_that_hangs_holds_nobody_up(desk: Desk) -> None:
    """Calls are made side by side, however long one of them takes."""
    desk.peer.answer(2, 3)
    desk.send(1, 2, 3)
    assert sorted([desk.next_reply()[0], desk.next_reply()[0]]) == [2, 3]
    desk.peer.answer(1)
    assert desk.next_reply() == (1, YES)


def test_threads_are_reused(desk: Desk) -> None:
    """Call after call, the same thread does the work."""
    for term in range(50):
        desk.peer.answer(term)
        desk.send(term)
        desk.next_reply()
        # The reply is handed over under the lock, and the sender is back for more
        # before it lets go of it; so from here on it is idle.
        with desk.lock:
            pass
    assert len(desk.peer.threads) == 1


def test_who_brings_a_reply_carries_what_follows_from_it(desk: Desk) -> None:
    """A request that a reply gives rise to wakes no other thread."""
    desk.last_term = 50
    desk.peer.answer(*range(51))
    desk.send(0)
    assert [desk.next_reply()[0] for _ in range(51)] == list(range(51))
    assert len(senders_alive()) == 1


def test_idle_threads_are_let_go(desk: Desk) -> None:
    """A crowd of threads that hung in calls shrinks when those end."""
    crowd = 2 * MAX_ASLEEP
    desk.send(*range(crowd))
    for _ in range(crowd):
        desk.peer.called.get(timeout=LONG_S)
    assert len(senders_alive()) == crowd
    desk.peer.answer(*range(crowd))
    for _ in range(crowd):
        desk.next_reply()
    while len(alive := senders_alive()) > MAX_ASLEEP:
        alive[0].join(0.01)
    assert len(alive) == MAX_ASLEEP


def test_nothing_is_sent_or_handed_over_after_the_close(desk: Desk) -> None:
    """A peer that was killed neither asks nor listens any more."""
    desk.send(1)
    desk.peer.called.get(timeout=LONG_S)
    [sender] = senders_alive()
    with desk.lock:
        desk.senders.close()
    desk.send(2)
    desk.peer.answer(1, 2)
    sender.join(LONG_S)
    assert not sender.is_alive()
    assert desk.replies.empty()
    assert desk.peer.called.empty()
