"""Histories in the shapes that the engines want: operations, by partition.

Both kinds of history come in here, and what no run can have produced is refused
here, so that the engines may rely on it: every call has at most one return, and
no return comes before its call.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from tester1.porcupine.model import (
    NEVER,
    AnyModel,
    Event,
    EventKind,
    History,
    Operation,
)


class HistoryError(ValueError):
    """A history that no run can have produced (the caller's mistake)."""


def operations_of(history: History) -> Sequence[Operation]:
    """The operations of a history of either kind.

    Raises:
        HistoryError: an event returns without a call, or twice.
    """
    operations: list[Operation] = []
    events: list[Event] = []
    for item in history:
        if isinstance(item, Operation):
            operations.append(item)
        else:
            events.append(item)
    return operations if not events else join_events(events)


def join_events(events: Iterable[Event]) -> list[Operation]:
    """The operations that calls and returns make up, in order of the calls.

    An event's time is its position. A call without a return becomes an operation
    that never returned.

    Raises:
        HistoryError: an operation returns without a call, or is called twice.
    """
    operations: list[Operation] = []
    # Where each operation is in the list. It is replaced there when it returns.
    places: dict[int, int] = {}
    for at, event in enumerate(events):
        name = event.operation_id
        if event.kind is EventKind.CALL:
            if name in places:
                raise HistoryError(f"event {at}: operation {name} is called twice")
            places[name] = len(operations)
            operations.append(Operation(event.client, event.value, None, at, NEVER))
            continue
        place = places.get(name)
        if place is None or operations[place].ret != NEVER:
            raise HistoryError(f"event {at}: operation {name} returns without a call")
        called = operations[place]
        operations[place] = Operation(
            called.client, called.input, event.value, called.call, at
        )
    return operations


def split(
    model: AnyModel, operations: Iterable[Operation]
) -> dict[Hashable, list[Operation]]:
    """The operations by partition, in the order of the partitions' names.

    Raises:
        HistoryError: an operation returns before it is called, or without an output.
    """
    parts: dict[Hashable, list[Operation]] = {}
    partition = model.partition
    for operation in operations:
        # Not `>`: nan is neither, and no time.
        if not operation.call <= operation.ret:
            raise HistoryError(f"it returns before it is called: {operation}")
        if operation.output is None and operation.ret != NEVER:
            raise HistoryError(
                f"it returned without an output: {operation} (an operation whose "
                "answer nobody got never returned: its ret is infinite)"
            )
        key = partition(operation.input)
        part = parts.get(key)
        if part is None:
            parts[key] = [operation]
        else:
            part.append(operation)
    # By name and not by key: keys of different types cannot be compared. Reports are in
    # this order, whatever the order of the history.
    return {key: parts[key] for key in sorted(parts, key=str)}


def relaxed(operation: Operation) -> Operation:
    """The operation as if it had never returned.

    Whatever explains a history explains it as well with an operation relaxed.
    """
    return Operation(operation.client, operation.input, None, operation.call, NEVER)
