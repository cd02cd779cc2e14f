"""Exact, near-linear checking where a value tells which operation wrote it.

After Gibbons and Korach, "Testing shared memories" (SIAM J. Comput. 26, 1997),
section 4, with chains in the place of single writes.

If every value that was read has one possible origin, it was held once, from its
write to the next one, and each read of it lies within. A write either starts
afresh (a put) or extends one known value (an append, a compare-and-swap). Values
that extend one another form *chains*: from a fresh write on, nothing else can come
between. So a linearization is an order of chains, each in one piece:

- within a chain the writes come in order, none before the last call of the reads
  of the value that it replaces, nor any after the first return of its own reads;
- let f be the first return and s the last call of a chain's operations. If f < s
  it must occupy all of the time from f to s, a *forward zone*; no two of these
  may overlap. If s <= f it may all happen at any one instant from s to f, a
  *backward zone*; one of these must not be inside a forward zone;
- a write whose value nobody read is a backward zone by itself, from its call to
  its return. The chain of the initial value has been there since before all time.

Rules that keep it honest:

- Where a value that was read can have two origins, it may have been held twice, its
  reads divided between the two. Each origin is tried as the only one. If one fits,
  the history is linearizable. If none does, the procedure cannot tell, and says so
  (None). That a value was read which nobody wrote is a contradiction in any case.
- Where it is only open *which* of several equal writes made a value, all are tried,
  as long as they are few.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import (
    Callable,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from itertools import islice, pairwise, product
from typing import TypeAlias

from tester1.porcupine.budget import Budget
from tester1.porcupine.model import BEFORE_ALL, NEVER, Engine, Operation, Time

ATTEMPTS = 64
"""Ways to give values their origins, or their writes, before giving up."""

Value: TypeAlias = Hashable

Candidates: TypeAlias = dict[Hashable, list[int]]
"""For each value the writes that may have made it; none for the initial value."""

Zone: TypeAlias = tuple[Time, Time]
"""The first return and the last call of some operations, in this order."""


@dataclass(slots=True)
class Reads:
    """When a value was read: the last call and the first return of its reads."""

    last_call: Time = BEFORE_ALL
    first_return: Time = NEVER

    def add(self, operation: Operation) -> None:
        """Take one more read into account."""
        self.last_call = max(self.last_call, operation.call)
        self.first_return = min(self.first_return, operation.ret)


class Accesses(ABC):
    """The reads and writes of one object. Writes go by their places in the history."""

    def __init__(self, operations: Sequence[Operation], initial: Value) -> None:
        self.operations = operations
        self.initial = initial
        self.reads: dict[Value, Reads] = {}
        self.writes: list[int] = []
        self.fresh: dict[Value, list[int]] = {}
        """Writes that put a value there, whatever was there before."""
        self.must_extend: dict[int, Value] = {}
        """Writes that did make a value of another one, and the value made."""

    def add_read(self, value: Value, operation: Operation) -> None:
        """Add a read that returned."""
        reads = self.reads.get(value)
        if reads is None:
            reads = self.reads[value] = Reads()
        reads.add(operation)

    def add_fresh(self, value: Value, index: int) -> None:
        """Add a write that does not depend on the value before."""
        self.writes.append(index)
        self.fresh.setdefault(value, []).append(index)

    @abstractmethod
    def extensions(self, value: Value) -> list[tuple[Value, list[int]]]:
        """The values that can have been extended to this one, and by what."""


class DoesNotApply(Exception):
    """Values do not give their order away in this history."""


class Impossible(Exception):
    """The history is not linearizable."""


class Zones:
    """The procedure; `accesses` tells how a model's operations read and write.

    It raises `DoesNotApply` for operations that are neither.
    """

    engine = Engine.ZONES

    def __init__(self, accesses: Callable[[Sequence[Operation]], Accesses]) -> None:
        self._accesses = accesses

    def decide(self, operations: Sequence[Operation], budget: Budget) -> bool | None:
        """Whether the operations are linearizable; None if this does not apply.

        Raises:
            BudgetExceeded: the budget ran out first.
        """
        try:
            accesses = self._accesses(operations)
            choices = origin_choices(accesses)
        except DoesNotApply:
            return None
        except Impossible:
            return False
        # A fit proves the history linearizable, however it was found. That nothing fits
        # proves the contrary only where all ways were tried that there are.
        conclusive = all(map(_is_certain, choices.values()))
        # More than `ATTEMPTS` alternatives need no mark: with two origins for a value,
        # `conclusive` is False already.
        for origins in alternatives(accesses, choices):
            budget.look()
            try:
                if origins_fit(accesses, origins):
                    return True
            # This alternative is too hard to refute, and another one may still fit.
            except DoesNotApply:
                conclusive = False
        return False if conclusive else None

    def reason(
        self, contradicting: Sequence[Operation], operations: Sequence[Operation]
    ) -> None:
        """Leave the reason to the general one."""

    def support(
        self, contradicting: Sequence[int], operations: Sequence[Operation]
    ) -> None:
        """Leave it to trials to find what a contradiction builds on."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from."""

    parent: Value | None
    """The value that was extended; None if it was written afresh, or initial."""
    writes: list[int]
    """The writes that can have made it; none for the initial value."""


