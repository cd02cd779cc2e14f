"""The facts of a failed run, as its report shows them: where all stand, what happened.

It fits one screen: a table of the servers, what their threads wait for, and as many of
the facts that matter as there is room for. What matters most is never left out: the
proof of a finding, and the last that happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from labrt import Fact
from tester1.view.cells import Words
from tester1.view.layout import Line, columns, cut
from tester1.view.rows import Row, folded
from tester1.view.selection import (
    finding_of,
    involved_servers,
    past_of,
    relevant,
    servers_of,
)
from tester1.view.standing import standings, table, threads

__all__ = ["MOST_LINES", "failure_report"]

MOST_LINES: Final = 20
"""How many lines of facts are shown; before that many, most have nothing to do with
it."""

_MOST_BESIDE: Final = 5


def failure_report(
    facts: Sequence[Fact], error: BaseException, width: int
) -> list[Line]:
    """The report of a run that ended in `error`, which is the last of `facts`."""
    if not facts:
        return []
    words = Words(facts)
    lines = [Line(cut(text, width)) for text in table(standings(facts, words.calls))]
    lines += [Line(cut(text, width)) for text in threads(facts)]
    finding = finding_of(facts)
    if finding is not None and finding.servers:
        involved = [name for name in servers_of(facts) if name in finding.servers]
    else:
        involved = involved_servers(facts, error)
    rows = folded(relevant(facts, words, error, involved), words)
    # Facts of others may be part of a proof: they get a column, if there are few.
    servers = sorted({row.server for row in rows if row.server}, key=_by_length)
    if len(servers) > _MOST_BESIDE:
        servers = involved
    proof = set() if finding is None else past_of(facts, finding.proof)
    return [*lines, *_shown(rows, servers, width, proof)]


def _by_length(name: str) -> tuple[int, str]:
    return len(name), name


def _shown(
    rows: Sequence[Row], servers: Sequence[str], width: int, proof: set[int]
) -> list[Line]:
    """The last rows that have room, and those of the proof whatever room they take."""
    chosen = [row for row in rows if _proves(row, proof)][-MOST_LINES:]
    for row in reversed(rows):
        if len(columns(chosen, servers, width)) > MOST_LINES:
            break
        if not _proves(row, proof):
            chosen.append(row)
            # In the order in which they happened, whatever they were chosen for.
            chosen.sort(key=lambda row: row.facts[0].number)
    return columns(chosen, servers, width)


def _proves(row: Row, proof: set[int]) -> bool:
    return any(fact.number in proof for fact in row.facts)
