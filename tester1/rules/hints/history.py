"""A recorded run as hints look at it: its facts, its calls, and who reached whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from labrpc.facts import LinkCut, LinkHealed
from labrt import Fact, ProgramEnded, ProgramStarted
from tester1.facts.names import is_server
from tester1.rules.messages import Calls

__all__ = ["Hint", "History", "Network"]

_RECENT_S = 2.0


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that explains slowness: how likely, in words, until when it went on.

    `likely` compares kinds of hints: 1 is what many correct solutions do a little of, 5
    what explains a failure by itself. `proof` is the numbers of facts that show it.
    """

    likely: int
    text: str
    until: float
    proof: tuple[int, ...] = ()

    def weight(self, end: float) -> float:
        """How likely it is the reason for a failure at `end`."""
        return self.likely + (2.0 if end - self.until <= _RECENT_S else 0.0)


class Network:
    """Who runs, and who reaches whom, as a run goes on."""

    def __init__(self, servers: Sequence[str]) -> None:
        self.servers = servers
        self._links: dict[tuple[str, str], bool] = {}
        self._alive: dict[str, bool] = {}

    def take(self, fact: Fact) -> bool:
        """Take note of a fact; whether it changes who reaches whom."""
        if isinstance(fact, LinkCut | LinkHealed):
            self._links[fact.server, fact.peer] = isinstance(fact, LinkHealed)
        elif isinstance(fact, ProgramStarted | ProgramEnded):
            self._alive[fact.server] = isinstance(fact, ProgramStarted)
        else:
            return False
        return True

    def runs(self, server: str) -> bool:
        """Whether a server runs."""
        return self._alive.get(server, False)

    def reached_by(self, server: str) -> int:
        """How many servers can talk with this one, itself included; 0 if it is down."""
        if not self.runs(server):
            return 0
        return 1 + sum(
            self.runs(other)
            and self._links.get((server, other), False)
            and self._links.get((other, server), False)
            for other in self.servers
            if other != server
        )

    def in_majority(self, server: str) -> bool:
        """Whether a server can talk with enough others to be elected."""
        return self.reached_by(server) > len(self.servers) // 2


@dataclass(frozen=True, slots=True)
class History:
    """The facts of a run, and what is looked up in them all the time."""

    facts: Sequence[Fact]
    calls: Calls
    servers: Sequence[str] = field(default=())

    @classmethod
    def of(cls, facts: Sequence[Fact]) -> History:
        """Make it of the facts of one run."""
        names = {fact.server for fact in facts if is_server(fact.server)}
        return cls(facts, Calls(facts), sorted(names, key=lambda n: (len(n), n)))

    @property
    def end(self) -> float:
        """When the run ended."""
        return self.facts[-1].time

    def walk(self) -> Iterator[tuple[Fact, Network]]:
        """Each fact, with who reaches whom after it."""
        network = Network(self.servers)
        for fact in self.facts:
            network.take(fact)
            yield fact, network
