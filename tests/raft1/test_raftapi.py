"""The unbuffered apply channel, on threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pytest

from raft1.raftapi import ApplyChannel, ApplyMsg, ChannelClosed

T = TypeVar("T")

LONG_S = 30.0


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for those who wait in a test; they all come to an end."""
    with ThreadPoolExecutor(8) as threads:
        yield threads


def command(index: int) -> ApplyMsg:
    """A message with this index."""
    return ApplyMsg(CommandValid=True, Command=f"c{index}", CommandIndex=index)


def failure(future: Future[T]) -> BaseException | None:
    """What the thread behind `future` ended with."""
    return future.exception(LONG_S)


def test_messages_arrive_in_order(pool: ThreadPoolExecutor) -> None:
    """A reader that iterates sees what was put, and ends with the channel."""
    channel = ApplyChannel()
    messages = [command(i) for i in range(1, 200)]
    received = pool.submit(list[ApplyMsg], channel)
    for message in messages:
        assert channel.put(message)
    channel.close()
    assert received.result(LONG_S) == messages


def test_a_put_returns_when_its_message_is_taken(pool: ThreadPoolExecutor) -> None:
    """Nothing is buffered: without a reader, a put does not get anywhere."""
    channel = ApplyChannel()
    assert not channel.put(command(1), timeout=0.0)
    sent = pool.submit(channel.put, command(2))
    assert channel.get(LONG_S).CommandIndex == 2
    assert sent.result(LONG_S)


def test_a_withdrawn_message_is_never_received(pool: ThreadPoolExecutor) -> None:
    """A put that gave up leaves nothing behind."""
    channel = ApplyChannel()
    assert not channel.put(command(1), timeout=0.01)
    with pytest.raises(TimeoutError):
        channel.get(timeout=0.0)


@pytest.mark.parametrize(
    "wait",
    [
        pytest.param(lambda channel: channel.get(), id="get"),
        pytest.param(lambda channel: channel.put(command(1)), id="put"),
    ],
)
def test_closing_releases_who_waits(
    pool: ThreadPoolExecutor, wait: Callable[[ApplyChannel], object]
) -> None:
    """Both directions learn of the end, before or during their wait."""
    channel = ApplyChannel()
    waiting = [pool.submit(wait, channel) for _ in range(3)]
    channel.close()
    assert all(isinstance(failure(future), ChannelClosed) for future in waiting)
    with pytest.raises(ChannelClosed):
        wait(channel)


def test_closing_twice_is_harmless() -> None:
    """A second close finds nothing to do, and iteration ends at once."""
    channel = ApplyChannel()
    channel.close()
    channel.close()
    assert list(channel) == []


def test_many_senders_and_receivers(pool: ThreadPoolExecutor) -> None:
    """Every message is taken exactly once."""
    channel = ApplyChannel()

    def send(first: int) -> None:
        for index in range(first, first + 50):
            channel.put(command(index))

    received = [pool.submit(list[ApplyMsg], channel) for _ in range(3)]
    senders = [pool.submit(send, first) for first in (0, 50, 100, 150)]
    for sender in senders:
        sender.result(LONG_S)
    channel.close()
    indices = [m.CommandIndex for r in received for m in r.result(LONG_S)]
    assert sorted(indices) == list(range(200))