def origin_choices(accesses: Accesses) -> dict[Value, list[Origin]]:
    """The origins that each value can have that somebody read, or built on.

    Raises:
        Impossible: a value was read that nobody wrote.
    """
    choices: dict[Value, list[Origin]] = {}
    # A value that nobody read, and that others may have been made of, needs no origin:
    # those may have been made in another way.
    seen = _wanted(accesses)
    wanted = list(seen)
    # `wanted` grows: what a value was made of needs an origin in its turn.
    for value in wanted:
        if value in choices:
            continue
        choices[value] = _origins(accesses, value)
        if not choices[value] and value in seen:
            raise Impossible
        wanted += [o.parent for o in choices[value] if o.parent is not None]
    return choices


def _wanted(accesses: Accesses) -> dict[Value, None]:
    """The values that are known to have been held, in a fixed order."""
    return dict.fromkeys([*accesses.reads, *accesses.must_extend.values()])


def _origins(accesses: Accesses, value: Value) -> list[Origin]:
    origins = [Origin(*extension) for extension in _possible(accesses, value)]
    # Several equal fresh writes are one origin: which of them it was, `Matcher` finds
    # out.
    if value in accesses.fresh:
        origins.append(Origin(None, accesses.fresh[value]))
    if value == accesses.initial:
        origins.append(Origin(None, []))
    return origins


def _is_certain(origins: Sequence[Origin]) -> bool:
    """Whether a value with these origins was held once, or never."""
    if len(origins) > 1:
        return False
    # Two equal fresh writes can both have put it there, at different times. Equal
    # writes that extend a parent cannot: if that was held once, it was extended once.
    return not origins or origins[0].parent is not None or len(origins[0].writes) < 2


def alternatives(
    accesses: Accesses, choices: Mapping[Value, list[Origin]]
) -> Iterator[dict[Value, Origin]]:
    """The ways to give every value one origin, if not too many: the first."""
    # Only values with a choice multiply; all others have what they have.
    picks = product(*(choices[v] for v in choices if len(choices[v]) > 1))
    for pick in islice(picks, ATTEMPTS):
        left = iter(pick)
        picked = {
            value: next(left) if len(origins) > 1 else origins[0]
            for value, origins in choices.items()
            if origins
        }
        origins = _needed(accesses, picked)
        if origins is not None:
            yield origins


def _needed(
    accesses: Accesses, picked: Mapping[Value, Origin]
) -> dict[Value, Origin] | None:
    """The origins of the values that must have been held, if all have one."""
    needed: dict[Value, Origin] = {}
    wanted = list(_wanted(accesses))
    for value in wanted:
        # This choice has no origin for a value that must have been held.
        if value not in picked:
            return None
        needed[value] = picked[value]
        parent = picked[value].parent
        if parent is not None and parent not in needed:
            wanted.append(parent)
    return needed


