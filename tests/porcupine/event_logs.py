"""Random logs of events, and what they mean by a judge that knows nothing of ours.

A `Call` is what one process asked for, and what its log says came of it. `possible`
tries all orders of all calls that may have happened, on a plain dictionary: neither the
models nor the readers nor the engines have a part in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

Value = int | str | None
Store = Mapping[str, Value]


@dataclass(slots=True)
class Call:
    """An operation of a process: places of its events in the log, and what they say."""

    process: int
    name: str
    key: str
    asked: Value | tuple[int, int]
    begins: int
    type: str = "pending"
    """`ok`, `fail`, `info`; `pending` if the log ends before it does."""
    answer: Value = None
    """What a read returned."""
    ends: int = 0


def random_calls(random: Random, count: int, *, appends: bool, keys: str) -> list[Call]:
    """The calls of three processes; most answers are those of a store."""
    calls: list[Call] = []
    pending: dict[int, Call] = {}
    store: dict[str, Value] = dict.fromkeys(keys, "" if appends else None)
    place = 0
    while len(calls) < count or (pending and random.randrange(8)):
        process = random.randrange(3)
        if process in pending:
            call = pending.pop(process)
            call.type = random.choice(("ok", "ok", "ok", "fail", "info"))
            call.ends = place
            wrong = random.randrange(6) == 0
            call.answer = _random_value(random, appends) if wrong else store[call.key]
        elif len(calls) < count:
            call = _random_call(random, process, place, appends, random.choice(keys))
            calls.append(call)
            pending[process] = call
            # It happens at once, or never: the judge decides whether that fits.
            after = _after(store, call, call.answer)
            if after is not None and random.randrange(4):
                store.update(after)
        else:
            continue
        place += 1
    return calls


def _random_value(random: Random, appends: bool) -> Value:
    if appends:
        return random.choice(("", "a", "b", "ab", "ba", "aa"))
    return random.choice((None, 0, 1, 2))


def _random_call(
    random: Random, process: int, place: int, appends: bool, key: str
) -> Call:
    if appends:
        name = random.choice(("get", "append", "put", "get"))
        asked: Value | tuple[int, int] = random.choice(("a", "b", "ab"))
    else:
        name = random.choice(("read", "write", "cas", "cas", "read"))
        asked = random.randrange(3)
        if name == "cas":
            asked = asked, random.randrange(3)
    if name in ("read", "get"):
        asked = None
    return Call(process, name, key, asked, place)


def _after(
    store: Store, call: Call, answer: Value, *, any_answer: bool = True
) -> Store | None:
    """The store after a call, or None if the call does not fit."""
    held = store[call.key]
    if call.name in ("read", "get"):
        return store if any_answer or held == answer else None
    if isinstance(call.asked, tuple):
        expected, new = call.asked
        return {**store, call.key: new} if held == expected else None
    if call.name == "append":
        return {**store, call.key: f"{held}{call.asked}"}
    return {**store, call.key: call.asked}


def possible(calls: Sequence[Call], store: Store, *, answered: bool) -> bool:
    """Whether a store, one call at a time, can have led to a log.

    `answered` says that a swap that failed is known to have found another value.
    """
    counted = [call for call in calls if _counts(call, answered)]
    return any(_orders(counted, store))


def _counts(call: Call, answered: bool) -> bool:
    return call.type != "fail" or (answered and call.name == "cas")


def _orders(left: Sequence[Call], store: Store) -> Iterator[bool]:
    """True for each order of the calls left that fits."""
    must = [call for call in left if call.type in ("ok", "fail")]
    if not must:
        yield True
    deadline = min((call.ends for call in must), default=-1)
    for call in left:
        if call.begins < deadline:
            rest = [other for other in left if other is not call]
            after = _performed(store, call)
            if after is not None:
                yield from _orders(rest, after)


def _performed(store: Store, call: Call) -> Store | None:
    known = call.type == "ok"
    after = _after(store, call, call.answer, any_answer=not known)
    if call.type == "fail":
        return store if after is None else None
    return after
