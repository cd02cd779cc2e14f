"""Sentences that say which rule of the versioned key/value service was broken."""

from __future__ import annotations

from collections.abc import Sequence

from tester1.porcupine.kv_history import ERR_NO_KEY, ERR_VERSION, OK, KvOp
from tester1.porcupine.model import NEVER, Operation
from tester1.porcupine.reasons import listed, shortened, when


def kv_reason(
    contradicting: Sequence[Operation], operations: Sequence[Operation]
) -> str | None:
    """The rule that a contradiction breaks, if it is one of the usual ones.

    `operations` are all operations on the key.
    """
    if len(contradicting) == 1:
        return _alone(contradicting[0], operations)
    if len(contradicting) == 2:
        # Which one returned first matters to `_out_of_order` alone.
        first, second = sorted(contradicting, key=lambda operation: operation.ret)
        return (
            _both_succeeded(first, second)
            or _values_differ(first, second)
            or _values_differ(second, first)
            or _out_of_order(first, second)
            or _refused(contradicting)
        )
    return _refused(contradicting)


def told(operation: Operation) -> str:
    """A request and its answer in words, with client and times."""
    input, output = operation.input, operation.output
    if input.op is KvOp.PUT:
        what = f"Put({input.key!r}, {input.value!r}, version {input.version})"
        answer = "no answer" if operation.ret == NEVER else output.err
    else:
        what = f"Get({input.key!r})"
        read = f"{output.value!r}, version {output.version}"
        answer = read if output.err == OK else output.err
    return f"{shortened(what)} = {shortened(answer)} {when(operation)}"


def version_seen(operation: Operation) -> int | None:
    """The version that there was when an operation took effect, if it tells."""
    input, output = operation.input, operation.output
    if output.err == ERR_NO_KEY:
        return 0
    if output.err != OK:
        return None
    version: int = input.version if input.op is KvOp.PUT else output.version
    return version


def _left(operation: Operation) -> int | None:
    """The version that there was after it."""
    saw = version_seen(operation)
    if saw is None:
        return None
    return saw + (operation.input.op is KvOp.PUT and operation.output.err == OK)


def _alone(operation: Operation, operations: Sequence[Operation]) -> str:
    saw = version_seen(operation)
    refused = operation.output.err == ERR_VERSION
    if saw is None and not refused:
        return f"{told(operation)}: no server gives that answer"
    if refused:
        return (
            f"{told(operation)}: it was refused for its version, but no other version "
            "can have been there by then"
        )
    assert saw is not None
    if saw <= 0:
        return f"{told(operation)}: no server gives that answer"
    # Puts that may have made the version it saw, whatever they answered.
    makers = [
        other
        for other in operations
        if other.input.op is KvOp.PUT
        and other.input.version == saw - 1
        and other.call <= operation.ret
    ]
    if not makers:
        return (
            f"{told(operation)}: it saw version {saw}, but no Put of version "
            f"{saw - 1} had been called by then"
        )
    values = {other.input.value for other in makers}
    if operation.input.op is KvOp.GET and operation.output.value not in values:
        puts = listed([told(maker) for maker in makers], "or")
        return f"{told(operation)} read another value than that of {puts}"
    return (
        f"{told(operation)}: it saw version {saw}, but the Puts called by then cannot "
        "have led there"
    )


def _both_succeeded(first: Operation, second: Operation) -> str | None:
    for operation in (first, second):
        if operation.input.op is not KvOp.PUT or operation.output.err != OK:
            return None
    if first.input.version != second.input.version:
        return None
    return (
        f"{told(first)} and {told(second)} both replaced version "
        f"{first.input.version}, so one update was lost or its version not checked"
    )


def _values_differ(first: Operation, second: Operation) -> str | None:
    if first.input.op is not KvOp.GET or first.output.err != OK:
        return None
    version, value = first.output.version, first.output.value
    if second.output.err != OK or _left(second) != version:
        return None
    if second.input.op is KvOp.PUT:
        if second.input.value == value:
            return None
        return f"{told(first)} did not read what {told(second)} made version {version}"
    if second.output.value == value:
        return None
    return f"{told(first)} and {told(second)} read one version with different values"


def _out_of_order(first: Operation, second: Operation) -> str | None:
    """A reason if the second still saw what the first had left behind."""
    left, saw = _left(first), version_seen(second)
    # Times are closed: with equal ones the two are concurrent, so this is no reason.
    if left is None or saw is None or first.ret >= second.call or left <= saw:
        return None
    stale = "no such key" if saw == 0 else f"version {saw}"
    return (
        f"{told(second)} still saw {stale}, although {told(first)} had seen or made "
        f"version {left} and returned before"
    )


def _refused(contradicting: Sequence[Operation]) -> str | None:
    refused = [o for o in contradicting if o.output.err == ERR_VERSION]
    if len(refused) != 1:
        return None
    others = [told(o) for o in contradicting if o is not refused[0]]
    return (
        f"{told(refused[0])} was refused for its version, but that version was there "
        f"from its call to its return, as {' and '.join(others)} show"
    )
