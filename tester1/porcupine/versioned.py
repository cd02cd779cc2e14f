"""Exact, near-linear checking of versioned key/value histories, one key at a time.

Versions give the order of the successful Puts away. What is left to find out is
when each version appeared. Let t(v) be the instant at which version v did, with
t(0) before all time. The operations say:

- a Get of version v saw it at some instant between t(v) and t(v+1), so t(v) is
  not after any such Get's return, nor t(v+1) before its call. All of them agree on
  the value, which is that of the Put that made v. ErrNoKey is a Get of version 0.
- an OK Put of version v made version v+1: t(v+1) lies between its call and return,
  and there is no other. Without one, some Put of version v that answered ErrMaybe
  or never returned made it, if its value is the one that Gets saw.
- an ErrVersion for version v needs an instant at which the version was not v. It
  rules out that t(v) is before its call *and* t(v+1) after its return. An ErrMaybe
  that did not make a version counts as an ErrVersion, or not at all (`Maybe`).
- an ErrVersion for a version other than 0 tells, if the model says so, that the
  key existed: t(1) is not after its return, and for version 1 nor is t(2).

The sweep takes the versions upwards and keeps, exactly, all instants at which the
current version can have appeared: disjoint closed intervals, in order. A history
is linearizable if every version that somebody saw can be reached, and the last
one can stay for ever.

It costs the sorting, and for each version the number of its ErrVersions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tester1.porcupine.budget import Budget
from tester1.porcupine.kv_history import (
    ERR_MAYBE,
    ERR_NO_KEY,
    ERR_VERSION,
    OK,
    KvOp,
    Maybe,
)
from tester1.porcupine.kv_reasons import kv_reason, version_seen
from tester1.porcupine.model import BEFORE_ALL, NEVER, Engine, Operation, Time

Interval: TypeAlias = tuple[Time, Time]
"""A closed interval of time."""


@dataclass(slots=True)
class Facts:
    """What the operations on one key say, by version."""

    reads: dict[int, list[Any]] = field(default_factory=dict)
    """The value, the last call and the first return of the Gets of a version."""
    puts: dict[int, Operation] = field(default_factory=dict)
    """The Put of a version that answered OK."""
    maybes: dict[int, list[Operation]] = field(default_factory=dict)
    """Puts of a version that may have succeeded."""
    refusals: dict[int, list[Interval]] = field(default_factory=dict)
    """Intervals at some instant of which the version was another."""
    exists_by: Time = NEVER
    """An instant at which the key existed, as an ErrVersion tells."""

    def last_seen(self) -> int:
        """The highest version that somebody knows to have appeared."""
        seen = [0 if self.exists_by == NEVER else 1]
        if self.reads:
            seen.append(max(self.reads))
        if self.puts:
            seen.append(max(self.puts) + 1)
        return max(seen)

    def makers(self, version: int) -> list[Interval]:
        """When the Put that replaces a version can have taken effect."""
        read = self.reads.get(version + 1)
        put = self.puts.get(version)
        # A Put that answered OK leaves no choice: versions are made once.
        if put is not None:
            if read is not None and read[0] != put.input.value:
                return []
            return [(put.call, put.ret)]
        # One of these made the version. Which one does not matter: the others ask for
        # no more than is noted among the refusals.
        return union(
            [
                (maybe.call, maybe.ret)
                for maybe in self.maybes.get(version, ())
                if read is None or read[0] == maybe.input.value
            ]
        )


class Sweep:
    """The sweep over versions, with the options of `KvModel`."""

    engine = Engine.SWEEP

    def __init__(self, *, maybe: Maybe, existing: bool) -> None:
        self._answered = maybe is Maybe.ANSWERED
        self._existing = existing

    def decide(self, operations: Sequence[Operation], budget: Budget) -> bool:
        """Whether the operations on one key are linearizable.

        Raises:
            BudgetExceeded: the budget ran out first.
        """
        facts = self._gather(operations)
        budget.look()
        return facts is not None and sweep(facts, budget)

    def reason(
        self, contradicting: Sequence[Operation], operations: Sequence[Operation]
    ) -> str | None:
        """The rule that a contradiction breaks, if it is a usual one."""
        return kv_reason(contradicting, operations)

    def support(
        self, contradicting: Sequence[int], operations: Sequence[Operation]
    ) -> list[int] | None:
        """A Put for each version up to the last that a contradiction saw."""
        # Only a guess, which gets tried: a wrong one costs time, never a verdict.
        values: dict[int, str] = {}
        for operation in operations:
            if operation.input.op is KvOp.GET and operation.ret != NEVER:
                values.setdefault(operation.output.version, operation.output.value)
        makers: dict[int, int] = {}
        for index, operation in enumerate(operations):
            input = operation.input
            if input.op is KvOp.GET or index in contradicting:
                continue
            error = ERR_MAYBE if operation.ret == NEVER else operation.output.err
            fits = values.get(input.version + 1, input.value) == input.value
            if error == OK or (error == ERR_MAYBE and fits):
                makers[input.version] = index
        last = max(version_seen(operations[index]) or 0 for index in contradicting)
        return [makers[version] for version in sorted(makers) if 0 <= version < last]

    def _gather(self, operations: Iterable[Operation]) -> Facts | None:
        """What the operations say, or None if they contradict themselves.

        One loop with everything in local names: most of the time is spent here.
        """
        facts = Facts()
        reads, puts, maybes = facts.reads, facts.puts, facts.maybes
        put_op = KvOp.PUT
        for operation in operations:
            input, output, ret = operation.input, operation.output, operation.ret
            if input.op is put_op:
                version = input.version
                error = ERR_MAYBE if ret == NEVER else output.err
                if error == OK:
                    # Two Puts cannot both have replaced one version.
                    if version in puts or version < 0:
                        return None
                    puts[version] = operation
                    continue
                if error == ERR_MAYBE:
                    maybes.setdefault(version, []).append(operation)
                    # If this Put made the next version it did so before it returned,
                    # and that contents the refusal as well. So both can be noted,
                    # whichever it was.
                    if self._answered and ret != NEVER:
                        refused = (operation.call, ret)
                        facts.refusals.setdefault(version, []).append(refused)
                    continue
                if error == ERR_VERSION:
                    self._refuse(facts, version, operation)
                    continue
                # Version 0 creates the key, so nobody refuses that for want of one.
                if error != ERR_NO_KEY or version == 0:
                    return None
                # From here on a refused Put is what it tells: a Get that found no key.
                version, value = 0, ""
            # A Get that never returned says nothing.
            elif ret == NEVER:
                continue
            elif output.err == OK and output.version > 0:
                version, value = output.version, output.value
            elif output.err == ERR_NO_KEY and not output.value:
                version, value = 0, ""
            else:
                return None
            read = reads.get(version)
            if read is None:
                reads[version] = [value, operation.call, ret]
                continue
            if read[0] != value:
                return None
            # All Gets of a version come down to two times: the next version is not
            # before the last call, nor this one after the first return.
            if operation.call > read[1]:
                read[1] = operation.call
            if ret < read[2]:
                read[2] = ret
        return facts

    def _refuse(self, facts: Facts, version: int, operation: Operation) -> None:
        call = operation.call
        if self._existing and version != 0:
            # The key existed at some instant up to the return. For v > 1 that and the
            # refusal can share an instant: from t(1) to t(v) the version is not v, and
            # the key exists.
            facts.exists_by = min(facts.exists_by, operation.ret)
            if version == 1:
                # No version but a later one will do, whenever version 1 appeared.
                call = NEVER
        facts.refusals.setdefault(version, []).append((call, operation.ret))


def sweep(facts: Facts, budget: Budget) -> bool:
    """Whether instants exist for all versions."""
    last_seen = facts.last_seen()
    # Invariant: `instants` are all t(version) that allow what came before, in order. It
    # is never empty, and nothing but t(version) links the past with what is to come.
    instants: list[Interval] = [(BEFORE_ALL, BEFORE_ALL)]
    version = 0
    while True:
        read = facts.reads.get(version)
        floor, limit = (BEFORE_ALL, NEVER) if read is None else (read[1], read[2])
        # The key exists from version 1 on.
        if version == 1:
            limit = min(limit, facts.exists_by)
        instants = until(instants, limit)
        if not instants:
            return False
        refusals = facts.refusals.get(version, ())
        # It may stay for ever, if no refusal needs another version behind it. If one
        # does, a Put that nobody saw the effect of may yet have made one: so the sweep
        # goes on, and ends at the latest when there are no more Puts.
        if version >= last_seen:
            # The latest instant contents all the refusals that an earlier one does.
            latest = instants[-1][1]
            if all(call <= latest for call, _ in refusals):
                return True
        makers = facts.makers(version)
        if not makers:
            return False
        instants = overlap(followers(instants, floor, refusals, makers), makers)
        if not instants:
            return False
        version += 1
        # Often enough to notice within milliseconds that time is up.
        if not version & 4095:
            budget.look()


def followers(
    instants: list[Interval],
    floor: Time,
    refusals: Iterable[Interval],
    makers: Sequence[Interval],
) -> list[Interval]:
    """When the next version can appear, if this one does so in `instants`.

    Not before `floor`, and so that no refusal has this version from its call to
    its return.
    """
    # With x = t(v) and y = t(v+1), a refusal says: x >= call or y <= ret. So each x has
    # a deadline for y, the least return of the refusals called later than x. It is a
    # staircase that rises with x: from each step only the earliest x is needed.
    first, top = instants[0][0], makers[-1][1]
    opening = floor if floor > first else first
    # The others are content with any choice there is.
    binding = sorted([r for r in refusals if r[0] > first and r[1] < top])
    # Most often: nothing but the floor and the earliest instant binds.
    if not binding:
        return [(opening, NEVER)]
    calls = [call for call, _ in binding]
    # deadlines[j]: the next version must not appear later, if this one does before
    # the call of binding[j] but not before that of binding[j - 1].
    deadlines: list[Time] = [NEVER]
    for _, ret in reversed(binding):
        deadlines.append(min(ret, deadlines[-1]))
    deadlines.reverse()
    pieces: list[Interval] = []
    for earliest in [first, *_earliest_from(instants, calls)]:
        # Of all instants with one deadline, the earliest allows all that others do.
        piece = (max(earliest, floor), deadlines[bisect_right(calls, earliest)])
        # Both ends of the pieces rise from one to the next, so that touching ones can
        # be joined as they come.
        if piece[0] > piece[1]:
            continue
        if pieces and piece[0] <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], piece[1])
        else:
            pieces.append(piece)
    return pieces


def _earliest_from(instants: list[Interval], calls: Iterable[Time]) -> list[Time]:
    """For each call the earliest instant that is not before it."""
    ends = [end for _, end in instants]
    earliest: list[Time] = []
    for call in calls:
        # The first interval that is not over by then; none if all are.
        place = bisect_left(ends, call)
        if place < len(instants):
            earliest.append(max(instants[place][0], call))
    return earliest


def until(intervals: list[Interval], limit: Time) -> list[Interval]:
    """The part of some intervals that is not after a limit."""
    if intervals[-1][1] <= limit:
        return intervals
    return [(start, min(end, limit)) for start, end in intervals if start <= limit]


def union(intervals: list[Interval]) -> list[Interval]:
    """The same instants as disjoint intervals, in order."""
    if len(intervals) < 2:
        return intervals
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def overlap(first: list[Interval], second: list[Interval]) -> list[Interval]:
    """The instants that are in both of two sequences of disjoint intervals."""
    if len(first) == 1 and len(second) == 1:
        # Nearly always so; comparisons because `max` and `min` take twice the time.
        (start, end), (other_start, other_end) = first[0], second[0]
        start = other_start if other_start > start else start
        end = other_end if other_end < end else end
        return [(start, end)] if start <= end else []
    common: list[Interval] = []
    i = j = 0
    while i < len(first) and j < len(second):
        start = max(first[i][0], second[j][0])
        end = min(first[i][1], second[j][1])
        if start <= end:
            common.append((start, end))
        # The interval that ends first can overlap nothing that follows in the other.
        if first[i][1] < second[j][1]:
            i += 1
        else:
            j += 1
    return common