def _possible(accesses: Accesses, value: Value) -> list[tuple[Value, list[int]]]:
    """The extensions that lead to a value, but for those that come too late.

    The initial value is gone once any write has returned, if none brings it back.
    """
    extensions = accesses.extensions(value)
    initial = accesses.initial
    if initial not in dict(extensions) or initial in accesses.fresh:
        return extensions
    if accesses.extensions(initial):
        return extensions
    operations = accesses.operations
    # By then some write has put another value there, and none brings this one back.
    gone_at = min(operations[write].ret for write in accesses.writes)
    timely = [
        (parent, [w for w in writes if operations[w].call <= gone_at])
        if parent == initial
        else (parent, writes)
        for parent, writes in extensions
    ]
    return [(parent, writes) for parent, writes in timely if writes]


def find_chains(origins: Mapping[Value, Origin]) -> list[list[Value]]:
    """The chains of values, each from its first value on.

    Raises:
        Impossible: a value was extended to two others, or has no beginning.
    """
    successor: dict[Value, Value] = {}
    for value, origin in origins.items():
        if origin.parent is None:
            continue
        # A value that is held once ends with the first write after it, so that no two
        # writes can extend it.
        if origin.parent in successor:
            raise Impossible
        successor[origin.parent] = value
    chains: list[list[Value]] = []
    for first, origin in origins.items():
        if origin.parent is None:
            chain = [first]
            while chain[-1] in successor:
                chain.append(successor[chain[-1]])
            chains.append(chain)
    # What is on no chain is in a circle of values, each made of another one.
    if sum(map(len, chains)) < len(origins):
        raise Impossible
    return chains


def origins_fit(accesses: Accesses, origins: Mapping[Value, Origin]) -> bool:
    """Whether all operations fit in time, with one origin for every value.

    Raises:
        DoesNotApply: there are too many ways to match equal writes with values.
    """
    try:
        chains = find_chains(origins)
    except Impossible:
        return False
    candidates = {value: origin.writes for value, origin in origins.items()}
    matchings = Matcher(accesses, chains, candidates).matchings(candidates)
    return any(chains_fit(accesses, chains, matching) for matching in matchings)


class Matcher:
    """Finds out which write made which value, where equal writes leave a choice."""

    def __init__(
        self, accesses: Accesses, chains: Sequence[list[Value]], candidates: Candidates
    ) -> None:
        self._accesses = accesses
        self._operations = accesses.operations
        # Chains without a choice are left alone: there is nothing to narrow.
        self._chains = [
            chain for chain in chains if any(len(candidates[v]) > 1 for v in chain)
        ]
        # Fixing one value after the other takes an attempt each, even if no step back
        # is needed; those must not count against the limit.
        self._attempts = ATTEMPTS + sum(len(w) > 1 for w in candidates.values())

    def matchings(self, candidates: Candidates) -> Iterator[Candidates]:
        """The ways to give each value at most one write.

        Raises:
            DoesNotApply: there are too many to try.
        """
        choice = _choice(candidates)
        # Narrowing first: it takes a few rounds, and what it settles need not be tried.
        if choice is not None:
            try:
                candidates = self._narrow(candidates)
            except Impossible:
                return
            choice = _choice(candidates)
        if choice is None:
            yield candidates
            return
        # One of them is it, if any; those that fail are given back by the generator.
        for write in candidates[choice]:
            yield from self.matchings({**candidates, choice: [write]})

    def _narrow(self, candidates: Candidates) -> Candidates:
        """What times and other values leave of the candidates.

        Raises:
            Impossible: nothing is left for some value.
        """
        if self._attempts == 0:
            raise DoesNotApply
        self._attempts -= 1
        narrowed = dict(candidates)
        size = -1
        # Until nothing more goes: what one chain loses may narrow another.
        while size != (size := sum(map(len, narrowed.values()))):
            for chain in self._chains:
                self._not_too_early(chain, narrowed)
                self._not_too_late(chain, narrowed)
            _not_twice(narrowed)
        return narrowed

    def _not_too_early(self, chain: Iterable[Value], candidates: Candidates) -> None:
        earliest = BEFORE_ALL
        # `earliest` is the least that a write can have taken effect at, by those before
        # it in the chain and by reads of the values replaced.
        for value in chain:
            if candidates[value]:
                kept = [w for w in candidates[value] if self._ret(w) >= earliest]
                _keep(candidates, value, kept)
                earliest = max(earliest, min(map(self._call, kept)))
            reads = self._accesses.reads.get(value)
            if reads is not None:
                earliest = max(earliest, reads.last_call)

    def _not_too_late(self, chain: Sequence[Value], candidates: Candidates) -> None:
        latest: Time = NEVER
        # The mirror image. The reads of a value come behind its write, hence before it
        # here.
        for value in reversed(chain):
            reads = self._accesses.reads.get(value)
            if reads is not None:
                latest = min(latest, reads.first_return)
            if candidates[value]:
                kept = [w for w in candidates[value] if self._call(w) <= latest]
                _keep(candidates, value, kept)
                latest = min(latest, max(map(self._ret, kept)))

    def _call(self, write: int) -> Time:
        return self._operations[write].call

    def _ret(self, write: int) -> Time:
        return self._operations[write].ret


