"""Watches the RSM: that each Submit returns in time, and with its own result.

A Submit is known by its server and its number, from its call to its return or to the
end of the incarnation. What ends its wait is noted with a deadline; the deadlines are
looked at with every fact that is read here, in the order in which they were set. There
is always another fact, since a Raft that is alive sends heartbeats.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from labrpc.facts import CallFacts
from labrt import Fact, ProgramEnded, ProgramStarted
from tester1.facts.kinds import (
    Applied,
    Killed,
    Performed,
    Proposed,
    SnapshotAdopted,
    StateTold,
    SubmitReturned,
    Submitted,
)
from tester1.rules.court import Court
from tester1.rules.service.requests import OK, Requests
from tester1.rules.service.rules import ANSWERED_BY_ITS_OWN, WAITERS_ARE_TOLD
from tester1.rules.service.stores import Stores
from tester1.rules.words import at

__all__ = ["Submits"]


@dataclass(slots=True, eq=False)
class _Reason:
    """Why a Submit has to return: the fact that says so, in words."""

    number: int
    words: str
    due: float


@dataclass(slots=True, eq=False)
class _Submit:
    """A Submit that has not returned."""

    server: str
    call: int
    number: int
    time: float
    request: bytes
    # Where its last `Start` has put the request; 0 before, and if that was refused.
    index: int = 0
    term: int = 0
    started: int = 0
    # The replies that were made to such a request on its server since.
    replies: list[bytes] = field(default_factory=list)
    # It returns by and by in any case, or because the term is over, unless that is not
    # the end: the server may lead again.
    over: _Reason | None = None
    deposed: _Reason | None = None


@dataclass(slots=True)
class _Server:
    """What is known of one incarnation."""

    open: dict[int, _Submit] = field(default_factory=dict)
    applied: int = 0
    applied_by: int = 0
    killed: bool = False


class Submits:
    """The Submits of all servers; `limit` is how long one may go on waiting."""

    def __init__(
        self, court: Court, requests: Requests, stores: Stores, *, limit: float
    ) -> None:
        self._court = court
        self._requests = requests
        self._stores = stores
        self._limit = limit
        self._servers: defaultdict[str, _Server] = defaultdict(_Server)
        # The Submits that have to return, the earliest deadline first: all are set the
        # same time ahead.
        self._deadlines: deque[tuple[float, _Submit, _Reason]] = deque()
        # What came of each request, on any server.
        self._performed: dict[bytes, set[bytes]] = {}
        # Of which types the replies were that state machines have made.
        self._tags: set[str] = set()
        facts = court.facts
        facts.subscribe(ProgramStarted, self._on_change)
        facts.subscribe(ProgramEnded, self._on_change)
        facts.subscribe(Submitted, self._on_submit)
        facts.subscribe(Proposed, self._on_start)
        facts.subscribe(StateTold, self._on_state)
        facts.subscribe(Applied, self._on_applied)
        facts.subscribe(SnapshotAdopted, self._on_adopted)
        facts.subscribe(Killed, self._on_kill)
        facts.subscribe(Performed, self._on_performed)
        facts.subscribe(SubmitReturned, self._on_return)
        facts.follow(self._look)

    def _on_change(self, fact: ProgramStarted | ProgramEnded) -> None:
        # Whoever waited is gone, and so is what it waited for.
        self._servers.pop(fact.server, None)

    # What a Submit does

    def _on_submit(self, fact: Submitted) -> None:
        self._look(fact)
        self._servers[fact.server].open[fact.call] = _Submit(
            fact.server, fact.call, fact.number, fact.time, fact.data
        )

    def _on_start(self, fact: Proposed) -> None:
        server = self._servers[fact.server]
        submit = server.open.get(fact.call)
        if fact.is_leader:
            self._leads_again(server)
        if submit is None:
            return
        # Whatever ended the wait at an earlier place, it waits for another now.
        submit.over = submit.deposed = None
        submit.index = fact.index if fact.is_leader else 0
        submit.term, submit.started = fact.term, fact.number
        # The command may have come out of the channel before `Start` has returned.
        if submit.index and submit.index <= server.applied:
            self._passed_by(submit, server.applied, server.applied_by, fact)

    def _on_performed(self, fact: Performed) -> None:
        made = self._performed.setdefault(fact.data, set())
        if fact.reply not in made:
            made.add(fact.reply)
            self._tags.add(self._requests.tag(fact.reply))
        for submit in self._servers[fact.server].open.values():
            if submit.request == fact.data:
                submit.replies.append(fact.reply)

    def _on_return(self, fact: SubmitReturned) -> None:
        self._look(fact)
        submit = self._servers[fact.server].open.pop(fact.call, None)
        # Nothing is known of what is performed as long as nothing is seen of it.
        if submit is None or fact.err != OK or not self._performed:
            return
        replies = submit.replies
        if fact.data in replies:  # as nearly always
            return
        put = self._requests.put(submit.request)
        if put is None and not self._requests.is_anonymous(submit.request):
            return
        if not replies and put is not None:
            # One that it has performed before, in a few words, may be remembered.
            if self._stores.performed_in_brief(submit.server, put):
                return
            replies = sorted(self._performed.get(submit.request, ()))
        if not replies:
            self._find_unperformed(submit, fact)
        elif fact.data not in replies:
            self._find_others(submit, fact, replies)

    def _find_unperformed(self, submit: _Submit, fact: SubmitReturned) -> None:
        self._court.find(
            ANSWERED_BY_ITS_OWN,
            f"Submit({self._requests.words(submit.request)}) on {submit.server}, "
            f"called {at(submit.time)}, returns OK with "
            f"{self._requests.words(fact.data)} {at(fact.time)}, and its request has "
            f"not been performed there{self._place(submit)}",
            servers=[submit.server],
            proof=_known(submit.number, submit.started, fact.number),
        )

    def _find_others(
        self, submit: _Submit, fact: SubmitReturned, replies: list[bytes]
    ) -> None:
        # A reply of another type may be the RSM's own way to pass on what it got; but
        # not one of a type that the state machine makes, of other requests.
        if self._requests.tag(fact.data) not in self._tags:
            return
        self._court.find(
            ANSWERED_BY_ITS_OWN,
            f"Submit({self._requests.words(submit.request)}) on {submit.server}, "
            f"called {at(submit.time)}, returns OK with "
            f"{self._requests.words(fact.data)} {at(fact.time)}: what came of its "
            f"request was {self._requests.words(replies[-1])}{self._place(submit)}",
            servers=[submit.server],
            proof=_known(submit.number, submit.started, fact.number),
        )

    def _place(self, submit: _Submit) -> str:
        if not submit.index:
            return ""
        return f" (it was started at index {submit.index} in term {submit.term})"

    # What ends its wait

    def _on_applied(self, fact: Applied) -> None:
        self._pass(fact, fact.index)

    def _on_adopted(self, fact: SnapshotAdopted) -> None:
        self._pass(fact, fact.index)

    def _pass(self, fact: Applied | SnapshotAdopted, index: int) -> None:
        deadlines = self._deadlines
        if deadlines and deadlines[0][0] <= fact.time:
            self._look(fact)
        server = self._servers[fact.server]
        if index <= server.applied:
            return
        server.applied, server.applied_by = index, fact.number
        for submit in server.open.values():
            if submit.over is None and 0 < submit.index <= index:
                self._passed_by(submit, index, fact.number, fact)

    def _passed_by(self, submit: _Submit, index: int, number: int, fact: Fact) -> None:
        words = f"the service took index {index} from the apply channel"
        submit.over = self._reason(submit, number, words, fact.time)

    def _on_state(self, fact: StateTold) -> None:
        self._look(fact)
        server = self._servers[fact.server]
        if fact.is_leader:
            self._leads_again(server)
            return
        for submit in server.open.values():
            if submit.deposed is None and submit.index and submit.term < fact.term:
                words = f"the server said that it does not lead, in term {fact.term}"
                submit.deposed = self._reason(submit, fact.number, words, fact.time)

    def _leads_again(self, server: _Server) -> None:
        for submit in server.open.values():
            submit.deposed = None

    def _on_kill(self, fact: Killed) -> None:
        for submit in self._servers[fact.server].open.values():
            if submit.over is None:
                words = "`Kill` was called"
                submit.over = self._reason(submit, fact.number, words, fact.time)

    def _reason(self, submit: _Submit, number: int, words: str, time: float) -> _Reason:
        reason = _Reason(number, f"{words} {at(time)}", time + self._limit)
        self._deadlines.append((reason.due, submit, reason))
        return reason

    def _look(self, fact: Fact | CallFacts) -> None:
        """Find whoever waits still when its time is over."""
        while self._deadlines and self._deadlines[0][0] <= fact.time:
            _, submit, reason = self._deadlines.popleft()
            if reason in (submit.over, submit.deposed) and self._waits(submit):
                self._find_waiting(submit, reason, fact)

    def _waits(self, submit: _Submit) -> bool:
        server = self._servers.get(submit.server)
        return server is not None and server.open.get(submit.call) is submit

    def _find_waiting(
        self, submit: _Submit, reason: _Reason, fact: Fact | CallFacts
    ) -> None:
        self._court.find(
            WAITERS_ARE_TOLD,
            f"Submit({self._requests.words(submit.request)}) on {submit.server}, "
            f"called {at(submit.time)}{self._place(submit)}, has not returned "
            f"{at(fact.time)}, although {reason.words}",
            servers=[submit.server],
            proof=_known(submit.number, submit.started, reason.number),
        )


def _known(*numbers: int) -> Iterator[int]:
    return (number for number in numbers if number)
