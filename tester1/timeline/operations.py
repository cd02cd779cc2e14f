"""Clients' operations, as the facts of a run tell them.

A test that checks a history has recorded it itself, under its own numbers for clients;
of any other test of the key/value service the facts are the record.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from labrt import Fact
from tester1.facts.kinds import ClerkCalled, ClerkReturned
from tester1.porcupine import KvInput, KvModel, KvOp, KvOutput, Operation, Result, check
from tester1.porcupine.model import NEVER

__all__ = ["clerks_of", "history_of"]

_LONGEST_CHECK_S: Final = 5.0


def history_of(facts: Iterable[Fact]) -> tuple[Result, dict[str, int]] | None:
    """The checked history of a run's clerks, and each clerk's number in it.

    None for a run without clerks.
    """
    clerks: dict[str, int] = {}
    calls: dict[int, ClerkCalled] = {}
    history: list[Operation] = []
    for fact in facts:
        if isinstance(fact, ClerkCalled):
            clerks.setdefault(fact.clerk, len(clerks))
            calls[fact.number] = fact
        elif isinstance(fact, ClerkReturned) and fact.cause in calls:
            called = calls.pop(fact.cause)
            output = KvOutput(fact.value, fact.version, fact.err)
            client = clerks[fact.clerk]
            history.append(
                Operation(client, _input(called), output, called.time, fact.time)
            )
    if not clerks:
        return None
    history += [
        Operation(clerks[called.clerk], _input(called), None, called.time, NEVER)
        for called in calls.values()
    ]
    return check(KvModel(), history, timeout=_LONGEST_CHECK_S), clerks


def clerks_of(result: Result, facts: Iterable[Fact]) -> dict[str, int]:
    """Which client of a recorded history worked with each clerk.

    A client's operation is what a clerk is asked for next, in the same words.
    """
    called: dict[KvInput, list[tuple[float, str]]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, ClerkCalled):
            called[_input(fact)].append((fact.time, fact.clerk))
    votes: dict[str, Counter[int]] = defaultdict(Counter)
    for partition in result.partitions:
        for operation in partition.operations:
            clerk = _next_called(called, operation)
            if clerk:
                votes[clerk][operation.client] += 1
    # A clerk may have gone from hand to hand; it is drawn with who used it most.
    return {clerk: counts.most_common(1)[0][0] for clerk, counts in votes.items()}


def _next_called(
    called: dict[KvInput, list[tuple[float, str]]], operation: Operation
) -> str:
    times: Sequence[tuple[float, str]] = called.get(operation.input, ())
    at = bisect_right(times, (float(operation.call), ""))
    return times[at][1] if at < len(times) else ""


def _input(called: ClerkCalled) -> KvInput:
    if called.operation == "Get":
        return KvInput(KvOp.GET, called.key)
    return KvInput(KvOp.PUT, called.key, called.value, called.version)
