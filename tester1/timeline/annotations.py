"""Labels on a test's time line: what it checked, which faults it made, what it did.

The linearizability checker's HTML draws them beside the operation history. There are
three kinds: a *point*, an *interval*, and a *continuous* annotation, a state that lasts
until it is replaced or ended. Rules:

- times are the runtime's seconds, so that in simulation they repeat with the seed;
- the fault row is derived from two facts per server, connected and alive, and is
  replaced only when one of them changes;
- ending what was never begun records nothing, and the beginning of a check serves
  exactly one outcome (the course's harness gets both wrong).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from labrt import Facts
from labrt.texts import without_addresses
from tester1.facts.kinds import (
    CheckBegun,
    CheckFailed,
    CheckPassed,
    FaultMade,
    Noted,
)

__all__ = [
    "TAG_CHECKER",
    "TAG_FAILURE",
    "TAG_INFO",
    "Annotation",
    "Annotations",
    "Colour",
]

TAG_CHECKER = "$ Checker"
TAG_FAILURE = "$ Failure"
TAG_INFO = "$ Test Info"


class Colour(Enum):
    """Background of an annotation, by what it tells."""

    INFO = "#FAFAFA"
    NEUTRAL = "#FFECB3"
    SUCCESS = "#C8E6C9"
    FAILURE = "#FFCDD2"
    FAULT = "#B3E5FC"
    USER = "#FFF176"


@dataclass(frozen=True, slots=True)
class Annotation:
    """One label: a row, a time or a span of time in seconds, and its texts."""

    tag: str
    start: float
    end: float | None
    text: str
    details: str
    colour: Colour


_CUT: Final = "cut"
_HELD: Final = "held"

_OUTCOMES: Final[dict[Colour, type[Noted]]] = {
    Colour.SUCCESS: CheckPassed,
    Colour.FAILURE: CheckFailed,
}


@dataclass(frozen=True, slots=True)
class _Check:
    """A check that has begun and not yet ended."""

    start: float
    details: str


class Annotations:
    """Collects the annotations of one test.

    `now` is the clock, in seconds. With `facts`, everything that is recorded is one
    of them, too.
    """

    def __init__(self, now: Callable[[], float], facts: Facts | None = None) -> None:
        self._now = now
        self._facts = facts
        self._records: list[Annotation] = []
        # One open state per tag; its `end` is None until it is replaced or ended.
        self._open: dict[str, Annotation] = {}
        self._check: _Check | None = None
        self._connected: list[bool] = []
        self._alive: list[bool] = []
        # What is done to single links, each (source, target), in the order in which it
        # was done: "cut" or "held".
        self._links: dict[tuple[int, int], str] = {}
        self._last_fault: Annotation | None = None
        self.finalized = False

    def records(self) -> list[Annotation]:
        """All annotations so far, open states as intervals up to now, by start."""
        now = self._now()
        still_open = [replace(state, end=now) for state in self._open.values()]
        return sorted(self._records + still_open, key=lambda record: record.start)

    @property
    def last_fault(self) -> Annotation | None:
        """The fault made last; its `end` is None while it has not been healed."""
        return self._last_fault

    def timestamp(self) -> float:
        """The time now, as `interval` and `info_interval` take it for their start."""
        return self._now()

    # The test itself.

    def test(self, name: str, servers: int) -> None:
        """Forget everything and begin a test of that many healthy servers."""
        self._records.clear()
        self._open.clear()
        self._check = None
        self._connected = [True] * servers
        self._alive = [True] * servers
        self._links.clear()
        self._last_fault = None
        self.finalized = False
        text = f"{name} ({servers} servers)"
        self.info(text, text)

    def info(self, text: str, details: str) -> None:
        """Something the test did, at this instant."""
        self._point(TAG_INFO, text, details, Colour.INFO)

    def info_interval(self, start: float, text: str, details: str) -> None:
        """Something the test did, from `start` until now."""
        self._add(Annotation(TAG_INFO, start, self._now(), text, details, Colour.INFO))

    def finish(self, text: str) -> None:
        """Close every open state and add the closing label; then no file is due."""
        for tag in list(self._open):
            self.continuous_end(tag)
        self.info(text, text)
        self.finalized = True

    # Checks.

    def checker_begin(self, details: str) -> None:
        """A check begins; the next outcome is drawn as an interval from here."""
        self._check = _Check(self._now(), details)
        if self._facts is not None:
            self._facts.emit(CheckBegun(row="Checker", label=details))

    def checker_success(self, text: str, details: str) -> None:
        """The check passed."""
        self._outcome(text, details, Colour.SUCCESS)

    def checker_failure(self, text: str, details: str) -> None:
        """The check failed."""
        self._outcome(text, details, Colour.FAILURE)

    def checker_neutral(self, text: str, details: str) -> None:
        """The check was inconclusive and will be repeated."""
        self._outcome(text, details, Colour.NEUTRAL)

    def _outcome(self, text: str, details: str, colour: Colour) -> None:
        # Used up: an outcome that follows has begun at a time that nobody noted.
        check, self._check = self._check, None
        if check is None:
            self._point(TAG_CHECKER, text, details, colour)
            return
        full = f"{check.details}: {details}"
        self._add(Annotation(TAG_CHECKER, check.start, self._now(), text, full, colour))

    # Faults.

    def connection(self, connected: Sequence[bool]) -> None:
        """The servers' connected flags are now these."""
        # Tests say so after every step, and most steps change nothing.
        if list(connected) != self._connected:
            flags = zip(self._connected, connected, strict=True)
            changed = {server for server, (old, new) in enumerate(flags) if old != new}
            # To attach a server is to mend all of its links; what is held stays so.
            self._links = {
                link: how
                for link, how in self._links.items()
                if how != _CUT or changed.isdisjoint(link)
            }
            self._connected = list(connected)
            self._fault()

    def two_partitions(self, first: Iterable[int], second: Iterable[int]) -> None:
        """The network is cut in two; the connected flags do not tell this."""
        # Both halves count as connected, so the flags would say that all is well.
        self._set_fault(f"partition = {_group(first)} {_group(second)}")

    def link_cut(self, source: int, target: int) -> None:
        """`source` does not reach `target`; the connected flags do not tell this."""
        self._links[source, target] = _CUT
        self._fault()

    def links_held(self, links: Iterable[tuple[int, int]]) -> None:
        """Calls on these links, each (source, target), stay on their way."""
        self._links.update(dict.fromkeys(links, _HELD))
        self._fault()

    def links_healed(self, links: Iterable[tuple[int, int]]) -> None:
        """Nothing is done to these links any more."""
        for link in links:
            self._links.pop(link, None)
        self._fault()

    def shutdown(self, servers: Iterable[int]) -> None:
        """These servers crashed."""
        self._set_alive(servers, alive=False)

    def shutdown_all(self) -> None:
        """Every server crashed."""
        self.shutdown(range(len(self._alive)))

    def restart(self, servers: Iterable[int]) -> None:
        """These servers run again."""
        self._set_alive(servers, alive=True)

    def restart_all(self) -> None:
        """Every server runs again."""
        self.restart(range(len(self._alive)))

    def clear_failure(self) -> None:
        """Everything is healed: all connected, none crashed."""
        self._connected = [True] * len(self._connected)
        self._alive = [True] * len(self._alive)
        self._links.clear()
        self.continuous_end(TAG_FAILURE)

    def _set_alive(self, servers: Iterable[int], *, alive: bool) -> None:
        updated = list(self._alive)
        for server in servers:
            updated[server] = alive
        if updated != self._alive:
            self._alive = updated
            self._fault()

    def _fault(self) -> None:
        """Redraw the fault row from the flags and what is done to links."""
        parts = []
        if not all(self._connected) or not all(self._alive):
            parts.append(_fault_text(self._connected, self._alive))
        for how in _CUT, _HELD:
            links = [link for link, done in self._links.items() if done == how]
            if links:
                parts.append(f"{how}: {_arrows(links)}")
        if parts:
            self._set_fault(" / ".join(parts))
        else:
            self.continuous_end(TAG_FAILURE)

    def _set_fault(self, text: str) -> None:
        self._continuous(TAG_FAILURE, text, text, Colour.FAULT)
        # Kept when the row ends: whoever reads of a failure asks what was done last,
        # and it may have been healed.
        self._last_fault = self._open[TAG_FAILURE]

    # The student's own.

    def point(self, tag: str, text: str, details: str) -> None:
        """A student's label at this instant, on the row `tag`."""
        self._point(tag, text, details, Colour.USER)

    def interval(self, tag: str, start: float, text: str, details: str) -> None:
        """A student's label from `start` until now."""
        self._add(Annotation(tag, start, self._now(), text, details, Colour.USER))

    def continuous(self, tag: str, text: str, details: str) -> None:
        """A student's state, which replaces the one open under `tag`, if any."""
        self._continuous(tag, text, details, Colour.USER)

    def continuous_end(self, tag: str) -> None:
        """End the state open under `tag`; nothing happens if there is none."""
        state = self._open.pop(tag, None)
        if state is not None:
            ended = replace(state, end=self._now())
            self._records.append(ended)
            if tag == TAG_FAILURE:
                self._last_fault = ended
            self._note(replace(state, text=f"end of {state.text}", details=""))

    def _continuous(self, tag: str, text: str, details: str, colour: Colour) -> None:
        # One state of a tag at a time, so that the rows of the timeline never overlap.
        self.continuous_end(tag)
        state = Annotation(tag, self._now(), None, text, details, colour)
        self._open[tag] = state
        self._note(state)

    def _point(self, tag: str, text: str, details: str, colour: Colour) -> None:
        self._add(Annotation(tag, self._now(), None, text, details, colour))

    def _add(self, record: Annotation) -> None:
        self._records.append(record)
        self._note(record)

    def _note(self, record: Annotation) -> None:
        if self._facts is None:
            return
        kind: type[Noted] = Noted
        if record.tag == TAG_FAILURE:
            kind = FaultMade
        elif record.tag == TAG_CHECKER:
            kind = _OUTCOMES.get(record.colour, Noted)
        self._facts.emit(
            kind(
                row=without_addresses(record.tag.removeprefix("$ ")),
                label=without_addresses(record.text),
                details=without_addresses(record.details),
            )
        )


def _group(servers: Iterable[int]) -> str:
    """Server numbers in the course's notation, `[0 2]`."""
    return f"[{' '.join(map(str, servers))}]"


def _arrows(links: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{source} > {target}" for source, target in links)


def _fault_text(connected: Sequence[bool], alive: Sequence[bool]) -> str:
    """Who is cut off, who is together, who is down: `partition = [0] [1 2] / …`."""
    live = [i for i, up in enumerate(alive) if up]
    groups = [[i] for i in live if not connected[i]]
    together = [i for i in live if connected[i]]
    if together:
        groups.append(together)
    text = "partition = " + " ".join(map(_group, groups))
    crashed = [i for i, up in enumerate(alive) if not up]
    return f"{text.rstrip()} / crash = {_group(crashed)}" if crashed else text
