"""What the readers of history files share: errors, and pairing up logged events.

What an event says is Jepsen's: `:ok` (the operation happened), `:fail` (it did
not), `:info` (nobody knows: it may happen at any later time, or never). Rules that
keep it honest:

- An operation that failed is left out. It says nothing more, least of all about the
  state: a swap may have found another value, or no server.
- An operation that nobody saw return has not returned, whatever its log says of it.
- The order of events is the order of the file, or of their indices where all have
  one; their times are never asked, since clocks of several machines may differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from tester1.porcupine.model import NEVER, Operation


class UnreadableHistoryError(ValueError):
    """A history file that cannot be read; the message names it, and the line.

    Correct the line, or leave it out together with its operation's other events.
    `line` is None if the file as a whole is no history.
    """

    def __init__(self, name: str, line: int | None, problem: str) -> None:
        place = name if line is None else f"{name}:{line}"
        super().__init__(f"{place}: {problem}")
        self.line = line
        self.problem = problem


class BadLineError(ValueError):
    """What is wrong with a line; `read_history` adds the file.

    `line` is None where only the caller knows it.
    """

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line


class NoHistoryError(ValueError):
    """A file is something else than a history; the message says what it looks like."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event of a log: a process begins or ends an operation."""

    line: int
    process: int
    kind: str
    """`invoke`, `ok` (it happened), `fail` (it did not), `info` (unknown)."""
    name: str
    """What the operation is called."""
    value: Any
    """Its argument or result, as `edn` reads it."""
    key: Any = None
    """What it is done to, as `edn` reads it; None if the event does not say so."""
    index: int | None = None
    """Its place in the history, if the event says so."""
    answered: bool = False
    """Whether a `fail` is known to be the answer that the operation itself gave."""


class EventModel(Protocol):
    """What the events of a log mean in one model."""

    def input(self, event: LoggedEvent) -> Any:
        """The input of an operation that begins.

        Raises:
            BadLineError: the model has no such operation.
        """

    def output(self, input: Any, event: LoggedEvent) -> Any:
        """The output of an operation that happened.

        Raises:
            BadLineError: that is not how this operation ends.
        """

    def failure(self, input: Any, event: LoggedEvent) -> Any:
        """The output of a failure that was `answered`, or None."""


def paired(events: Iterable[LoggedEvent], model: EventModel) -> list[Operation]:
    """The operations that the events of a log make up, in order of their calls.

    An event's time is its line, or its place in the history if lines do not tell
    events apart. An operation still pending at the end never returned.

    Raises:
        BadLineError: an event does not fit those before, or the model.
    """
    ordered = _ordered(list(events))
    log = _Pairing(model)
    for event, time in zip(ordered, _times(ordered), strict=True):
        try:
            log.take(event, time)
        # A model sees an event and knows what is wrong with it, not where it stands.
        except BadLineError as error:
            raise BadLineError(str(error), event.line) from None
    return log.operations()


def _ordered(events: list[LoggedEvent]) -> list[LoggedEvent]:
    """The events in the order in which they happened."""
    indexed = {event.index: event for event in events}
    if None in indexed or len(indexed) < len(events):
        # Some have none, or two histories were joined: then only their order counts.
        return events
    # None of them is None here; `or 0` says so to the type checker.
    return sorted(events, key=lambda event: event.index or 0)


def _times(events: Sequence[LoggedEvent]) -> Sequence[int]:
    lines = [event.line for event in events]
    # Several events on one line, or in another order than their indices: then an
    # event's place is its time, counted from 1 as lines are.
    if any(line >= following for line, following in pairwise(lines)):
        return range(1, len(events) + 1)
    return lines


class _Pairing:
    """The operations that the events so far make up."""

    def __init__(self, model: EventModel) -> None:
        self._model = model
        self._operations: list[Operation] = []
        # By process: the event of the call, its time, the input. A process has one
        # operation at a time; that is what tells which call a return belongs to.
        self._pending: dict[int, tuple[LoggedEvent, int, Any]] = {}

    def take(self, event: LoggedEvent, time: int) -> None:
        """Take the next event.

        Raises:
            BadLineError: it does not fit the events before, or the model.
        """
        if event.kind == "invoke":
            self._invoke(event, time)
            return
        if event.kind not in ("ok", "fail", "info"):
            raise BadLineError(
                f"an event is :invoke, :ok, :fail or :info, not :{event.kind}"
            )
        # From here on the process has nothing pending, however the operation ended.
        called, call, input = self._called(event)
        output = None
        if event.kind == "ok":
            output = self._model.output(input, event)
        elif event.kind == "fail":
            output = self._model.failure(input, event) if event.answered else None
            # It did not happen, which tells nothing about the state.
            if output is None:
                return
        # Whoever got no answer is done with it, but the operation may still take
        # effect.
        ret = NEVER if event.kind == "info" else time
        self._operations.append(Operation(called.process, input, output, call, ret))

    def _invoke(self, event: LoggedEvent, time: int) -> None:
        if event.process in self._pending:
            began = self._pending[event.process][0].line
            raise BadLineError(
                f"process {event.process} invokes an operation, but the one that it "
                f"invoked in line {began} has not returned"
            )
        self._pending[event.process] = event, time, self._model.input(event)

    def _called(self, event: LoggedEvent) -> tuple[LoggedEvent, int, Any]:
        """The operation that an event ends: its event, its time, its input."""
        if event.process not in self._pending:
            raise BadLineError(f"process {event.process} has no operation to return")
        called = self._pending.pop(event.process)
        if called[0].name != event.name:
            raise BadLineError(
                f"process {event.process} returns from :{event.name}, but what it "
                f"invoked in line {called[0].line} is :{called[0].name}"
            )
        return called

    def operations(self) -> list[Operation]:
        """All operations in the order of their calls."""
        self._operations += [
            Operation(event.process, input, None, call, NEVER)
            for event, call, input in self._pending.values()
        ]
        self._pending.clear()
        return sorted(self._operations, key=lambda operation: operation.call)
