"""Facts for ShiViz (bestchai.bitbucket.io/shiviz): who knew of what, by vector clocks.

An event is two lines: its host with its clock, and what happened. A clock counts the
events of each host that the event follows from: those before it at its own host, and
those that its cause follows from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from labrt import Fact
from tester1.view.cells import Words

__all__ = ["PARSER", "shiviz"]

PARSER: Final = r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)"
"""The expression by which ShiViz is to read the file; it is its own default, too."""

_TEST: Final = "test"


def shiviz(facts: Sequence[Fact], shown: Sequence[Fact]) -> str:
    """The file of those facts of a run that are to be shown, the parser first."""
    words = Words(facts)
    chosen = {fact.number for fact in shown}
    lines = [f"# parser: {PARSER}"]
    for fact, clock in _clocks(facts, chosen):
        counts = msgspec.json.encode(dict(sorted(clock.items()))).decode()
        lines += [f"{_host(fact)} {counts}", f"{fact.time:.6f} {words.cell(fact).full}"]
    return "\n".join([*lines, ""])


def _host(fact: Fact) -> str:
    return fact.server or _TEST


def _clocks(
    facts: Sequence[Fact], chosen: set[int]
) -> Iterator[tuple[Fact, dict[str, int]]]:
    """The chosen facts with their clocks; what is left out orders them all the same."""
    of_host: dict[str, dict[str, int]] = {}
    of_fact: dict[int, dict[str, int]] = {}
    for fact in facts:
        host = _host(fact)
        clock = dict(of_host.get(host, {}))
        for name, count in of_fact.get(fact.cause, {}).items():
            clock[name] = max(clock.get(name, 0), count)
        if fact.number in chosen:
            clock[host] = clock.get(host, 0) + 1
            yield fact, clock
        of_host[host] = of_fact[fact.number] = clock