def _choice(candidates: Candidates) -> Value | None:
    """The first value that more than one write may have made."""
    return next((v for v, writes in candidates.items() if len(writes) > 1), None)


def _keep(candidates: Candidates, value: Value, kept: list[int]) -> None:
    if not kept:
        raise Impossible
    candidates[value] = kept


def _not_twice(candidates: Candidates) -> None:
    """Take writes that are sure to have made one value from the other values."""
    # A write with one value for sure is none of the others' candidates.
    owners = {writes[0]: v for v, writes in candidates.items() if len(writes) == 1}
    for value, writes in candidates.items():
        if writes:
            kept = [write for write in writes if owners.get(write, value) == value]
            _keep(candidates, value, kept)


def chains_fit(
    accesses: Accesses, chains: Iterable[Iterable[Value]], matching: Candidates
) -> bool:
    """Whether all chains and all unread writes find a place in time."""
    # No write made two values. And of writes that are not needed, none may be a swap
    # that is known to have succeeded.
    made = [writes[0] for writes in matching.values() if writes]
    loose = set(accesses.writes).difference(made)
    if len(set(made)) < len(made) or not loose.isdisjoint(accesses.must_extend):
        return False
    zones: list[Zone] = []
    for chain in chains:
        zone = _zone(accesses, chain, matching)
        if zone is None:
            return False
        zones.append(zone)
    for write in loose:
        operation = accesses.operations[write]
        # One that never returned, and that nobody read, may never have happened.
        if operation.ret != NEVER:
            zones.append((operation.ret, operation.call))
    return in_some_order(zones)


def _zone(
    accesses: Accesses, chain: Iterable[Value], matching: Candidates
) -> Zone | None:
    """The zone of a chain, or None if it contradicts itself."""
    first_return: Time = NEVER
    last_call = BEFORE_ALL
    for value in chain:
        # The initial value has no write; it came before all time.
        ret: Time = BEFORE_ALL
        if matching[value]:
            write = accesses.operations[matching[value][0]]
            ret = write.ret
            # Before the check: neither its own reads nor it may return before its call.
            last_call = max(last_call, write.call)
        reads = accesses.reads.get(value)
        if reads is not None:
            ret = min(ret, reads.first_return)
        # Something before it in the chain was called after this one had returned.
        if last_call > ret:
            return None
        first_return = min(first_return, ret)
        if reads is not None:
            # Behind the check: the reads of one value may come in any order.
            last_call = max(last_call, reads.last_call)
    return first_return, last_call


def in_some_order(zones: Sequence[Zone]) -> bool:
    """Whether zones can be put in an order."""
    # Sorted by their starts, zones overlap somewhere only if two neighbours do. Those
    # that touch do not overlap: times are closed intervals.
    forward = sorted(zone for zone in zones if zone[0] < zone[1])
    if any(start < end for (_, end), (start, _) in pairwise(forward)):
        return False
    starts = [start for start, _ in forward]
    # Forward zones do not overlap, so that one of them at most can be around this one.
    for first_return, last_call in zones:
        if last_call <= first_return:
            # The last forward zone that starts before this backward one does.
            around = bisect_left(starts, last_call) - 1
            if around >= 0 and first_return < forward[around][1]:
                return False
    return True
