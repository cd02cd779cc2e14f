"""Turns at reading: one thread at a time, and none is forgotten."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from tester1.hosts.process.turn import LockedTurn, PolledTurn, Turn

READERS = 4
MESSAGES = 200
LIMIT_S = 60

TURNS = pytest.mark.parametrize("make", [PolledTurn, lambda connection: LockedTurn()])
MakeTurn = Callable[[socket.socket], Turn]


@TURNS
def test_every_byte_is_read_once_and_in_order(make: MakeTurn) -> None:
    """Threads that read by turns see the stream as one reader would, up to its end."""
    ours, theirs = socket.socketpair()
    turn = make(theirs)
    found = bytearray()

    def read() -> None:
        data = b"."
        while data:
            turn.take()
            data = theirs.recv(1)
            found.extend(data)
            turn.give(more=False)

    threads = [threading.Thread(target=read) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    sent = bytes(number % 251 for number in range(MESSAGES))
    for number in range(MESSAGES):
        ours.sendall(sent[number : number + 1])
    ours.close()
    for thread in threads:
        thread.join(LIMIT_S)
        assert not thread.is_alive()
    theirs.close()
    assert found == sent


@TURNS
def test_what_is_left_is_somebody_elses_turn(make: MakeTurn) -> None:
    """With nothing to read from the socket, the turn is handed on all the same."""
    ours, theirs = socket.socketpair()
    turn = make(theirs)
    left = list(range(MESSAGES))
    done = threading.Event()

    def work() -> None:
        turn.take()
        if left:
            left.pop()
        if not left:
            done.set()
        turn.give(more=True)

    def work_for_ever() -> None:
        while not done.is_set():
            work()

    threads = [threading.Thread(target=work_for_ever) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    ours.sendall(b"x")  # for whoever is first
    assert done.wait(LIMIT_S)
    for thread in threads:
        thread.join(LIMIT_S)
        assert not thread.is_alive()
    ours.close()
    theirs.close()
