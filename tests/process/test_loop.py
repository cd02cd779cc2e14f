"""The thread that serves the files of all processes of a test."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue

import pytest

from tester1.hosts.process.loop import READ, WRITE, Loop

LONG_S = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    """A loop, and what its callbacks have told."""

    loop: Loop
    told: SimpleQueue[object]
    failures: SimpleQueue[BaseException] = field(default_factory=SimpleQueue)

    def hear(self) -> object:
        """The next that a callback has told."""
        return self.told.get(timeout=LONG_S)


@pytest.fixture
def served() -> Iterator[Served]:
    """A loop that runs."""
    failures: SimpleQueue[BaseException] = SimpleQueue()
    loop = Loop(failures.put)
    yield Served(loop, SimpleQueue(), failures)
    loop.close()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe."""
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)
    os.close(writer)


def test_functions_are_called_in_order_on_one_thread(served: Served) -> None:
    """Whoever asks, it is the loop's thread that calls, one after another."""
    for number in range(100):
        served.loop.soon(partial(served.told.put, number))
    served.loop.soon(lambda: served.told.put(threading.current_thread().name))
    assert [served.hear() for _ in range(100)] == list(range(100))
    assert served.hear() == "sockets"


def test_now_waits_until_it_is_done(served: Served) -> None:
    """What it asks for is done when it returns, also on the loop's own thread."""
    served.loop.now(lambda: served.told.put("first"))
    assert not served.told.empty()
    served.loop.now(lambda: served.loop.now(lambda: served.told.put("inner")))
    assert (served.hear(), served.hear()) == ("first", "inner")


def test_a_file_is_heard_until_it_is_unwatched(
    served: Served, pipe: tuple[int, int]
) -> None:
    """Each time that there is something to read, and never after `unwatch`."""
    reader, writer = pipe
    served.loop.now(
        lambda: served.loop.watch(
            reader, lambda events: served.told.put((events, os.read(reader, 10)))
        )
    )
    for data in (b"one", b"two"):
        os.write(writer, data)
        assert served.hear() == (READ, data)
    served.loop.now(lambda: served.loop.unwatch(reader))
    served.loop.now(lambda: served.loop.unwatch(reader))
    os.write(writer, b"three")
    served.loop.now(lambda: None)
    assert served.told.empty()


def test_room_to_write_is_told(served: Served, pipe: tuple[int, int]) -> None:
    """A file can be watched for what it is ready for, and that can be changed."""
    _, writer = pipe

    def ready(events: int) -> None:
        served.told.put(events)
        served.loop.watch(writer, ready, READ)

    served.loop.now(lambda: served.loop.watch(writer, ready, WRITE))
    assert served.hear() == WRITE
    served.loop.now(lambda: None)
    assert served.told.empty()
    served.loop.now(lambda: served.loop.unwatch(writer))


def test_a_file_that_is_unwatched_in_the_same_round_is_not_heard(
    served: Served,
) -> None:
    """Both are ready at once; whichever is first has the other one unwatched."""
    pipes = [os.pipe(), os.pipe()]
    readers = [reader for reader, _ in pipes]
    for _, writer in pipes:
        os.write(writer, b"x")

    def heard(events: int) -> None:
        served.told.put(events)
        for reader in readers:
            served.loop.unwatch(reader)

    def watch() -> None:
        for reader in readers:
            served.loop.watch(reader, heard)

    served.loop.now(watch)
    assert served.hear() == READ
    served.loop.now(lambda: None)
    assert served.told.empty()
    for end in (end for both in pipes for end in both):
        os.close(end)


def test_what_a_callback_raises_is_told_and_the_loop_goes_on(
    served: Served, pipe: tuple[int, int]
) -> None:
    """A failure of one file leaves the others served."""
    reader, writer = pipe

    def fail(events: int) -> None:
        served.loop.unwatch(reader)
        raise SystemExit(events)

    served.loop.now(lambda: served.loop.watch(reader, fail))
    os.write(writer, b"x")
    assert isinstance(served.failures.get(timeout=LONG_S), SystemExit)
    served.loop.now(lambda: served.told.put("goes on"))
    assert served.hear() == "goes on"


def test_now_returns_although_its_function_raises(served: Served) -> None:
    """The caller does not hang; the loop's owner is told."""
    served.loop.now(lambda: [][1])
    assert isinstance(served.failures.get(timeout=LONG_S), IndexError)


def test_nothing_is_called_after_close(pipe: tuple[int, int]) -> None:
    """Its thread has ended by then."""
    reader, writer = pipe
    told: SimpleQueue[int] = SimpleQueue()
    loop = Loop(lambda error: None)
    loop.now(lambda: loop.watch(reader, told.put))
    loop.close()
    os.write(writer, b"x")
    assert told.empty()
    assert "sockets" not in {thread.name for thread in threading.enumerate()}
