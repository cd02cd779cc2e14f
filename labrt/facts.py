"""What happens in a run, as one stream of typed facts.

A fact is made where something happens and given to `Facts`, which numbers it, dates it
and hands it to whoever reads that kind. Some readers judge while the run goes on; what
is kept besides is read when it is over, and is what two runs are compared by.

A runtime without a stream makes no facts. Code that makes them guards every one with
`if runtime.facts is not None`, so that a run which nobody looks at pays nothing.

Each package has the kinds of what happens in it: the beginnings and ends of programs
and what they print are here, messages in `labrpc.facts`, the rest in the tester's.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

import msgspec

from labrt.texts import without_addresses

__all__ = [
    "Fact",
    "Facts",
    "Follower",
    "Printed",
    "ProgramEnded",
    "ProgramStarted",
]

_ENCODE = msgspec.json.Encoder(enc_hook=str).encode


class Fact(msgspec.Struct, kw_only=True, gc=False, tag_field="kind"):
    """One thing that happened.

    `number` counts the facts of a run from 1, and `time` is in seconds of the run; both
    are set when the fact is given to the stream, as is the incarnation unless its maker
    knows better. `server` is the program that it happened at, empty if it happened at
    none. `cause` is the number of the fact that made it happen, 0 if none is known.
    """

    number: int = 0
    time: float = 0.0
    server: str = ""
    incarnation: int = 0
    cause: int = 0

    @property
    def kind(self) -> str:
        """The name of this kind of fact, as it stands in files."""
        return str(self.__struct_config__.tag)

    @property
    def place(self) -> str:
        """Where it happened, as a line of text names it."""
        return self.server

    def text(self) -> str:
        """What a line of text says of it, besides its kind and its place."""
        return ""

    def lasting(self) -> Fact:
        """The fact as files hold it, which has to be understood without the run."""
        return self

    def __str__(self) -> str:
        return f"{self.time:12.6f}  {self.kind:<12} {self.place:<28} {self.text()}"


class ProgramStarted(Fact, gc=False, tag="started"):
    """A program begins; everything before its incarnation is over for it."""

    def text(self) -> str:
        """Which incarnation it is."""
        return f"incarnation {self.incarnation}"


class ProgramEnded(Fact, gc=False, tag="ended"):
    """A program was ended, in the middle of whatever it did."""

    def text(self) -> str:
        """Which incarnation it was."""
        return f"incarnation {self.incarnation}"


class Printed(Fact, gc=False, tag="printed"):
    """A program printed or logged a line."""

    line: str

    def text(self) -> str:
        """The line."""
        return self.line


class Follower(Protocol):
    """Who wants to know what becomes of a call: see `Facts.follow`.

    `number` and `time` are those of the fact that is told, whether or not it was made.
    """

    def handed_over(self, number: int, time: float) -> None:
        """The request has reached its receiver, whose handler may start from now on."""

    def answered(self, number: int, time: float, data: bytes) -> None:
        """The handler has returned `data`; whether the caller ever gets it is open."""

    def delivered(self, number: int, time: float) -> None:
        """The caller gets the reply now."""


F = TypeVar("F", bound=Fact)


class Facts:
    """The facts of one run, in order; given to the runtime that they happen in.

    `most` is how many are kept, the latest; None keeps all of them.
    """

    def __init__(self, *, most: int | None = 0) -> None:
        self.count = 0
        # `float()` is 0.0: a stream that no runtime has yet has no time.
        self.now: Callable[[], float] = float
        self.mutex: AbstractContextManager[object] | None = None
        """What those hold who number or read facts, if tasks may run side by side."""
        self.emit: Callable[[Fact], int] = self._take
        """Take note of a fact that happens now; returns its number."""
        self.keeps = most != 0
        """Whether facts are kept, so that what only explains them is worth making."""
        self._kept: deque[Fact] = deque(maxlen=most)
        self._incarnations: dict[str, int] = {}
        # Of each kind those who read it; a list never gets facts of another.
        self._readers: dict[type[Fact], list[Callable[[Any], object]]] = {}
        self._wanted: dict[tuple[type[Fact], ...], bool] = {}
        self.ways: list[Callable[[Any], Follower | None]] = []
        """Who is asked about each call that begins: see `follow`."""

    def attach(
        self,
        now: Callable[[], float],
        mutex: AbstractContextManager[object] | None = None,
    ) -> None:
        """Take the clock of a runtime, and its lock, which may be taken once more.

        Without one, no task is stopped in the middle of code that does not block.
        """
        self.now = now
        self.mutex = mutex
        self.emit = self._take if mutex is None else self._take_alone

    @property
    def kept(self) -> list[Fact]:
        """The facts that are kept, the oldest first."""
        return list(self._kept)

    def subscribe(self, kind: type[F], read: Callable[[F], object]) -> None:
        """Have `read` called with every fact of `kind`, in the instant it happens.

        It must neither block nor raise; it may emit facts, and fail the run.
        """
        self._readers.setdefault(kind, []).append(read)
        self._wanted.clear()

    def follow(self, begins: Callable[[Any], Follower | None]) -> None:
        """Have `begins` called with every call that sets out: its `CallFacts`.

        What it returns, if anything, is told of the rest: most calls are several facts
        that nobody keeps, and to make them would cost more than to read them.
        """
        self.ways.append(begins)

    def wants(self, *kinds: type[Fact]) -> bool:
        """Whether facts of these kinds are worth making: they are kept, or read."""
        wanted = self._wanted.get(kinds)
        if wanted is None:
            wanted = self.keeps or not self._readers.keys().isdisjoint(kinds)
            self._wanted[kinds] = wanted
        return wanted

    def incarnation(self, server: str) -> int:
        """The present incarnation of a program, 0 before it has begun."""
        return self._incarnations.get(server, 0)

    def digest(self) -> str:
        """A hash over all that is kept; equal runs have equal digests."""
        return digest(self._kept)

    def skip(self) -> int:
        """The number of a fact that is not made; it counts all the same."""
        self.count += 1
        return self.count

    def _take(self, fact: Fact) -> int:
        fact.number = self.count = self.count + 1
        fact.time = self.now()
        if fact.__class__ is ProgramStarted:
            self._incarnations[fact.server] = fact.incarnation
        elif not fact.incarnation:
            fact.incarnation = self._incarnations.get(fact.server, 0)
        # Before it is read: a reader may end the run, and never return.
        if self.keeps:
            self._kept.append(fact)
        readers = self._readers.get(fact.__class__)
        if readers is not None:
            for read in readers:
                read(fact)
        return fact.number

    def _take_alone(self, fact: Fact) -> int:
        assert self.mutex is not None, "only where there is a lock"
        with self.mutex:
            return self._take(fact)


def digest(facts: Iterable[Fact]) -> str:
    """A hash over facts, every field of them, bytes that travelled included."""
    total = hashlib.blake2b(digest_size=16)
    for fact in facts:
        total.update(line(fact))
    return total.hexdigest()


def line(fact: Fact) -> bytes:
    """A fact as one line of JSON, which is also how files hold it."""
    try:
        return _ENCODE(fact) + b"\n"
    except UnicodeEncodeError:
        # A text may be any that Python can hold, with half of a surrogate pair in it.
        return _ENCODE(_encodable(msgspec.to_builtins(fact))) + b"\n"


def printed(server: str, text: str) -> Printed:
    """The fact that a program prints a line now."""
    # Or no two records of a run would be equal.
    return Printed(server=server, line=without_addresses(text))


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value
