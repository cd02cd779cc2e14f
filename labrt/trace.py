"""What happened in a run, in order: the record that two runs are compared by.

Tracing is off unless a `Trace` is given to the runtime, and code that records
guards every call with `if runtime.trace is not None`: a run that nobody looks at
pays nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from labrt.texts import without_addresses


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One event: when (seconds of the run), what kind, where, and its text."""

    time: float
    kind: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.time:12.6f}  {self.kind:<12} {self.where:<28} {self.text}"


class Trace:
    """The events of one run; the runtime that it is given to sets its clock."""

    __slots__ = ("clock", "events")

    def __init__(self) -> None:
        # `float()` is 0.0: a trace that no runtime has yet has no time.
        self.clock: Callable[[], float] = float
        self.events: list[TraceEvent] = []

    def add(self, kind: str, where: str, text: str) -> None:
        """Append an event that happens now."""
        # Or no two traces of a run would be equal.
        text = without_addresses(text)
        self.events.append(TraceEvent(self.clock(), kind, where, text))

    def digest(self) -> str:
        """A hash over all events; equal runs have equal digests."""
        # Of the time every digit counts; a text may be any that Python can hold, with
        # half of a surrogate pair in it too.
        total = hashlib.blake2b(digest_size=16)
        for event in self.events:
            line = f"{event.time!r}\t{event.kind}\t{event.where}\t{event.text}\n"
            total.update(line.encode(errors="surrogatepass"))
        return total.hexdigest()
