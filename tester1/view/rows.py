"""Facts as rows: what belongs together in one, and repeats folded.

A row is what a reader takes for one thing that happened at one server. A request, the
save that its handler makes and its answer are one row, if nothing else happened there
in between; the same request to several peers is one; so are applied entries in a row,
and heartbeats, however often they come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from labrpc.facts import (
    Answered,
    Delivered,
    HandedOver,
    LinkCut,
    LinkHealed,
    Lost,
    Message,
    Sent,
)
from labrt import Fact
from tester1.facts.kinds import (
    Applied,
    FaultMade,
    Proposed,
    Saved,
    StateTold,
    TaskWaits,
    Waited,
    brief,
)
from tester1.view.cells import TIMES, Cell, Topic, Words

__all__ = ["Row", "folded", "one_each"]

_AT_ONCE_S: Final = 0.002
"""Requests that go out to all peers do so within this time, in seconds."""


@dataclass(slots=True)
class Row:
    """One row: facts of one server, and the words for all of them together."""

    facts: list[Fact]
    cell: Cell
    count: int = 1
    saves: bool = False
    """Whether the handler of the row's request has saved."""
    answer: tuple[str, str] = ("", "")
    """What it has answered, at length and in short."""
    applied: list[Applied] = field(default_factory=list)

    @property
    def time(self) -> float:
        """When the first of it happened."""
        return self.facts[0].time

    @property
    def server(self) -> str | None:
        """Whose column it stands in."""
        return self.cell.server

    @property
    def topic(self) -> Topic:
        """What it is about."""
        return self.cell.topic

    def texts(self) -> tuple[str, str]:
        """The words, at length and for a narrow column."""
        if len(self.applied) > 1:
            text = _applied(self.applied)
            return text, text
        count = self._most_for_a_peer() if self.cell.peers else self.count
        times = f" {TIMES}{count}" if count > 1 else ""
        answer, short = self.answer
        done = ", ".join(filter(None, ("saves" if self.saves else "", answer)))
        return (
            f"{self.cell.full}{': ' if done else ''}{done}{times}",
            # That it has saved is in the sentence of whoever misses it.
            f"{self.cell.narrow}{': ' if short else ''}{short}{times}",
        )

    def _most_for_a_peer(self) -> int:
        """How often the same happened with one of the peers."""
        kind = type(self.facts[0])
        peers = (
            f.peer for f in self.facts if isinstance(f, Message) if type(f) is kind
        )
        return max(Counter(peers).values())


def one_each(facts: Iterable[Fact], words: Words) -> list[Row]:
    """A row for every fact."""
    return [Row([fact], words.cell(fact)) for fact in facts]


def folded(
    facts: Sequence[Fact], words: Words, proof: Collection[int] = ()
) -> list[Row]:
    """The facts as few rows, in the order in which the first of each happened.

    Those with the numbers `proof` are shown even if they look like routine.
    """
    rows: list[Row] = []
    # Of each server its latest row, which alone may be added to, and the rows of what
    # may have been repeated since: routine, and what is sent once more.
    latest: dict[str | None, Row] = {}
    repeated: dict[tuple[str | None, str, str], Row] = {}
    for fact in facts:
        if fact.number not in proof and _says_nothing_new(fact, words):
            continue
        if isinstance(fact, FaultMade) and _is_replaced_by(rows, fact):
            rows.pop()
        cell = words.cell(fact)
        before = latest.get(cell.server)
        key = (cell.server, cell.sign, cell.text)
        if key in repeated and (cell.routine or isinstance(fact, Sent)):
            _add(repeated[key], fact, cell)
        elif before is not None and _continues(before, fact, cell, words):
            before.facts.append(fact)
        elif before is not None and _repeats(before, fact, cell):
            _add(before, fact, cell)
        else:
            row = Row([fact], cell)
            if isinstance(fact, Applied):
                row.applied.append(fact)
            rows.append(row)
            if not cell.routine:
                latest[cell.server] = row
                repeated = {k: r for k, r in repeated.items() if k[0] != cell.server}
            if cell.routine or isinstance(fact, Sent):
                repeated[key] = row
    return rows


def _is_replaced_by(rows: Sequence[Row], fact: FaultMade) -> bool:
    """Whether a fault is but a step on the way to this one, at the same instant."""
    before = rows[-1].facts[0] if rows else None
    return isinstance(before, FaultMade) and before.time == fact.time


def _says_nothing_new(fact: Fact, words: Words) -> bool:
    """Whether another row says the same, or nobody wants to know."""
    if isinstance(fact, LinkCut | LinkHealed | TaskWaits | Waited):
        return True  # the fault says it for all links, the table for all threads
    if isinstance(fact, Lost):
        sent = words.calls.sent(fact)
        return sent is not None and sent.obstacle != ""
    # That a heartbeat went well, and that a follower is one.
    is_expected = isinstance(fact, Answered | Delivered | Proposed | StateTold)
    return (is_expected and words.cell(fact).routine) or (
        isinstance(fact, Saved) and not fact.new_state and not fact.snapshot
    )


def _continues(row: Row, fact: Fact, cell: Cell, words: Words) -> bool:
    """Whether a fact is what the handler of the row's request does, and add it."""
    begun = row.facts[0]
    if not isinstance(begun, HandedOver) or row.count > 1:
        return False
    if row.answer[0]:
        return False
    if isinstance(fact, Saved):
        row.saves = True
        return True
    if isinstance(fact, Answered) and fact.call == begun.call:
        said, short = cell.text, cell.short or cell.text
        request, reply = words.calls.request(fact), words.calls.reply(fact)
        if request is not None and reply is not None and request.term == reply.term:
            # The term stands in the request already.
            short = short.partition(" ")[0]
        row.answer = said, short
        return True
    return False


def _repeats(row: Row, fact: Fact, cell: Cell) -> bool:
    if isinstance(fact, Applied) and row.applied:
        return fact.index == row.applied[-1].index + 1
    same = (row.cell.text, row.cell.sign) == (cell.text, cell.sign)
    if not same or row.answer[0] or row.saves:
        return False
    # The same to several peers, or for the same one again.
    soon = fact.time - row.facts[-1].time <= _AT_ONCE_S
    return soon if isinstance(fact, Message) else True


def _add(row: Row, fact: Fact, cell: Cell) -> None:
    row.facts.append(fact)
    if isinstance(fact, Applied):
        row.applied.append(fact)
        return
    new = [peer for peer in cell.peers if peer not in row.cell.peers]
    if new:
        row.cell = replace(row.cell, peers=tuple(sorted((*row.cell.peers, *new))))
    row.count += 1


def _applied(facts: Sequence[Applied]) -> str:
    first, last = facts[0], facts[-1]
    between = "…" if len(facts) > 2 else ","
    values = f"{brief(first.content, 6)}{between}{brief(last.content, 6)}"
    return f"applies {first.index}-{last.index}: {values}"
