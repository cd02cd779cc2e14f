"""The reference that both engines are compared with: every order, tried one by one.

Nothing is shared with the engines but the model's `step` and `optional`: from each
set of operations that have taken effect, any other may be next that was called
before all of those left over returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tester1.porcupine.model import NEVER, AnyModel, Operation


def brute_force(model: AnyModel, operations: Sequence[Operation]) -> bool:
    """Whether operations of one partition are linearizable."""
    seen: set[tuple[frozenset[int], Any]] = set()
    todo: list[tuple[frozenset[int], Any]] = [
        (frozenset(range(len(operations))), model.init())
    ]
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        left, state = node
        if all(operations[index].ret == NEVER for index in left):
            return True
        deadline = min(operations[index].ret for index in left)
        for index in left:
            operation = operations[index]
            if operation.call > deadline:
                continue
            output = None if operation.ret == NEVER else operation.output
            after = model.step(state, operation.input, output)
            if after is not None:
                todo.append((left - {index}, after))
            if output is not None and model.optional(operation.input, output):
                todo.append((left - {index}, state))
    return False


def brute_force_all(model: AnyModel, operations: Sequence[Operation]) -> bool:
    """Whether a history is linearizable, one partition at a time."""
    parts: dict[Any, list[Operation]] = {}
    for operation in operations:
        parts.setdefault(model.partition(operation.input), []).append(operation)
    return all(brute_force(model, part) for part in parts.values())
