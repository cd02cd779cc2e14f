"""Recorded facts on the terminal: which of them, and how wide.

`replay` and `logs` print facts in the words of the report of a failed test, in a column
for each server, with the choice of facts left to the user.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from labrt import Fact
from tester1.cli.errors import InputError
from tester1.facts.kinds import TaskWaits, Waited
from tester1.facts.names import is_server, number_of
from tester1.view.cells import Words
from tester1.view.layout import columns
from tester1.view.rows import one_each
from tester1.view.selection import servers_of

__all__ = [
    "KindOption",
    "LastOption",
    "ServerOption",
    "UntilOption",
    "View",
    "chosen_facts",
    "print_columns",
]

ServerOption = Annotated[
    list[int] | None,
    typer.Option(
        metavar="I",
        help="Show only this server; may be given several times.",
        show_default=False,
    ),
]

KindOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND",
        help="Show only facts of this kind, such as sent, answered, applied, "
        "printed, note; may be given several times.",
        show_default=False,
    ),
]

LastOption = Annotated[
    int, typer.Option(metavar="K", min=0, help="Show the last K facts; 0: all.")
]

UntilOption = Annotated[
    float,
    typer.Option(
        "--until",
        "--to",
        metavar="S",
        help="Leave out what was after this second of the run.",
        show_default=False,
    ),
]

_PIPED_COLUMN = 48
"""The width of a server's column where there is no terminal that limits it."""


@dataclass(frozen=True, slots=True)
class View:
    """Which facts to show. Nothing named means all of them, and 0 the same of `last`.

    `start` and `end` are seconds of the run.
    """

    servers: Collection[int] = ()
    kinds: Collection[str] = ()
    last: int = 0
    start: float = 0.0
    end: float = float("inf")

    def shows(self, fact: Fact) -> bool:
        """Whether a fact's time and kind are among those asked for."""
        in_time = self.start <= fact.time <= self.end
        # There are as many waits as anything else, and they are how a program works.
        by_kind = fact.kind in self.kinds if self.kinds else type(fact) is not Waited
        return in_time and by_kind


def chosen_facts(facts: Sequence[Fact], view: View) -> list[Fact]:
    """The facts that the view shows.

    Raises `InputError` if a server or a kind is asked for that does not occur, or a
    time that is none.
    """
    # (No number is neither before nor after another.)
    if not view.start <= view.end:
        raise InputError(
            f"nothing is between {view.start:g} s and {view.end:g} s: --from has to be "
            "at or before --until, both in seconds of the run"
        )
    servers = _chosen_servers(facts, view)
    _require_known("kind of fact", view.kinds, {fact.kind for fact in facts})
    # Those at other servers are not shown, and do not count among the last ones.
    chosen = [fact for fact in facts if view.shows(fact) and _is_at(fact, servers)]
    return chosen[-view.last :] if view.last else chosen


def print_columns(facts: Sequence[Fact], view: View) -> None:
    """Print the facts that the view shows, a column for each server.

    The end of the test, which stops all servers, is left out: it has nothing to do with
    how the run went, and the last facts would be all of its.
    Raises `InputError` as `chosen_facts` does.
    """
    shown = _until_the_end(facts, view)
    chosen, servers = chosen_facts(shown, view), _chosen_servers(facts, view)
    width = shutil.get_terminal_size().columns
    # None, if it was closed before Python began.
    if sys.stdout is None or not sys.stdout.isatty():
        width = max(width, _PIPED_COLUMN * (len(servers) + 1))
    for line in columns(one_each(chosen, Words(facts)), servers, width):
        print(line.text)


def _until_the_end(facts: Sequence[Fact], view: View) -> Sequence[Fact]:
    """The facts of the test's own part."""
    end = _length_of_own_part(facts)
    # How threads stood at the end is in the report of a failure, in short. There are
    # too many of them to be shown unless they are asked for.
    return [
        fact
        for position, fact in enumerate(facts)
        if (position < end and not isinstance(fact, TaskWaits))
        # What is asked for by its kind is shown wherever it is.
        or fact.kind in view.kinds
    ]


def _length_of_own_part(facts: Sequence[Fact]) -> int:
    # In simulation it is noted how threads stand when the test's own part is over.
    for position in reversed(range(len(facts))):
        if isinstance(facts[position], TaskWaits):
            return position + 1
    length = len(facts)
    while length and facts[length - 1].kind in ("ended", "note", "cut", "lost"):
        length -= 1
    return length


def _is_at(fact: Fact, servers: Sequence[str]) -> bool:
    return fact.server in servers or not is_server(fact.server)


def _chosen_servers(facts: Sequence[Fact], view: View) -> list[str]:
    names = servers_of(facts)
    # Servers are called `server-0-2`; what the user calls them is 2.
    numbers = {number_of(name): name for name in names}
    wanted = [str(number) for number in view.servers]
    _require_known("server", wanted, numbers)
    return [name for number, name in numbers.items() if not wanted or number in wanted]


def _require_known(what: str, wanted: Collection[str], known: Collection[str]) -> None:
    for value in wanted:
        if value not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise InputError(f"the trace has no {what} {value}; it has {listed}")
