"""The data of a run's page: nothing is left out, and states can be read back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import pytest

from labrpc.facts import Answered, Delivered, HandedOver, Lost, Message, Sent
from labrt import Fact
from tester1.facts.kinds import RuleBroken, StateTold, TaskWaits, Waited, brief
from tester1.facts.names import is_testers_thread, number_of
from tester1.lab import RunFailure
from tester1.rules.messages import Calls
from tester1.timeline.clock import PageClock
from tester1.timeline.run_data import RunData, run_data
from tester1.timeline.run_schema import NONE, PART_SIZE, Op, StatesData
from tester1.view.cells import TIMES
from tester1.view.states import ServerState, States, index_offset
from tests.raft import test_3b, test_3d, test_ours
from tests.tester1.stories import Story, name
from tests.timeline.recorded import record

CLOCK = PageClock.of([0.0])
SEED = 4
TESTS = (
    test_3b.test_fail_agree_3B,
    test_3d.test_snapshot_install_un_crash_3D,
    test_ours.test_figure_8_by_steps_3C,
)


@pytest.fixture(scope="module")
def runs() -> list[list[Fact]]:
    """Runs of the reference, one of them with more facts than a part has."""
    recorded = record(TESTS, SEED)
    assert max(map(len, recorded)) > PART_SIZE
    return recorded


def events(facts: Sequence[Fact]) -> list[Fact]:
    """The facts that have a position."""
    return [fact for fact in facts if not isinstance(fact, TaskWaits | Waited)]


def test_every_fact_is_there_with_its_cause(runs: list[list[Fact]]) -> None:
    """Numbers, times, kinds, programs and causes are those of the facts, in order."""
    for facts in runs:
        data = run_data(facts, CLOCK)
        expected = events(facts)
        numbers: list[int] = []
        times: list[int] = []
        for part, place in zip(data.parts, data.index.parts, strict=True):
            assert (len(numbers), len(part.facts.kind)) == (place.first, place.count)
            numbers += accumulate(part.facts.number)
            times += accumulate(part.facts.time)
        assert numbers == [fact.number for fact in expected]
        assert times == [round(fact.time * 1e9) for fact in expected]
        at = 0
        for columns in (part.facts for part in data.parts):
            for kind, program, cause in zip(
                columns.kind, columns.program, columns.cause, strict=True
            ):
                fact = expected[at]
                assert data.index.kinds[kind] == fact.kind
                assert program_of(data, program) == fact.server
                if fact.cause:
                    assert numbers[at - cause] == fact.cause
                assert 0 <= abs(cause) <= at
                at += 1


def program_of(data: RunData, number: int) -> str:
    """The name of a program, "" for none."""
    return "" if number == NONE else data.index.programs[number]


def test_every_call_is_there_with_its_end(runs: list[list[Fact]]) -> None:
    """Each request that was sent is one call, with the stations that facts tell."""
    for facts in runs:
        data, expected = run_data(facts, CLOCK), events(facts)
        stations: dict[int, dict[type, int]] = {}
        for at, fact in enumerate(expected):
            if isinstance(fact, Message):
                stations.setdefault(fact.call, {})[type(fact)] = at
        found = 0
        for part in data.parts:
            calls = part.calls
            for i, at in enumerate(calls.sent):
                sent = expected[at]
                assert isinstance(sent, Sent)
                assert program_of(data, calls.target[i]) == sent.peer
                known = stations[sent.call]
                ended = known.get(Delivered, known.get(Lost, NONE))
                assert calls.handed[i] == known.get(HandedOver, NONE)
                assert calls.answered[i] == known.get(Answered, NONE)
                assert calls.ended[i] == ended
                assert (calls.lost[i] != NONE) == (Lost in known)
                found += 1
        assert found == sum(isinstance(fact, Sent) for fact in expected)


@dataclass(slots=True)
class Read:
    """What a reader of the states makes of a server's changes."""

    values: dict[Op, int] = field(default_factory=dict)
    log: dict[int, tuple[int, str | None]] = field(default_factory=dict)
    peers: dict[tuple[Op, int], int] = field(default_factory=dict)
    end: int = 0

    def change(self, op: Op, a: int, b: int, command: str | None) -> None:
        """One change, as the docstring of `Op` says."""
        if op is Op.ENTRY:
            self.log[a] = b, command
        elif op is Op.CUT:
            self.log = {i: entry for i, entry in self.log.items() if i <= a}
        elif op is Op.BASE:
            self.log = {i: entry for i, entry in self.log.items() if i > a}
            self.values[op] = a
        elif op in (Op.NEXT, Op.MATCH):
            self.peers[op, a] = b
        else:
            if op is Op.TERM:
                self.values.pop(Op.VOTE, None)
            if op in (Op.TERM, Op.ROLE, Op.ALIVE):
                self.peers.clear()
            self.values[op] = a


def read_until(data: StatesData, position: int, servers: int) -> list[Read]:
    """The servers after all changes up to a fact."""
    read = [Read() for _ in range(servers)]
    columns = zip(
        *(accumulate(data.at), data.server, data.op, data.a, data.b, data.c),
        strict=True,
    )
    for at, server, op, a, b, c in columns:
        if at > position:
            break
        command = None if c == NONE or op != Op.ENTRY else data.strings[c]
        read[server].change(Op(op), a, b, command)
    return read


