"""How a process's link ends: with the tester, or by a failure of the process's own."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from typing import NoReturn

import pytest

from tester1.hosts.process.frames import Kind
from tester1.hosts.process.link import Link


class BrokenSocket(socket.socket):
    """A socket on which the kernel reports an error."""

    number = 0

    def sendall(self, *_: object) -> None:
        """Fail."""
        raise OSError(self.number, os.strerror(self.number))


@contextlib.contextmanager
def broken(number: int) -> Iterator[Link]:
    """A link over a socket that fails so."""
    with BrokenSocket(socket.AF_UNIX) as connection:
        connection.number = number
        yield Link(connection, lambda *_: None)


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.ENOBUFS])
def test_a_process_without_memory_does_not_end_by_itself(number: int) -> None:
    """It is told so, like any code that asks for too much."""
    expected = pytest.raises(MemoryError, match=os.strerror(number))
    with broken(number) as link, expected:
        link.send(Kind.FAILURE, b"")


def test_it_ends_with_the_tester(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is left for it to do."""
    statuses: list[int] = []

    def leave(status: int) -> NoReturn:
        statuses.append(status)
        raise SystemExit(status)

    monkeypatch.setattr(os, "_exit", leave)
    with broken(errno.EPIPE) as link, pytest.raises(SystemExit):
        link.send(Kind.FAILURE, b"")
    assert statuses == [0]
