"""What the readers of history files share: errors, and pairing up logged events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from tester1.porcupine.model import NEVER, Operation


class UnreadableHistoryError(ValueError):
    """A history file that cannot be read; the message names the line.

    Correct the line, or leave it out together with its operation's other events.
    """

    def __init__(self, name: str, line: int, problem: str) -> None:
        super().__init__(f"{name}:{line}: {problem}")
        self.line = line
        self.problem = problem


class BadLineError(ValueError):
    """What is wrong with the line at hand; `read_history` adds file and number."""


class LineReader(Protocol):
    """Turns the lines of one format into operations."""

    def read_line(self, text: str, line: int) -> None:
        """Take one line, which is not empty.

        Raises:
            BadLineError: it cannot be read.
        """

    def operations(self) -> list[Operation]:
        """Return all operations, once every line has been taken."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A line of an event log: a process begins or ends an operation."""

    process: int
    kind: str
    """``invoke``, ``ok`` (it happened), ``fail`` (it did not), ``info`` (unknown)."""
    name: str
    """What the operation is called."""
    value: Any
    """Its argument or result."""
    key: str = ""


class EventModel(Protocol):
    """What the events of a log mean in one model."""

    def input(self, event: LoggedEvent) -> Any:
        """Return the input of an operation that begins."""

    def output(self, input: Any, event: LoggedEvent) -> Any:
        """Return the output of an operation that happened."""

    def failure(self, input: Any, event: LoggedEvent) -> Any:
        """Return the output of one that did not; None if that tells nothing."""


class EventLog:
    """The events of a log, put together; an event's time is its line number."""

    def __init__(self, model: EventModel) -> None:
        self._model = model
        self._operations: list[Operation] = []
        self._pending: dict[int, tuple[int, Any]] = {}

    def take(self, event: LoggedEvent, line: int) -> None:
        """Take the next event.

        Raises:
            BadLineError: it does not fit the events before, or the model.
        """
        if event.kind == "invoke":
            self._invoke(event, line)
            return
        if event.process not in self._pending:
            raise BadLineError(f"process {event.process} has no operation to return")
        _, input = self._pending[event.process]
        if event.kind == "ok":
            self._complete(event, self._model.output(input, event), line)
        elif event.kind == "fail":
            output = self._model.failure(input, event)
            if output is None:
                del self._pending[event.process]
            else:
                self._complete(event, output, line)
        elif event.kind == "info":
            self._give_up(event.process)
        else:
            raise BadLineError(
                f"an event is :invoke, :ok, :fail or :info, not :{event.kind}"
            )

    def _invoke(self, event: LoggedEvent, line: int) -> None:
        if event.process in self._pending:
            began, _ = self._pending[event.process]
            raise BadLineError(
                f"process {event.process} invokes an operation, but the one that it "
                f"invoked in line {began} has not returned"
            )
        self._pending[event.process] = line, self._model.input(event)

    def _complete(self, event: LoggedEvent, output: Any, line: int) -> None:
        began, input = self._pending.pop(event.process)
        self._operations.append(
            Operation(event.process, input, output, float(began), float(line))
        )

    def _give_up(self, process: int) -> None:
        began, input = self._pending.pop(process)
        self._operations.append(Operation(process, input, None, float(began), NEVER))

    def operations(self) -> list[Operation]:
        """Return all operations in the order of their calls.

        Those still pending never returned.
        """
        for process in list(self._pending):
            self._give_up(process)
        return sorted(self._operations, key=lambda operation: operation.call)
