"""The programs that `bench_process` runs in processes of their own, and measures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labrpc import ClientEnd

RUN_PUTS = "Putters.Run"
RUN_CALLS = "Caller.Run"


@dataclass(frozen=True, slots=True)
class Load:
    """`clients` of the test put to `servers`, each at its own key, for `seconds`."""

    clients: list[str]
    servers: list[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Calls:
    """Make `n` calls to another server, one after the other."""

    n: int


@dataclass(frozen=True, slots=True)
class Measured:
    """How long it took in all, and each operation: in seconds."""

    seconds: float
    latencies: list[float]


@dataclass(frozen=True, slots=True)
class Message:
    """What a call carries: the bytes of a small AppendEntries."""

    data: bytes


class Putters:
    """Clerks that put as fast as they can."""

    def __init__(self, make_clerk: Callable[..., Any], clnts: Any) -> None:
        self._make_clerk = make_clerk
        self._clnts = clnts

    def Run(self, load: Load) -> Measured:
        """Put from every client at once."""
        found: list[list[float]] = [[] for _ in load.clients]
        threads = [
            threading.Thread(target=self._put, args=(client, load, latencies))
            for client, latencies in zip(load.clients, found, strict=True)
        ]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begin
        return Measured(seconds, [one for latencies in found for one in latencies])

    def _put(self, client: str, load: Load, latencies: list[float]) -> None:
        clerk = self._make_clerk(self._clnts.get(client), load.servers)
        _, version, _ = clerk.Get(client)
        now = begin = time.perf_counter()
        while now - begin < load.seconds:
            err = clerk.Put(client, "value", version)
            assert err == "OK", f"{client}: version {version} answered {err}"
            version += 1
            before, now = now, time.perf_counter()
            latencies.append(now - before)


class Echo:
    """A service that does nothing."""

    def Echo(self, message: Message) -> Message:
        """The message."""
        return message


class Caller:
    """Calls the `Echo` of the next server."""

    def __init__(self, end: ClientEnd) -> None:
        self._end = end

    def Run(self, calls: Calls) -> Measured:
        """Call again and again."""
        message = Message(bytes(100))
        latencies = []
        now = begin = time.perf_counter()
        for _ in range(calls.n):
            self._end.Call("Echo.Echo", message, Message)
            before, now = now, time.perf_counter()
            latencies.append(now - before)
        return Measured(now - begin, latencies)


def start_putters(tester: object, clnts: object) -> list[object]:
    """The client program: clerks of the solution under measurement."""
    from kvraft1.client import MakeClerk

    return [Putters(MakeClerk, clnts)]


def start_echo(
    tester: object, ends: Sequence[ClientEnd], gid: int, me: int, persister: object
) -> list[object]:
    """A server that answers calls, and makes them when it is told to."""
    return [Echo(), Caller(ends[(me + 1) % len(ends)])]
