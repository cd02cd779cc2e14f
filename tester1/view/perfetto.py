"""Facts for Perfetto (ui.perfetto.dev) and `chrome://tracing`, in the latter's JSON.

Every program is a process, and what happens at it stands in a row for each topic. A
call is a bar from its sending to its end, and so is its handler; an arrow leads from
each fact to what it causes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from labrpc.facts import Answered, Delivered, HandedOver, Lost, Message, Sent
from labrt import Fact
from tester1.view.cells import Topic, Words

__all__ = ["perfetto"]

_TEST: Final = "test"
_INSTANT_US: Final = 1
"""How long a fact is shown to take: arrows lead from bars to bars, not from points."""

_Event = dict[str, object]


def perfetto(facts: Sequence[Fact], shown: Sequence[Fact]) -> bytes:
    """The file of those facts of a run that are to be shown."""
    words = Words(facts)
    names = list(dict.fromkeys(map(_program, shown)))
    processes = {name: number for number, name in enumerate(sorted(names), start=1)}
    events = [
        *_names(processes),
        *(event for fact in shown for event in _instant(fact, words, processes)),
        *_bars(shown, words, processes),
        *_arrows(shown, words, processes),
    ]
    return msgspec.json.encode({"traceEvents": events, "displayTimeUnit": "ms"})


def _program(fact: Fact) -> str:
    """The process that a fact is shown at."""
    return fact.server or _TEST


def _micros(fact: Fact) -> float:
    return round(fact.time * 1e6, 3)


def _names(processes: dict[str, int]) -> Iterator[_Event]:
    for name, number in processes.items():
        yield {
            "ph": "M",
            "name": "process_name",
            "pid": number,
            "tid": 0,
            "args": {"name": name},
        }
        for row, topic in enumerate(Topic, start=1):
            yield {
                "ph": "M",
                "name": "thread_name",
                "pid": number,
                "tid": row,
                "args": {"name": str(topic)},
            }


def _row(words: Words, fact: Fact) -> int:
    return list(Topic).index(words.cell(fact).topic) + 1


def _instant(fact: Fact, words: Words, processes: dict[str, int]) -> Iterator[_Event]:
    yield {
        "ph": "X",
        "name": words.cell(fact).full,
        "cat": fact.kind,
        "pid": processes[_program(fact)],
        "tid": _row(words, fact),
        "ts": _micros(fact),
        "dur": _INSTANT_US,
        "args": {"number": fact.number, "incarnation": fact.incarnation},
    }


def _bars(
    shown: Sequence[Fact], words: Words, processes: dict[str, int]
) -> Iterator[_Event]:
    """Calls and handlers, from the fact that begins each to the one that ends it."""
    begun: dict[tuple[str, int], tuple[Fact, str]] = {}
    for fact in shown:
        if not isinstance(fact, Message):
            continue
        if isinstance(fact, Sent | HandedOver):
            kind = "call" if isinstance(fact, Sent) else "handler"
            begun[kind, fact.call] = fact, words.cell(fact).full
        elif isinstance(fact, Answered | Delivered | Lost):
            kind = "handler" if isinstance(fact, Answered) else "call"
            start = begun.pop((kind, fact.call), None)
            if start is not None:
                yield from _bar(*start, fact, kind, processes)


def _bar(
    start: Fact, text: str, end: Message, kind: str, processes: dict[str, int]
) -> Iterator[_Event]:
    # Those of one program overlap, which only asynchronous bars may.
    common = {"cat": kind, "id": f"{kind} {end.call}", "name": text}
    place = {"pid": processes[_program(start)], "tid": 0}
    yield {"ph": "b", **common, **place, "ts": _micros(start)}
    yield {"ph": "e", **common, **place, "ts": _micros(end)}


def _arrows(
    shown: Sequence[Fact], words: Words, processes: dict[str, int]
) -> Iterator[_Event]:
    by_number = {fact.number: fact for fact in shown}
    for fact in shown:
        cause = by_number.get(fact.cause)
        if cause is None:
            continue
        for phase, end in (("s", cause), ("f", fact)):
            yield {
                "ph": phase,
                "bp": "e",
                "name": "causes",
                "cat": "cause",
                "id": fact.number,
                "ts": _micros(end),
                "pid": processes[_program(end)],
                "tid": _row(words, end),
            }
