"""What the page is told of a run: its facts in parts, states, waits and findings.

Everything follows from the facts, so that it can be tested without a browser. Rules
that keep it honest:

- every fact is there, and every call with what became of it; texts that are shortened
  say by how much;
- what a server knows is worked out by `tester1.view.states`, as for reports;
- equal facts give equal data.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

import msgspec

from labrpc.facts import (
    Answered,
    Delivered,
    HandedOver,
    Lost,
    Message,
    Sent,
)
from labrt import Fact
from labrt.texts import harmless, harmless_lines
from tester1.facts.kinds import (
    AnyFact,
    Proposed,
    RuleBroken,
    SnapshotAdopted,
    StateTold,
    TaskWaits,
    Waited,
)
from tester1.facts.names import is_server, is_testers_thread
from tester1.lab import RunFailure
from tester1.rules.messages import (
    AppendReply,
    AppendRequest,
    RaftMessage,
    SnapshotRequest,
    VoteReply,
    VoteRequest,
)
from tester1.timeline.clock import PageClock
from tester1.timeline.pool import Pool, encodable
from tester1.timeline.run_causes import NO_CAUSE, Cause, Causes, place_of
from tester1.timeline.run_schema import (
    NONE,
    PART_SIZE,
    CallColumns,
    CallKind,
    FactColumns,
    FactsPart,
    PartIndex,
    Pin,
    RunIndex,
    StatesData,
    WaitsData,
)
from tester1.timeline.run_states import StatesWriter
from tester1.timeline.run_texts import details
from tester1.view.cells import TIMES, Topic, Words
from tester1.view.states import index_offset

__all__ = ["RunData", "run_data"]

LOAD_COLUMNS: Final = 600
"""Into how many stretches the whole time is cut, to count the facts in each."""

_ALL_KINDS: Final = tuple(str(kind.__struct_config__.tag) for kind in get_args(AnyFact))


@dataclass(frozen=True, slots=True)
class RunData:
    """All that a page has of a run."""

    index: RunIndex
    states: StatesData
    parts: list[FactsPart]
    waits: WaitsData

    @property
    def first_part(self) -> int:
        """The part to read first: the one that the most important pin is in."""
        if not self.index.pins:
            return 0
        firsts = [part.first for part in self.index.parts]
        at = self.index.pins[self.index.focus].at
        return max(0, bisect_right(firsts, at) - 1)


def run_data(
    facts: Sequence[Fact],
    clock: PageClock,
    *,
    failure: RunFailure | None = None,
    clerks: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
) -> RunData:
    """What the page shows of a run with these facts, which are in their order.

    `clerks` says in which client's lane the calls of a clerk begin.
    """
    return _Builder(facts, clock).build(failure, clerks or {}, notes)


@dataclass(slots=True)
class _Call:
    """The stations of a call so far, by position."""

    sent: Sent
    at: int
    handed: int = NONE
    answered: int = NONE
    ended: int = NONE
    why: str = ""


class _Builder:
    """Works out the page's data of one run."""

    def __init__(self, facts: Sequence[Fact], clock: PageClock) -> None:
        self._clock = clock
        # How threads wait is no event: it has a text of its own.
        waits = (TaskWaits, Waited)
        self._waits: list[TaskWaits | Waited] = [
            fact
            for fact in facts
            if isinstance(fact, waits) and not is_testers_thread(fact.thread)
        ]
        self._facts = [fact for fact in facts if not isinstance(fact, waits)]
        self._times = [clock.nanoseconds(fact.time) for fact in self._facts]
        self._positions = {fact.number: at for at, fact in enumerate(self._facts)}
        self._words = Words(self._facts)
        self._calls = self._words.calls
        names = _programs(facts)
        self._servers = sum(map(is_server, names))
        self._programs = {name: number for number, name in enumerate(names)}
        self._kinds: dict[str, int] = {}
        self._methods: dict[str, int] = {}
        self._causes: list[Cause] = []
        self._topics = {topic.value: i for i, topic in enumerate(Topic)}

    def build(
        self,
        failure: RunFailure | None,
        clerks: Mapping[str, int],
        notes: Sequence[str],
    ) -> RunData:
        """All of it."""
        offset = index_offset(self._facts, self._calls)
        if offset is None:
            unfit = (
                "The indices in messages do not fit those of Start: entries may be "
                "shown at another index."
            )
            notes = (*notes, unfit)
        stories = self._stories()
        end = max(self._times, default=0)
        writer = StatesWriter(self._calls, offset or 0, self._programs)
        causes = Causes(self._facts, self._calls)
        for at, fact in enumerate(self._facts):
            server = writer.take(at, self._times[at], fact)
            self._causes.append(causes.take(at, fact, server))
        states = writer.finish(end)
        firsts = range(0, len(self._facts), PART_SIZE)
        parts = [self._part(first, stories) for first in firsts]
        pins = self._pins(failure)
        index = RunIndex(
            programs=list(map(encodable, self._programs)),
            servers=self._servers,
            lanes=[clerks.get(name, NONE) for name in self._programs],
            kinds=[*self._kinds, *(k for k in _ALL_KINDS if k not in self._kinds)],
            topics=list(self._topics),
            methods=list(map(encodable, self._methods)),
            count=len(self._facts),
            parts=[self._part_index(first) for first in firsts],
            pins=pins,
            focus=next((i for i, pin in enumerate(pins) if pin.proof), 0),
            sides=writer.sides,
            load=_load(self._times, end),
            start=min(self._times, default=0),
            end=end,
            notes=list(notes),
        )
        return RunData(index, states, parts, self._waits_data())

    def _program(self, name: str) -> int:
        return self._programs[name] if name else NONE

    # Calls

    def _stories(self) -> dict[int, _Call]:
        """What became of each call, by the number of its sending."""
        stories: dict[int, _Call] = {}
        for at, fact in enumerate(self._facts):
            if isinstance(fact, Sent):
                stories[fact.call] = _Call(fact, at)
            elif isinstance(fact, Message) and fact.call in stories:
                call = stories[fact.call]
                if isinstance(fact, HandedOver):
                    call.handed = at
                elif isinstance(fact, Answered):
                    call.answered = at
                elif isinstance(fact, Delivered):
                    call.ended = at
                elif isinstance(fact, Lost):
                    call.ended, call.why = at, fact.why
        return stories

    def _add_call(self, call: _Call, columns: CallColumns, pool: Pool) -> None:
        sent, request = call.sent, self._calls.request(call.sent)
        columns.sent.append(call.at)
        columns.source.append(self._program(sent.server))
        columns.target.append(self._program(sent.peer))
        columns.method.append(self._methods.setdefault(sent.method, len(self._methods)))
        columns.kind.append(_call_kind(request))
        columns.term.append(NONE if request is None else request.term)
        columns.handed.append(call.handed)
        columns.answered.append(call.answered)
        columns.ended.append(call.ended)
        columns.handed_after.append(self._between(call.at, call.handed))
        columns.answered_after.append(self._between(call.at, call.answered))
        columns.ended_after.append(self._between(call.at, call.ended))
        columns.granted.append(_granted(self._calls.reply(sent)))
        columns.lost.append(pool.add(harmless(call.why)) if call.why else NONE)

    def _between(self, sent: int, station: int) -> int:
        return NONE if station == NONE else self._times[station] - self._times[sent]

    # Facts

    def _part(self, first: int, stories: Mapping[int, _Call]) -> FactsPart:
        pool = Pool()
        columns = FactColumns(*([] for _ in FactColumns.__struct_fields__))
        calls = CallColumns(*([] for _ in CallColumns.__struct_fields__))
        number = time = 0
        for at in range(first, min(first + PART_SIZE, len(self._facts))):
            fact, now = self._facts[at], self._times[at]
            columns.number.append(fact.number - number)
            columns.time.append(now - time)
            number, time = fact.number, now
            self._add_fact(at, columns, pool)
            if isinstance(fact, Sent):
                self._add_call(stories[fact.call], calls, pool)
        return FactsPart(pool.strings(), columns, calls)

    def _add_fact(self, at: int, columns: FactColumns, pool: Pool) -> None:
        fact = self._facts[at]
        cell, cause = self._words.cell(fact), self._causes[at]
        columns.kind.append(self._kinds.setdefault(fact.kind, len(self._kinds)))
        columns.topic.append(self._topics[cell.topic])
        columns.program.append(self._program(place_of(fact)))
        columns.incarnation.append(fact.incarnation)
        before = 0 if cause == NO_CAUSE else at - cause.at
        columns.cause.append(-before if cause.is_likely else before)
        columns.term.append(self._term(fact))
        columns.routine.append(int(cell.routine))
        columns.text.append(pool.add(cell.full))
        text = details(fact)
        columns.details.append(pool.add(text) if text else NONE)

    def _part_index(self, first: int) -> PartIndex:
        last = min(first + PART_SIZE, len(self._facts)) - 1
        start, end = self._times[first], self._times[last]
        return PartIndex(first, last - first + 1, start, end)

    def _term(self, fact: Fact) -> int:
        if isinstance(fact, Message):
            content = self._calls.message(fact)
            return NONE if content is None else content.term
        if isinstance(fact, StateTold | Proposed | SnapshotAdopted):
            return fact.term
        return NONE

    # Findings

    def _pins(self, failure: RunFailure | None) -> list[Pin]:
        last = len(self._facts) - 1
        if last < 0:
            return []
        pins = []
        for at, fact in enumerate(self._facts):
            if isinstance(fact, RuleBroken):
                title = f"{fact.rule} ({fact.section})"
                sentence = fact.sentence.removeprefix(f"{title}: ")
                pin = self._pin("rule", title, sentence, at, fact.proof)
                pins.append(self._with_servers(pin, fact.servers))
        if failure is not None and not pins:
            pin = self._pin("failure", "the test failed", failure.text, last)
            pins.append(self._with_servers(pin, failure.servers))
        for text, proof in () if failure is None else failure.hints:
            pins.append(self._pin("hint", "hint", text, last, proof))
        return pins

    def _pin(
        self, kind: str, title: str, text: str, at: int, proof: Sequence[int] = ()
    ) -> Pin:
        shown = sorted(self._positions[n] for n in proof if n in self._positions)
        # What broke it is the last of what shows it; the rule only says so afterwards.
        at = shown[-1] if shown else at
        return Pin(
            kind=kind,
            title=encodable(harmless(title)),
            text=encodable(harmless_lines(text)),
            time=self._times[at],
            at=at,
            promise=shown[0] if len(shown) > 1 else NONE,
            servers=[],
            proof=shown,
        )

    def _with_servers(self, pin: Pin, servers: Sequence[str]) -> Pin:
        numbers = [self._programs[name] for name in servers if name in self._programs]
        return msgspec.structs.replace(pin, servers=numbers)

    # Waits

    def _waits_data(self) -> WaitsData:
        pool = Pool()
        columns = WaitsData(*([] for _ in WaitsData.__struct_fields__))
        for fact in self._waits:
            columns.program.append(self._program(fact.server))
            columns.thread.append(pool.add(harmless(fact.thread)))
            reason, until = harmless(fact.reason), NONE
            if isinstance(fact, Waited):
                until = self._clock.nanoseconds(fact.time)
                reason += f" {TIMES}{fact.times}" if fact.times > 1 else ""
            columns.reason.append(pool.add(reason))
            columns.line.append(pool.add(harmless(fact.line)) if fact.line else NONE)
            columns.since.append(self._clock.nanoseconds(fact.since))
            columns.until.append(until)
        return msgspec.structs.replace(columns, strings=pool.strings())


def _programs(facts: Iterable[Fact]) -> list[str]:
    """The names of all programs, servers first and by number."""
    names: dict[str, None] = {}
    for fact in facts:
        for name in (place_of(fact), getattr(fact, "peer", "")):
            if name:
                names[name] = None
    return sorted(names, key=lambda name: (not is_server(name), len(name), name))


def _call_kind(request: RaftMessage | None) -> CallKind:
    match request:
        case VoteRequest(trial=trial):
            return CallKind.PRE_VOTE if trial else CallKind.VOTE
        case AppendRequest(entries=entries):
            return CallKind.APPEND if entries else CallKind.HEARTBEAT
        case SnapshotRequest():
            return CallKind.SNAPSHOT
    return CallKind.OTHER


def _granted(reply: RaftMessage | None) -> int:
    match reply:
        case VoteReply(granted=yes) | AppendReply(success=yes):
            return int(yes)
    return NONE


def _load(times: Sequence[int], end: int) -> list[int]:
    start = min(times, default=0)
    length = max(1, end - start)
    load = [0] * LOAD_COLUMNS
    for time in times:
        load[min(LOAD_COLUMNS - 1, (time - start) * LOAD_COLUMNS // length)] += 1
    return load