def expected_log(state: ServerState) -> dict[int, tuple[int, str | None]]:
    """The log as the states hold it."""
    return {
        index: (
            NONE if entry.term is None else entry.term,
            brief(entry.command) if entry.has_command else None,
        )
        for index, entry in state.log.items()
    }


def test_states_can_be_read_back_at_any_fact(runs: list[list[Fact]]) -> None:
    """Term, vote, commit, applied, snapshot, log and peers are those of the states."""
    draw = random.Random(11)
    for facts in runs:
        data, expected = run_data(facts, CLOCK), events(facts)
        servers = data.index.servers
        positions = {draw.randrange(len(expected)) for _ in range(20)}
        calls = Calls(expected)
        states = States(calls, index_offset(expected, calls) or 0)
        for at, fact in enumerate(expected):
            states.take(fact)
            if at not in positions:
                continue
            read = read_until(data.states, at, servers)
            for state in states.all():
                assert_same(read[data.index.programs.index(state.server)], state)


def assert_same(read: Read, state: ServerState) -> None:
    """What was read is the state."""
    assert read.log == expected_log(state)
    get = read.values.get
    assert get(Op.TERM) == state.term
    if state.alive:
        assert get(Op.APPLIED, NONE) == (
            NONE if state.applied is None else state.applied
        )
        assert read.peers == {
            (op, int(peer.rpartition("-")[2])): index
            for op, peers in ((Op.NEXT, state.next), (Op.MATCH, state.match))
            for peer, index in peers.items()
        }
    if state.voted is not None:
        assert get(Op.VOTE) == int(number_of(state.voted))
    assert get(Op.BASE) == state.snapshot


def test_a_finding_is_pinned_between_promise_and_break() -> None:
    """The pin is at the last fact of the proof, and the first is the promise."""
    story = Story(servers=3)
    story.time = 1.0
    promise = story.add(StateTold(server=name(0), term=3, is_leader=True))
    story.time = 2.0
    broken = story.add(StateTold(server=name(1), term=3, is_leader=True))
    story.add(
        RuleBroken(
            rule="one leader a term",
            section="5.2",
            sentence="both lead",
            servers=(name(0), name(1)),
            proof=(broken.number, promise.number),
        )
    )
    index = run_data(story.facts, CLOCK).index
    (pin,) = index.pins
    positions = {fact.number: at for at, fact in enumerate(story.facts)}
    assert (pin.promise, pin.at) == (
        positions[promise.number],
        positions[broken.number],
    )
    assert (pin.kind, pin.title) == ("rule", "one leader a term (5.2)")
    assert (pin.time, pin.servers) == (2_000_000_000, [0, 1])


def test_a_failure_without_a_rule_is_pinned_at_the_end_with_its_hints() -> None:
    """The failure comes first, at the last fact; a hint where what shows it ends."""
    story = Story(servers=3)
    shown = story.add(StateTold(server=name(2), term=1, is_leader=False))
    story.time = 9.0
    story.add(StateTold(server=name(0), term=1, is_leader=False))
    hint = "nobody stands", [shown.number]
    failure = RunFailure("expected one leader, got none", [name(1)], [hint])
    index = run_data(story.facts, CLOCK, failure=failure).index
    assert [pin.kind for pin in index.pins] == ["failure", "hint"]
    assert index.pins[0].at == len(story.facts) - 1
    assert index.pins[0].servers == [1]
    assert index.pins[1].at == shown.number - 1
    assert index.focus == 1
    assert run_data(story.facts, CLOCK).index.pins == []


def test_sides_last_from_the_cut_to_the_healing() -> None:
    """A server that is cut off is a group of its own, however many links that takes."""
    story = Story(servers=3)
    story.time = 1.0
    story.isolate(1)
    story.time = 2.0
    story.end(2)
    story.time = 3.0
    story.add(StateTold(server=name(0), term=1, is_leader=False))
    sides = run_data(story.facts, CLOCK).index.sides
    assert [(side.start, side.end) for side in sides] == [
        (10**9, 2 * 10**9),
        (2 * 10**9, 3 * 10**9),
    ]
    assert sorted(sides[0].groups) == [[0, 2], [1]]
    assert sorted(sides[1].groups) == [[0], [1]]


def test_equal_facts_give_equal_data(runs: list[list[Fact]]) -> None:
    """Nothing but the facts decides."""
    assert run_data(runs[0], CLOCK) == run_data(runs[0], CLOCK)


def test_every_wait_is_there(runs: list[list[Fact]]) -> None:
    """Those that have ended, how often, and those that threads stand in at the end."""
    for facts in runs:
        waits = run_data(facts, CLOCK).waits
        strings = waits.strings
        reasons = [strings[at] for at in waits.reason]
        expected = [
            fact
            for fact in facts
            if isinstance(fact, TaskWaits | Waited)
            if not is_testers_thread(fact.thread)
        ]
        times = [getattr(fact, "times", 1) for fact in expected]
        assert max(times) > 1
        assert reasons == [
            f"{fact.reason} {TIMES}{count}" if count > 1 else fact.reason
            for fact, count in zip(expected, times, strict=True)
        ]
        assert [strings[at] for at in waits.thread] == [f.thread for f in expected]
        assert [strings[at] for at in waits.line] == [f.line for f in expected]
        assert waits.since == [round(fact.since * 1e9) for fact in expected]
        assert waits.until == [
            round(fact.time * 1e9) if isinstance(fact, Waited) else NONE
            for fact in expected
        ]
