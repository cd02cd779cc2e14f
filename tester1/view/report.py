"""The facts of a failed run, as its report shows them: where all stand, what happened.

It fits one screen: a table of the servers, what their threads wait for, and as many of
the facts that matter as there is room for. What matters most is never left out: the
proof of a finding, and the last that happened.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from labrpc.facts import HandedOver
from labrt import Fact
from tester1.facts.names import is_server
from tester1.view.cells import Words
from tester1.view.layout import Line, columns, cut, most_beside
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


def failure_report(
    facts: Sequence[Fact],
    error: BaseException,
    width: int,
    clue: tuple[int, ...] = (),
) -> list[Line]:
    """The report of a run that ended in `error`, which is the last of `facts`.

    `clue` is the numbers of facts that may explain it, if no rule was broken.
    """
    if not facts:
        return []
    words = Words(facts)
    servers = standings(facts, words.calls)
    lines = [Line(text) for text in (*table(servers), *threads(facts, len(servers)))]
    lines = [Line(cut(line.text, width)) for line in lines]
    finding = finding_of(facts)
    found = clue if finding is None else finding.proof
    proof = past_of(facts, found)
    shown = _columns_for(facts, error, width, proof)
    rows = folded(relevant(facts, words, error, shown, found), words, set(found))
    return [*lines, *_shown(rows, shown, width, proof)]


def _columns_for(
    facts: Sequence[Fact], error: BaseException, width: int, proof: Collection[int]
) -> list[str]:
    """The servers to show: those of the failure, and whom they last dealt with."""
    finding = finding_of(facts)
    happened = [fact.server for fact in facts if fact.number in proof]
    dealt_with = [name for name in reversed(happened) if is_server(name)]
    if finding is None:
        servers = involved_servers(facts, error)
        dealt_with += _peers_of(facts, servers)
    else:
        servers = [name for name in servers_of(facts) if name in finding.servers]
    # As many as have room beside one another; of the others, what they say is shown
    # where it arrives.
    more = [name for name in dict.fromkeys(dealt_with) if name not in servers]
    return sorted([*servers, *more[: max(0, most_beside(width) - len(servers))]])


def _peers_of(facts: Sequence[Fact], servers: Sequence[str]) -> list[str]:
    """Whose requests the servers have handled, the latest first."""
    return [
        fact.peer
        for fact in reversed(facts)
        if isinstance(fact, HandedOver) and fact.server in servers
        if is_server(fact.peer)
    ]


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
