"""The page around the picture of a run: cursor, finding, steps, search, addresses.

What the page says is compared with what follows from the facts, or from the data that
it was given, worked out here a second time.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import resources
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, Literal, get_args

import pytest

from labrt import Fact, Facts
from tester1.facts.kinds import AnyFact
from tester1.facts.names import is_server
from tester1.timeline import html
from tester1.timeline.clock import PageClock
from tester1.timeline.picture import annotations_of, failure_of, write_picture
from tester1.timeline.run_data import RunData, run_data
from tester1.timeline.run_schema import (
    NONE,
    CallKind,
    Op,
    RoleCode,
    StatesData,
)
from tests.kvraft import test_4b
from tests.mutating import Mutant, SuiteTest, run_with
from tests.raft import test_3b, test_3d
from tests.raft1 import mutants
from tests.timeline.addresses import address_of_sight, address_says, close_to
from tests.timeline.axe import PHONE, SCREENS, small_targets, violations
from tests.timeline.cases import legal, run
from tests.timeline.conftest import OpenPage, Pages, View

SEED: Final = 7
INSTANTS: Final = 20

MISSING: Final = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run, the page about it, and the data that the page has.

    `facts` have a position on the page; `all_facts` are there besides.
    """

    facts: list[Fact]
    page: Path
    data: RunData
    all_facts: list[Fact]

    def positions(self, wanted: Callable[[Fact], bool]) -> list[int]:
        """Where the facts are that `wanted` accepts."""
        return [i for i, fact in enumerate(self.facts) if wanted(fact)]


def recorded(
    folder: Path, test: SuiteTest, seed: int = SEED, mutant: Mutant | None = None
) -> Recorded:
    """Run a test of the suites and write its page into a folder."""
    facts = Facts(most=None)
    solution = None if mutant is None else mutant.write(folder / "solution")
    failure = run_with(facts, test, seed, solution)
    assert (failure != "") == (mutant is not None), failure
    page = folder / "run.html"
    kept = facts.kept
    write_picture(
        page, kept, annotations=annotations_of(kept), failure=failure_of(kept)
    )
    clock = PageClock.of(fact.time for fact in kept)
    data = run_data(kept, clock, failure=failure_of(kept))
    return Recorded(_on_page(kept, data), page, data, kept)


def _on_page(facts: list[Fact], data: RunData) -> list[Fact]:
    """The facts that have a position on the page; waits have a text of their own."""
    numbers: list[int] = []
    for part in data.parts:
        numbers += accumulate(part.facts.number)
    by_number = {fact.number: fact for fact in facts}
    return [by_number[number] for number in numbers]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A run in which votes do not look at the log."""
    folder = tmp_path_factory.mktemp("broken")
    return recorded(folder, test_3b.test_fail_no_agree_3B, mutant=mutants.ANY_LOG_WINS)


@pytest.fixture(scope="module")
def crashes(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A run with crashes, snapshots and lost messages."""
    folder = tmp_path_factory.mktemp("crashes")
    return recorded(folder, test_3d.test_snapshot_install_un_crash_3D)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A run of the key/value service, whose clients' operations are shown too."""
    return recorded(tmp_path_factory.mktemp("service"), test_4b.test_one_partition_4B)


@pytest.fixture
def view(pages: Pages, broken: Recorded) -> View:
    """The page of the run that broke a rule."""
    return opened(pages, broken)


def opened(
    pages: Pages,
    of: Recorded,
    address: str = "",
    *,
    colour_scheme: Literal["light", "dark"] = "light",
    size: tuple[int, int] = (1280, 800),
) -> View:
    """The page of a run, with all its facts loaded."""
    view = pages.show(of.page, address, colour_scheme=colour_scheme, size=size)
    ready(view)
    return view


def ready(view: View) -> None:
    """Wait until the page has said where its cursor is, and all facts are there."""
    view.page.wait_for_function(
        "() => document.getElementById('cursor-time').textContent !== ''"
    )
    view.call("allLoaded")
    view.settle()


def at_fact(view: View, position: int) -> None:
    """Wait until the cursor is at a fact."""
    view.page.wait_for_function(
        "(position) => raftlab.cursor().fact === position", arg=position
    )


def shown(view: View) -> None:
    """Wait for the frame in which the panel follows the cursor."""
    view.page.evaluate(
        """() => new Promise((done) =>
            requestAnimationFrame(() => requestAnimationFrame(done)))"""
    )


# States


@dataclass(slots=True)
class Server:
    """A server's state, added up in the plainest way."""

    alive: bool = False
    incarnation: int | None = None
    role: int | None = None
    term: int | None = None
    vote: int | None = None
    commit: int | None = None
    applied: int | None = None
    base: int = 0
    base_term: int | None = 0
    log: dict[int, tuple[int | None, str | None]] = field(default_factory=dict)
    end: int | None = None
    next: dict[int, int] = field(default_factory=dict)
    match: dict[int, int] = field(default_factory=dict)

    def become(self, role: int | None) -> None:
        """Take another role; only who leads keeps what peers have."""
        if role != self.role:
            self.next, self.match = {}, {}
        self.role = role

    def take(self, op: Op, a: int, b: int, command: str | None) -> None:
        """Apply one change."""
        value = None if a == NONE else a
        match op:
            case Op.ALIVE:
                self.alive, self.incarnation = True, a
                self.commit = self.applied = None
                self.become(None)
            case Op.DOWN:
                self.alive = False
            case Op.TERM:
                self.term, self.vote, self.role = a, None, None
                self.next, self.match = {}, {}
            case Op.ROLE:
                self.become(None if a == RoleCode.UNKNOWN else a)
            case Op.VOTE:
                self.vote = value
            case Op.ENTRY:
                self.log[a] = None if b == NONE else b, command
                self.end = max(self.end or 0, a)
            case Op.CUT:
                self.log = {at: one for at, one in self.log.items() if at <= a}
                self.end = a
            case Op.COMMIT:
                self.commit = value
            case Op.APPLIED:
                self.applied = value
            case Op.BASE:
                self.base, self.base_term = a, None if b == NONE else b
                self.log = {at: one for at, one in self.log.items() if at > a}
                self.end = max(self.end or 0, a)
            case Op.NEXT:
                self.next[a] = b
            case Op.MATCH:
                self.match[a] = b

    def plain(self) -> dict[str, Any]:
        """The same as the page tells it, but for the term that the log ends with."""
        return {
            "alive": self.alive,
            "incarnation": self.incarnation,
            "role": self.role,
            "term": self.term,
            "vote": self.vote,
            "commit": self.commit,
            "applied": self.applied,
            "base": {"index": self.base, "term": self.base_term},
            "log": [
                {"index": at, "term": term, "command": command}
                for at, (term, command) in sorted(self.log.items())
            ],
            "end": self.end,
            "next": {str(peer): index for peer, index in self.next.items()},
            "match": {str(peer): index for peer, index in self.match.items()},
        }


def added_up(data: StatesData, servers: int, position: int) -> list[dict[str, Any]]:
    """How all servers stand after the fact at a position."""
    states = [Server() for _ in range(servers)]
    at = 0
    columns = zip(data.at, data.server, data.op, data.a, data.b, data.c, strict=True)
    for after, server, op, a, b, c in columns:
        at += after
        if at > position:
            break
        command = data.strings[c] if op == Op.ENTRY and c != NONE else None
        states[server].take(Op(op), a, b, command)
    return [state.plain() for state in states]


def as_told(state: dict[str, Any]) -> dict[str, Any]:
    """A state of the page, in the form of `Server.plain`."""
    return {**state, "end": state["end"]["index"]}


def test_states_are_the_changes_added_up(pages: Pages, crashes: Recorded) -> None:
    """At instants drawn from a seed, in any order, the page knows what Python does."""
    view = opened(pages, crashes)
    data, servers = crashes.data.states, crashes.data.index.servers
    draw = random.Random(SEED)
    positions = [draw.randrange(len(crashes.facts)) for _ in range(INSTANTS)]
    known = 0
    for position in positions:
        told = [as_told(state) for state in view.call("stateAfter", position)]
        assert told == added_up(data, servers, position), position
        known += sum(len(state["log"]) for state in told)
    # Instants before the first command would prove little.
    assert known > INSTANTS


def test_the_panel_shows_these_states(pages: Pages, crashes: Recorded) -> None:
    """What stands in the table is the state at the cursor, unknown things as "?"."""
    view = opened(pages, crashes)
    names = ["?", "follower", "candidate", "leader"]
    for position in random.Random(SEED).sample(range(len(crashes.facts)), 8):
        view.page.evaluate(
            "(i) => raftlab.setCursor(raftlab.fact(i).time, i)", position
        )
        shown(view)
        states = added_up(crashes.data.states, crashes.data.index.servers, position)
        rows = view.page.locator("#servers tbody tr").all()
        for server, (state, row) in enumerate(zip(states, rows, strict=True)):
            cells = [cell.inner_text() for cell in row.locator("td").all()]
            role = names[state["role"] or 0] if state["alive"] else None
            if role is not None:
                assert row.locator(".role").inner_text() == role
            assert row.locator(".name").inner_text() == f"S{server}"
            for cell, name in zip(
                cells, ("term", None, "commit", "applied"), strict=False
            ):
                if name is not None:
                    value = state[name]
                    assert cell == ("?" if value is None else str(value)), name


def test_the_table_of_logs_has_every_entry(view: View, broken: Recorded) -> None:
    """A cell is an entry: its term, command, whether it is applied, and differences."""
    (pin, *_) = broken.data.index.pins
    view.page.evaluate("(i) => raftlab.setCursor(raftlab.fact(i).time, i)", pin.promise)
    shown(view)
    states = added_up(broken.data.states, broken.data.index.servers, pin.promise)
    leader = next(i for i, s in enumerate(states) if s["role"] == RoleCode.LEADER)
    entries = {entry["index"]: entry for entry in states[leader]["log"]}
    rows = view.page.locator("#logs tbody tr").all()
    for state, row in zip(states, rows, strict=True):
        own = {entry["index"]: entry for entry in state["log"]}
        cells = row.locator("td").all()
        assert len(cells) == len(entries)
        for index, cell in enumerate(cells, 1):
            words = cell.get_attribute("title") or ""
            if index not in own:
                assert words == "missing"
                assert MISSING in cell.inner_text()
                continue
            entry = own[index]
            standing = "applied" if index <= (state["applied"] or 0) else "committed"
            if index > (state["commit"] or 0):
                standing = "not committed"
            assert words == f"T{entry['term']} {entry['command']}, {standing}"


def test_long_logs_are_folded_and_unfold(pages: Pages, crashes: Recorded) -> None:
    """What is alike is one column that says what it stands for, until it is asked."""
    view = opened(pages, crashes)
    data, servers = crashes.data.states, crashes.data.index.servers
    ends = [
        (max(len(state["log"]) for state in added_up(data, servers, at)), at)
        for at in range(0, len(crashes.facts), 97)
    ]
    longest, position = max(ends)
    assert longest > 8
    view.page.evaluate("(i) => raftlab.setCursor(raftlab.fact(i).time, i)", position)
    shown(view)
    before = view.page.locator("#logs thead th").count()
    bases = [s["base"]["index"] for s in added_up(data, servers, position)]
    first = view.page.locator("#logs thead th button").first
    assert first.inner_text() == f"1…{min(bases)}"
    folds = view.page.locator("#logs thead th.fold button")
    folds.last.focus()
    view.page.keyboard.press("Enter")
    shown(view)
    if folds.count() > 1:
        assert view.page.locator("#logs thead th").count() > before
        view.page.get_by_role("button", name="Fold what is alike").click()
        shown(view)
        assert view.page.locator("#logs thead th").count() == before


def test_only_who_leads_the_newest_term_is_compared_with(
    pages: Pages, service: Recorded
) -> None:
    """A leader that has been replaced, or soon will be, tells nothing of its peers."""
    view = opened(pages, service)
    data, servers = service.data.states, service.data.index.servers
    seen: dict[tuple[bool, bool], int] = {}
    turns = zip(accumulate(data.at), data.op, strict=True)
    for position in sorted({at for at, op in turns if op in {Op.TERM, Op.ROLE}}):
        alive = [s for s in added_up(data, servers, position) if s["alive"]]
        terms = [s["term"] for s in alive if s["term"] is not None]
        leaders = [s["term"] for s in alive if s["role"] == RoleCode.LEADER]
        if leaders:
            newest = max(terms)
            kinds = newest in leaders, min(leaders) < newest
            seen.setdefault(kinds, position)
    assert (False, True) in seen
    assert (True, True) in seen
    for (has_leader, _), position in seen.items():
        states = added_up(data, servers, position)
        newest = max(s["term"] for s in states if s["term"] is not None)
        view.page.evaluate(
            "(i) => raftlab.setCursor(raftlab.fact(i).time, i)", position
        )
        shown(view)
        heads = view.page.locator("#servers thead th").all_inner_texts()
        assert ("next" in heads) == has_leader
        if has_leader:
            (leader,) = (
                i
                for i, s in enumerate(states)
                if s["role"] == RoleCode.LEADER and s["term"] == newest
            )
            assert f"compared with S{leader}'s" in view.text("#logs-title")
            # Not even if one chooses the other.
            view.page.locator("#servers tbody button").first.click()
            shown(view)
            assert f"as S{leader} shows them" in view.text("#servers-title")
        else:
            assert view.text("#logs-title") == f"Logs; nobody leads in T{newest}"
            assert "than the leader" not in view.page.inner_html("#logs")


# The finding and its facts


def test_the_page_opens_on_the_finding(view: View, broken: Recorded) -> None:
    """Rule, sentence and the facts that prove it are there at once, with the cursor."""
    pin = broken.data.index.pins[broken.data.index.focus]
    assert pin.title in view.text("#finding")
    assert view.call("cursor")["fact"] == pin.at
    for number in (broken.facts[i].number for i in pin.proof):
        assert view.page.locator("#finding").get_by_text(f"#{number}").count() == 1


def test_one_key_leads_to_the_finding(view: View, broken: Recorded) -> None:
    """From anywhere f shows it; p leads to the promise, and b back to the break."""
    pin = broken.data.index.pins[broken.data.index.focus]
    for key, expected in (("f", pin.at), ("p", pin.promise), ("b", pin.at)):
        view.call("setCursor", 0)
        view.page.keyboard.press(key)
        at_fact(view, expected)
        assert f"#{broken.facts[expected].number} " in view.text("#details .meta")
        sight = view.call("view")
        assert sight["first"] <= view.call("cursor")["time"] <= sight["last"]


def test_why_goes_along_the_causes(view: View, broken: Recorded) -> None:
    """The key w follows the causal numbers back to a beginning, o leads on."""
    numbers = {fact.number: i for i, fact in enumerate(broken.facts)}
    at = broken.data.index.pins[0].at
    chain = [at]
    while (cause := broken.facts[chain[-1]].cause) in numbers:
        chain.append(numbers[cause])
    assert len(chain) > 1
    view.page.keyboard.press("f")
    at_fact(view, at)
    causes = view.page.get_by_label("Causes, the nearest first").locator("button")
    assert causes.all_inner_texts() == [
        f"#{broken.facts[i].number}" for i in chain[1:13]
    ]
    for position in chain[1:]:
        view.page.keyboard.press("w")
        at_fact(view, position)
    effects = broken.positions(lambda f: f.cause == broken.facts[chain[-1]].number)
    view.page.keyboard.press("o")
    at_fact(view, effects[0])


def test_a_likely_cause_is_called_likely(pages: Pages, service: Recorded) -> None:
    """In the details and in what is said; one that is certain is not."""
    view = opened(pages, service)
    sent = next(
        i
        for i in service.positions(lambda fact: fact.kind == "handed over")
        if view.call("fact", view.call("fact", i)["cause"])["likely"]
    )
    applied = service.positions(lambda fact: fact.kind == "applied")[-1]
    for fact, is_likely in ((sent, False), (applied, True)):
        view.call("selectFact", fact)
        at_fact(view, fact)
        buttons = view.page.locator("#details .actions button")
        expected = "\N{BLACK LEFT-POINTING TRIANGLE} "
        expected += "Likely cause (w)" if is_likely else "Cause (w)"
        assert buttons.first.inner_text() == expected
        causes = view.page.get_by_label("Causes, the nearest first").locator("li .how")
        assert causes.first.inner_text() == (
            "likely cause:" if is_likely else "because of"
        )
        cause = view.call("fact", fact)["cause"]
        effects = view.page.evaluate(
            """async (cause) => { await raftlab.selectFact(cause);
                return [...document.querySelectorAll(
                    '#details [aria-label="Effects"] li')].map((one) => one.innerText);
            }""",
            cause,
        )
        led = "likely led to" if is_likely else "led to"
        number = service.facts[fact].number
        assert any(re.match(f"{led} #{number} ", one) for one in effects), effects
        view.call("selectFact", fact)
        at_fact(view, fact)
        view.page.keyboard.press("w")
        at_fact(view, cause)
        text = view.call("fact", cause)["text"]
        announced(view, f"{text}; ")
        assert view.text("#announcer").startswith("likely cause: ") == is_likely
    # Come there by another way, it is no cause of anything.
    view.page.keyboard.press("Home")
    announced(view, "0.0000 s")
    view.call("selectFact", cause)
    announced(view, f"{text}; ")
    assert "likely" not in view.text("#announcer")


def test_a_message_shows_request_and_answer(view: View, broken: Recorded) -> None:
    """Whichever of its facts is selected: all stations are there, with contents."""
    part = broken.data.parts[0].calls
    call = next(
        i
        for i, kind in enumerate(part.kind)
        if kind == CallKind.VOTE and NONE not in (part.handed[i], part.answered[i])
    )
    for station in (part.sent[call], part.answered[call]):
        view.call("selectFact", station)
        at_fact(view, station)
        details = view.text("#details")
        for other in (part.sent[call], part.handed[call], part.answered[call]):
            assert f"#{broken.facts[other].number}" in details
        assert "RequestVote" in details


# Steps


def committed(states: StatesData) -> list[int]:
    """Where a server shows that it has committed something."""
    changes = zip(accumulate(states.at), states.op, states.a, strict=True)
    return sorted({at for at, op, a in changes if op == Op.COMMIT and a > 0})


@pytest.mark.parametrize("by", [1, -1])
def test_steps_lead_to_the_neighbour(pages: Pages, crashes: Recorded, by: int) -> None:
    """Each kind of step stops at exactly what the facts have of it."""
    view = opened(pages, crashes)
    states = crashes.data.states
    changes: dict[int, set[Op]] = {}
    at = 0
    for after, op in zip(states.at, states.op, strict=True):
        at += after
        changes.setdefault(at, set()).add(Op(op))
    calls = crashes.data.parts[0].calls
    middle = len(crashes.facts) // 2
    stops = {
        "fault": crashes.positions(lambda fact: fact.kind == "fault"),
        "commit": committed(states),
        "crash": [at for at, ops in changes.items() if ops & {Op.ALIVE, Op.DOWN}],
        "fact": crashes.positions(lambda fact: fact.server == "server-0-1"),
    }
    assert calls.sent
    # Servers begin by showing that they have committed nothing: that is no commit.
    assert len(stops["commit"]) < sum(Op.COMMIT in ops for ops in changes.values())
    for name, positions in stops.items():
        view.page.evaluate("(i) => raftlab.selectFact(i)", stops["fact"][0])
        at_fact(view, stops["fact"][0])
        view.page.evaluate("(i) => raftlab.setCursor(raftlab.fact(i).time, i)", middle)
        beyond = [i for i in positions if (i - middle) * by > 0]
        expected = min(beyond) if by > 0 else max(beyond)
        view.call("step", name, by)
        at_fact(view, expected)


def test_a_step_that_leads_nowhere_says_so(view: View) -> None:
    """The cursor stays where it is."""
    view.call("setCursor", 0)
    view.page.keyboard.press("X")
    view.page.wait_for_function(
        "() => document.getElementById('announcer').textContent === 'no earlier fault'"
    )
    assert view.call("cursor")["time"] == 0


def test_play_runs_to_the_end(view: View) -> None:
    """Space starts it, from the start if the cursor is at the end, where it stops."""
    end = view.page.evaluate("() => raftlab.fact(raftlab.factCount - 1).time")
    view.page.select_option("#speed", "5")
    view.page.locator("#canvas").focus()
    view.page.keyboard.press("End")
    view.page.keyboard.press("Space")
    assert "Pause" in view.text("#play")
    assert view.call("cursor")["time"] < end
    view.page.wait_for_function(
        "() => document.getElementById('play').textContent.includes('Play')"
    )
    assert view.call("cursor")["time"] == end
    view.page.select_option("#speed", "0.1")
    view.page.locator("#canvas").focus()
    view.page.keyboard.press("Home")
    view.page.keyboard.press("Space")
    view.page.wait_for_function("() => raftlab.cursor().time > 0")
    view.page.keyboard.press("Space")
    assert "Play" in view.text("#play")
    assert view.call("cursor")["time"] < end


def test_play_is_as_quick_as_suits_what_is_in_sight(view: View) -> None:
    """The nearest speed to six seconds for the window, unless somebody chooses one."""
    for seconds, speed in ((6e-3, "0.001"), (0.6, "0.1"), (1.7, "0.25")):
        view.call("show", 0.5e9, (0.5 + seconds) * 1e9)
        assert view.page.input_value("#speed") == speed
    view.page.select_option("#speed", "5")
    view.call("show", 0.5e9, 0.6e9)
    assert view.page.input_value("#speed") == "5"


# Search and filters


def found(view: View, query: str) -> int:
    """How many facts the page finds for a query."""
    view.page.fill("#search", query)
    view.page.wait_for_function(
        "() => !document.getElementById('matches').textContent.includes('searched')"
    )
    said = re.match(r"([\d,]+) facts?", view.text("#matches"))
    return 0 if said is None else int(said[1].replace(",", ""))


def test_search_counts_what_the_facts_have(view: View, broken: Recorded) -> None:
    """Every field finds what the facts say, and words all have to fit."""
    facts = broken.facts
    count = broken.positions
    (part,) = broken.data.parts
    calls = part.calls
    stations: Counter[int] = Counter()
    votes: set[int] = set()
    lost: set[int] = set()
    to_two: set[int] = set()
    for i, sent in enumerate(calls.sent):
        of_call = {sent, calls.handed[i], calls.answered[i], calls.ended[i]} - {NONE}
        stations[calls.kind[i]] += len(of_call)
        votes |= of_call if calls.kind[i] == CallKind.VOTE else set()
        lost |= of_call if calls.lost[i] != NONE else set()
        to_two |= of_call if calls.target[i] == 2 else set()
    at_two = set(count(lambda fact: fact.server == "server-0-2"))
    in_term = {i for i, term in enumerate(part.facts.term) if term == 2}
    assert votes
    assert lost
    assert found(view, "server:2") == len(at_two)
    assert found(view, "kind:vote") == len(votes)
    assert found(view, "kind:heartbeat") == stations[CallKind.HEARTBEAT]
    assert found(view, "kind:saved") == len(count(lambda f: f.kind == "saved"))
    assert found(view, "is:lost") == len(lost)
    assert found(view, "to:S2") == len(to_two)
    assert found(view, "term:2") == len(in_term)
    assert found(view, "term:2 kind:vote server:2") == len(in_term & votes & at_two)
    assert found(view, f"#{facts[17].number}") == 1
    assert found(view, "t:1.2..1.5") == len(count(lambda f: 1.2 <= f.time <= 1.5))
    texts = [part.strings[i].lower() for i in part.facts.text]
    details = ["" if i == NONE else part.strings[i].lower() for i in part.facts.details]
    granted = sum(
        "granted" in t or "granted" in d for t, d in zip(texts, details, strict=True)
    )
    assert found(view, "granted") == granted
    assert found(view, "no such words anywhere") == 0


def test_every_kind_there_is_can_be_asked_for(pages: Pages, crashes: Recorded) -> None:
    """Those of which the run has none find nothing, and that is no mistake."""
    view = opened(pages, crashes)
    states = crashes.data.states
    in_run = Counter(fact.kind for fact in crashes.facts)
    for kind in get_args(AnyFact):
        name = kind.__struct_config__.tag
        count = found(view, f"kind:{name.replace(' ', '-')}")
        assert view.page.locator("#search-note").is_hidden()
        assert count >= in_run[name]
        if name not in in_run and name != "snapshot":
            assert count == 0
    assert in_run["cut"] > 0
    assert found(view, "kind:fault") == in_run["fault"]
    assert found(view, "kind:commit") == len(committed(states))
    changes = zip(accumulate(states.at), states.op, strict=True)
    lives = {at for at, op in changes if op in {Op.ALIVE, Op.DOWN}}
    assert found(view, "kind:crash") == len(lives)
    elections = found(view, "kind:election")
    view.call("setCursor", 0)
    for _ in range(min(elections, 3)):
        view.call("step", "election", 1)
    assert 0 < elections < found(view, "kind:vote")


def test_a_search_reads_what_is_not_loaded_yet(pages: Pages, crashes: Recorded) -> None:
    """Parts that nobody has looked at are searched like all others."""
    assert len(crashes.data.parts) > 1
    view = pages.show(crashes.page)
    view.page.wait_for_function(
        "() => document.getElementById('cursor-time').textContent !== ''"
    )
    saved = crashes.positions(lambda fact: fact.kind == "saved")
    assert found(view, "kind:saved") == len(saved)


def test_enter_goes_from_match_to_match(view: View, broken: Recorded) -> None:
    """Enter leads to the next one by time, Shift+Enter back, around the ends."""
    saved = broken.positions(lambda fact: fact.kind == "saved")
    view.call("setCursor", 0)
    found(view, "kind:saved")
    for key, expected in (
        ("Enter", saved[0]),
        ("Enter", saved[1]),
        ("Shift+Enter", saved[0]),
        ("Shift+Enter", saved[-1]),
    ):
        view.page.press("#search", key)
        at_fact(view, expected)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("trem:5", "term:"),
        ("kind:votes", "vote"),
        ("server:9", "S4"),
        ("term:x", "term:5"),
        ("t:5", "t:1.2..1.5"),
        ("is:found", "is:finding"),
    ],
)
def test_a_wrong_word_lists_what_there_is(view: View, query: str, named: str) -> None:
    """Instead of finding nothing the page says what is wrong with it."""
    view.page.fill("#search", query)
    note = view.text("#search-note")
    assert named in note
    assert query.partition(":")[2] in note or query.partition(":")[0] in note
    assert view.page.get_attribute("#search", "aria-invalid") == "true"
    view.page.fill("#search", "")
    assert view.page.locator("#search-note").is_hidden()


def test_operations_are_found_beside_facts(pages: Pages, service: Recorded) -> None:
    """A query for operations alone finds no fact, and Enter leads to one."""
    view = opened(pages, service)
    operations = view.call("operationCount")
    puts = sum("put" in view.call("operation", i)["text"] for i in range(operations))
    view.page.fill("#search", "kind:put")
    assert f"{puts} operation" in view.text("#matches")
    view.call("setCursor", 0)
    view.page.fill("#search", "client:0")
    assert view.text("#matches").startswith("0 facts")
    view.page.press("#search", "Enter")
    assert view.call("operation", view.call("selected"))["client"] == "0"


def test_filters_leave_out_what_they_say(view: View, broken: Recorded) -> None:
    """The table lists what is left; a message counts by its kind, with its facts."""
    (part,) = broken.data.parts
    calls = part.calls
    beats = {
        station
        for i, kind in enumerate(calls.kind)
        if kind == CallKind.HEARTBEAT
        for station in (
            calls.sent[i],
            calls.handed[i],
            calls.answered[i],
            calls.ended[i],
        )
    } - {NONE}
    view.page.get_by_role("tab", name="Facts").click()
    table = view.page.locator("#facts-view .table")
    assert table.get_attribute("aria-rowcount") == str(len(broken.facts) + 1)
    view.page.locator("#filter summary").click()
    box = view.page.get_by_label("heartbeat")
    assert f"{len(beats)}" in view.page.locator("label", has=box).inner_text()
    box.uncheck()
    assert table.get_attribute("aria-rowcount") == str(
        len(broken.facts) - len(beats) + 1
    )
    view.page.get_by_label("S2").uncheck()
    left = [
        i
        for i, fact in enumerate(broken.facts)
        if i not in beats and fact.server != "server-0-2"
    ]
    assert table.get_attribute("aria-rowcount") == str(len(left) + 1)
    view.page.get_by_role("button", name="Show everything").click()
    assert table.get_attribute("aria-rowcount") == str(len(broken.facts) + 1)
    view.page.get_by_label("only what shows it").check()
    finding = len(broken.data.index.pins[0].proof)
    assert (
        finding <= int(table.get_attribute("aria-rowcount") or 0) - 1 < finding * 4 + 1
    )


def test_the_table_of_facts_is_the_run(view: View, broken: Recorded) -> None:
    """Rows have number, server and kind of the facts, in their order."""
    view.page.get_by_role("tab", name="Facts").click()
    view.page.locator("#facts-view .scroll").evaluate("(one) => { one.scrollTop = 0; }")
    shown(view)
    rows = view.page.locator("#facts-view .row[data-item]")
    for position in range(5):
        row = view.page.locator(f"#facts-view .row[data-item='{position}']")
        cells = row.locator(".cell").all_inner_texts()
        fact = broken.facts[position]
        assert cells[0] == str(fact.number)
        assert cells[3] == fact.kind
        if is_server(fact.server):
            assert cells[2] == f"S{fact.server.rpartition('-')[2]}"
    rows.nth(3).click()
    at_fact(view, 3)


def test_the_table_of_facts_opens_at_the_cursor(
    pages: Pages, crashes: Recorded
) -> None:
    """Selected or not, listed or not: the cursor's place is in sight."""
    view = opened(pages, crashes)
    middle = len(crashes.facts) // 2
    saved = crashes.positions(lambda fact: fact.kind == "saved")
    for query, expected in (
        ("", middle),
        ("kind:saved", next(i for i in saved if i >= middle)),
    ):
        view.page.get_by_role("tab", name="Timeline").click()
        view.page.evaluate("(i) => raftlab.setCursor(raftlab.fact(i).time, i)", middle)
        found(view, query)
        view.page.get_by_role("tab", name="Facts").click()
        row = view.page.locator(f"#facts-view .row[data-item='{expected}']")
        box = row.bounding_box()
        table = view.page.locator("#facts-view .scroll").bounding_box()
        assert box is not None
        assert table is not None
        assert table["y"] <= box["y"] < table["y"] + table["height"]
    assert "threads wait for" in view.text("#facts-view")


# Keys wherever the focus is


@pytest.mark.parametrize(
    "clicked",
    [
        "#fit",
        "#finding button",
        "#servers tbody tr:first-child button",
        "#tab-timeline",
    ],
)
def test_keys_work_after_a_click_on_any_button(
    view: View, broken: Recorded, clicked: str
) -> None:
    """A button that was clicked keeps none of the page's keys for itself."""
    press = view.page.keyboard.press
    view.page.locator(clicked).first.click()
    shown(view)
    end = view.page.evaluate("raftlab.fact(raftlab.factCount - 1).time")
    press("End")
    assert view.call("cursor")["time"] == end
    press("Home")
    assert view.call("cursor")["time"] == view.page.evaluate("raftlab.fact(0).time")
    first = view.call("cursor")
    press("ArrowRight")
    view.page.wait_for_function(
        "(time) => raftlab.cursor().time > time", arg=first["time"]
    )
    chosen = view.page.locator("#servers tr.chosen .name").all_inner_texts()
    press("Space")
    assert "Pause" in view.text("#play")
    press("Space")
    assert "Play" in view.text("#play")
    assert view.page.locator("#servers tr.chosen .name").all_inner_texts() == chosen


def test_a_button_reached_with_tab_is_pressed(view: View) -> None:
    """Space and Enter are its own then; the arrows are still the page's."""
    press = view.page.keyboard.press
    view.page.click("#fit")
    view.page.focus("#export-svg")
    press("Tab")
    assert view.page.evaluate("document.activeElement.id") == "help-button"
    view.call("setCursor", 0)
    press("ArrowRight")
    view.page.wait_for_function("raftlab.cursor().fact >= 0")
    press("Space")
    assert view.page.locator("#help").is_visible()
    press("End")
    assert view.call("cursor")["time"] < view.page.evaluate(
        "raftlab.fact(raftlab.factCount - 1).time"
    )
    press("Escape")
    press("Enter")
    assert view.page.locator("#help").is_visible()


def test_text_fields_and_selects_keep_their_keys(view: View) -> None:
    """What is typed is no command, and arrows choose in a list."""
    press = view.page.keyboard.press
    before = view.call("cursor")
    view.page.click("#search")
    view.page.keyboard.type("f c")
    press("Home")
    assert view.call("cursor") == before
    assert view.page.input_value("#search") == "f c"
    view.page.fill("#search", "")
    view.page.focus("#step-kind")
    press("ArrowDown")
    assert view.call("cursor") == before
    press("Home")
    assert view.call("cursor")["time"] == view.page.evaluate("raftlab.fact(0).time")


# The finding comes back


def test_the_key_of_the_finding_restores_its_window(
    view: View, broken: Recorded
) -> None:
    """From the whole run and from a deep zoom, with the zoom of the beginning."""
    pin = broken.data.index.pins[broken.data.index.focus]
    opening = view.call("view")
    for move in ("raftlab.fit()", "raftlab.show(1e8, 1e8 + 1000)"):
        view.page.evaluate(move)
        view.page.keyboard.press("f")
        view.page.wait_for_function(
            "(first) => raftlab.view().first === first", arg=opening["first"]
        )
        at_fact(view, pin.at)
        assert view.call("view") == opening


def test_promise_and_break_keep_each_other_in_sight(
    view: View, broken: Recorded
) -> None:
    """Wherever one was, both ends come into sight, and stay there."""
    pin = broken.data.index.pins[broken.data.index.focus]
    times = [broken.facts[i].time * 1e9 for i in (pin.promise, pin.at)]
    for key, expected in (("p", pin.promise), ("b", pin.at)):
        view.call("show", times[1] - 1000, times[1] + 1000)
        view.call("setCursor", 0)
        view.page.keyboard.press(key)
        at_fact(view, expected)
        sight = view.call("view")
        assert all(sight["first"] <= time <= sight["last"] for time in times)
    view.call("fit")
    whole = view.call("view")
    view.page.keyboard.press("p")
    at_fact(view, pin.promise)
    assert view.call("view") == whole


@pytest.fixture(scope="module")
def hinted(broken: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The run that broke a rule, with a hint besides."""
    page = tmp_path_factory.mktemp("hinted") / "run.html"
    kept = broken.all_facts
    clock = PageClock.of(fact.time for fact in kept)
    saved = next(fact.number for fact in broken.facts if fact.kind == "saved")
    failure = failure_of(kept)
    assert failure is not None
    failure = replace(failure, hints=[("look here", (saved,))])
    data = run_data(kept, clock, failure=failure)
    html.write_html(None, page, title="hinted", run=data)
    return Recorded(broken.facts, page, data, kept)


def test_the_next_finding_is_shown_only_when_asked_again(
    pages: Pages, hinted: Recorded
) -> None:
    """The first f shows the finding that the page opened on."""
    view = opened(pages, hinted)
    first, second = hinted.data.index.pins
    assert "Next: hint" in view.text("#finding")
    for expected in (first, second, first):
        view.page.keyboard.press("f")
        at_fact(view, expected.at)
        assert expected.text in view.text("#finding")
    view.call("fit")
    view.page.keyboard.press("f")
    view.settle()
    assert first.text in view.text("#finding")
    view.page.get_by_role("button", name="Next: hint").click()
    at_fact(view, second.at)
    assert "Next: a broken rule" in view.text("#finding")
    view.settle()
    view.page.keyboard.press("f")
    at_fact(view, first.at)


# Addresses


def test_an_address_leads_there_and_back(
    pages: Pages, view: View, broken: Recorded
) -> None:
    """What the address says opens the same moment on another page of the run."""
    pin = broken.data.index.pins[0]
    view.call("selectFact", pin.promise)
    at_fact(view, pin.promise)
    address = address_says(view, f"f={broken.facts[pin.promise].number}")
    server = broken.facts[pin.promise].server.rpartition("-")[2]
    assert f"&s={server}&" in address
    other = opened(pages, broken, address)
    at_fact(other, pin.promise)
    assert other.call("cursor") == view.call("cursor")
    here, there = view.call("view"), other.call("view")
    length = here["last"] - here["first"]
    assert abs(here["first"] - there["first"]) < length / 100
    assert abs(here["last"] - there["last"]) < length / 100
    assert f"#{broken.facts[pin.promise].number} " in other.text("#details .meta")


def test_an_address_of_a_time_and_a_server(pages: Pages, broken: Recorded) -> None:
    """Seconds and a server are enough, as people write them; a change is followed."""
    view = opened(pages, broken, "#t=1.5&s=3")
    assert view.call("cursor") == {"time": 1.5e9, "fact": NONE}
    chosen = view.page.locator("#servers tr.chosen .name")
    assert chosen.inner_text() == "S3"
    view.page.evaluate("location.hash = '#t=2.25&s=1'")
    view.page.wait_for_function("() => raftlab.cursor().time === 2.25e9")
    shown(view)
    assert chosen.inner_text() == "S1"
    assert "2.25" in view.text("#cursor-time")


def test_an_address_that_makes_no_sense_is_passed_over(
    pages: Pages, broken: Recorded
) -> None:
    """The page opens as if there were none."""
    view = opened(pages, broken, "#t=soon&s=99&f=none&w=..")
    at_fact(view, broken.data.index.pins[0].at)


def announced(view: View, words: str) -> None:
    """Wait until the live region has said this."""
    view.page.wait_for_function(
        "(words) => document.getElementById('announcer').textContent.includes(words)",
        arg=words,
    )


def test_an_address_without_a_window_shows_what_is_around(
    pages: Pages, broken: Recorded
) -> None:
    """As much as of a finding, wherever the page was before."""
    view = opened(pages, broken, "#t=1.5&s=3")
    length = min(0.4e9, (broken.data.index.end - broken.data.index.start) / 6)
    expected = {"first": 1.5e9 - length / 2, "last": 1.5e9 + length / 2}
    assert close_to(view.call("view"), expected)


@pytest.mark.parametrize(("said", "edge"), [("#t=99", "last"), ("#t=-5", "first")])
def test_an_address_outside_of_the_run_leads_to_its_edge(
    pages: Pages, broken: Recorded, said: str, edge: str
) -> None:
    """The cursor is at the start or the end, and in sight."""
    view = opened(pages, broken, said)
    time = {"first": 0, "last": broken.data.index.end}[edge]
    view.page.wait_for_function("(time) => raftlab.cursor().time === time", arg=time)
    sight = view.call("view")
    assert sight["first"] <= time <= sight["last"]
    assert sight["last"] - sight["first"] > 0.1e9


def test_unknown_names_in_an_address_are_told(pages: Pages, broken: Recorded) -> None:
    """They are passed over; the rest of the address counts."""
    view = opened(pages, broken, "#t=1.5&s=99&f=123456789")
    announced(view, "no server “99” and no fact #123456789")
    assert view.call("cursor") == {"time": 1.5e9, "fact": NONE}
    other = opened(pages, broken, "#f=123456789")
    announced(other, "no fact #123456789")
    at_fact(other, broken.data.index.pins[0].at)


def test_an_address_of_a_server_alone_chooses_it(
    pages: Pages, broken: Recorded
) -> None:
    """Everything else is as on any page: it opens on the finding."""
    view = opened(pages, broken, "#s=3")
    at_fact(view, broken.data.index.pins[0].at)
    address_says(view, "s=3&")
    shown(view)
    assert view.text("#servers tr.chosen .name") == "S3"
    before = view.call("cursor"), view.call("view")
    view.page.evaluate("location.hash = '#s=1'")
    address_says(view, "s=1&f=")
    assert (view.call("cursor"), view.call("view")) == before


def test_an_address_names_the_selected_operation(
    pages: Pages, service: Recorded
) -> None:
    """Beside the moment of the cursor; alone it is selected and in sight."""
    view = opened(pages, service, "#t=1.5&s=2")
    view.call("select", 3)
    other = opened(pages, service, address_says(view, "#t=1.5&s=2&o=3&w="))
    other.page.wait_for_function("() => raftlab.selected() === 3")
    assert other.call("cursor") == {"time": 1.5e9, "fact": NONE}
    assert close_to(other.call("view"), view.call("view"))
    last = view.call("operationCount") - 1
    alone = opened(pages, service, f"#o={last}")
    alone.page.wait_for_function(f"() => raftlab.selected() === {last}")
    assert last in alone.call("visibleOperations")
    alone.page.evaluate("location.hash = '#o=1'")
    alone.page.wait_for_function("() => raftlab.selected() === 1")
    alone.page.evaluate(f"location.hash = '#o={last + 1}'")
    announced(alone, f"no operation “{last + 1}”")
    assert f"no operation “{last + 1}”" in alone.text("#address-note")
    assert alone.call("selected") == 1


def test_the_address_keeps_what_is_in_sight(pages: Pages, broken: Recorded) -> None:
    """After zooming, dragging and Fit it leads to the same stretch of time."""
    view = opened(pages, broken, "#t=1.5&w=1.4..1.6")
    canvas = view.page.locator("#canvas").bounding_box()
    assert canvas is not None
    x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + 8

    def drag() -> None:
        view.page.mouse.move(x, y)
        view.page.mouse.down()
        view.page.mouse.move(x - 80, y, steps=4)
        view.page.mouse.up()

    moves: list[Callable[[], object]] = [
        lambda: view.page.keyboard.press("+"),
        drag,
        lambda: view.page.click("#fit"),
    ]
    for move in moves:
        before = view.call("view")
        move()
        assert view.call("view") != before
        other = opened(pages, broken, address_of_sight(view))
        assert close_to(other.call("view"), view.call("view"))


def test_zooming_keeps_the_cursor_where_it_is(view: View) -> None:
    """Keys and buttons zoom around it, or around the middle if it is out of sight."""
    view.call("show", 1e9, 1.4e9)
    view.call("setCursor", 1.1e9)
    x = view.call("xOf", 1.1e9)
    for zoom in ("+", "#zoom-in", "-", "#zoom-out"):
        if zoom.startswith("#"):
            view.page.click(zoom)
        else:
            view.page.keyboard.press(zoom)
        assert abs(view.call("xOf", 1.1e9) - x) < 1
    view.call("setCursor", 0)
    view.call("show", 1e9, 1.4e9)
    view.page.keyboard.press("+")
    sight = view.call("view")
    assert abs((sight["first"] + sight["last"]) / 2 - 1.2e9) < 1e3


def test_enter_zooms_to_the_selected_call(view: View, broken: Recorded) -> None:
    """From the sending to the end, whichever of its facts is selected."""
    calls = broken.data.parts[0].calls
    call = next(i for i, ended in enumerate(calls.ended) if ended != NONE)
    times = [broken.facts[i[call]].time * 1e9 for i in (calls.sent, calls.ended)]
    view.call("fit")
    view.call("selectFact", calls.handed[call])
    at_fact(view, calls.handed[call])
    view.page.keyboard.press("Enter")
    sight = view.call("view")
    assert sight["first"] <= times[0] <= times[1] <= sight["last"]
    assert sight["last"] - sight["first"] < 2 * (times[1] - times[0])
    started = next(i for i, f in enumerate(broken.facts) if f.kind == "started")
    view.call("fit")
    view.call("selectFact", started)
    at_fact(view, started)
    view.page.keyboard.press("Enter")
    sight = view.call("view")
    assert sight["first"] <= broken.facts[started].time * 1e9 <= sight["last"]
    assert sight["last"] - sight["first"] < 0.2e9


# Keyboard and screen readers


def test_the_keyboard_reaches_every_control(view: View) -> None:
    """Tab passes all that can be used, and shows where it is."""
    controls = view.page.evaluate(
        """() => [...document.querySelectorAll(
            "button, select, input, summary, canvas[tabindex]")]
            .filter((one) => one.checkVisibility() && !one.disabled)
            .length"""
    )
    view.page.evaluate("() => { window.walked = new Set(); document.body.focus(); }")
    for _ in range(controls + 30):
        view.page.keyboard.press("Tab")
        has_outline = view.page.evaluate(
            """() => {
                const one = document.activeElement;
                if (one === document.body) return true;
                if (one.matches("button, select, input, summary, canvas")) {
                    walked.add(one);
                }
                return getComputedStyle(one).outlineStyle !== "none";
            }"""
        )
        assert has_outline
    assert view.page.evaluate("walked.size") == controls


def test_a_walk_with_keys_alone(view: View, broken: Recorded) -> None:
    """Search, match, cause, server, instant and help, without touching the mouse."""
    press = view.page.keyboard.press
    press("/")
    view.page.keyboard.type("kind:saved server:1")
    press("Enter")
    view.page.wait_for_function(
        "() => document.querySelector('#details .meta').textContent.includes('saved')"
    )
    view.page.focus("#canvas")
    before = view.call("cursor")["fact"]
    press("ArrowRight")
    later = broken.positions(lambda fact: fact.server == "server-0-1")
    at_fact(view, min(i for i in later if i > before))
    press("ArrowDown")
    shown(view)
    assert view.text("#servers tr.chosen .name") == "S2"
    press("End")
    assert view.call("cursor")["time"] == view.page.evaluate(
        "raftlab.fact(raftlab.factCount - 1).time"
    )
    press("?")
    assert view.page.locator("#help").is_visible()
    press("Escape")
    assert view.page.locator("#help").is_hidden()


def test_moving_the_cursor_is_announced(view: View) -> None:
    """The live region says time, server, role, term, log and commit."""
    view.call("setCursor", 0.8e9)
    view.page.wait_for_function(
        "() => document.getElementById('announcer').textContent.startsWith('0.8')"
    )
    assert re.fullmatch(
        r"0\.8000 s, server \d, \w+ in term \d+, log to \d+, committed \d+",
        view.text("#announcer"),
    )


def test_help_lists_every_key(view: View) -> None:
    """The dialog is a dialog, and says what each key does."""
    view.page.click("#help-button")
    help_text = view.text("#help")
    for word in (
        "what was found",
        "the promise",
        "fault",
        "election",
        "play",
        "term:5",
    ):
        assert word in help_text
    view.page.click("#help-close")
    assert view.page.locator("#help").is_hidden()


@pytest.mark.parametrize(("colour_scheme", "size"), SCREENS)
def test_axe_finds_no_violation(
    pages: Pages,
    service: Recorded,
    colour_scheme: Literal["light", "dark"],
    size: tuple[int, int],
) -> None:
    """With everything open that can be: panel, details, threads, facts, menus, help."""
    view = opened(pages, service, "#t=1.5&s=1", colour_scheme=colour_scheme, size=size)
    view.call("selectFact", len(service.facts) // 2)
    view.page.evaluate("document.getElementById('threads').open = true")
    shown(view)
    assert violations(view) == []
    view.page.get_by_role("tab", name="Facts").click()
    view.page.evaluate("document.getElementById('filter').open = true")
    view.page.fill("#search", "trem:5")
    assert violations(view) == []
    view.page.get_by_role("tab", name="Operations").click()
    assert violations(view) == []
    view.page.evaluate("document.getElementById('help').showModal()")
    assert violations(view) == []


def test_a_phone_shows_and_reaches_everything(pages: Pages, broken: Recorded) -> None:
    """Nothing is wider than the screen, and fingers hit what they aim at."""
    view = opened(pages, broken, size=PHONE)
    assert view.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert small_targets(view) == []
    outside = """(width) => [...document.querySelectorAll(
            ".toolbar *, #finding *, #cursor-panel button, #cursor-panel select")]
        .filter((one) => one.checkVisibility() && !one.closest(".table-scroll"))
        .map((one) => [one.id || one.tagName, one.getBoundingClientRect()])
        .filter(([, box]) => box.left < 0 || box.right > width + 0.5)
        .map(([id, box]) => `${id} ${box.left}..${box.right}`)"""
    assert view.page.evaluate(outside, PHONE[0]) == []
    view.page.get_by_role("tab", name="Facts").click()
    shown(view)
    text = view.page.locator("#facts-view .row .cell:last-child").first.bounding_box()
    assert text is not None
    assert text["width"] > PHONE[0] / 3
    assert text["x"] + text["width"] <= PHONE[0]
    assert view.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    view.page.get_by_role("tab", name="Timeline").click()
    panel = view.page.locator("#cursor-panel").bounding_box()
    canvas = view.page.locator("#canvas").bounding_box()
    assert panel is not None
    assert canvas is not None
    assert panel["y"] >= canvas["y"] + canvas["height"]


# Threads, pages without a run, the script


def test_threads_say_what_they_wait_for(view: View, broken: Recorded) -> None:
    """At the cursor's instant, from the waits that were recorded."""
    waits = broken.data.waits
    view.call("setCursor", 1e9)
    view.page.locator("#threads summary").click()
    view.page.wait_for_function(
        "() => document.querySelector('#thread-list').children.length > 0"
    )
    current = {
        waits.strings[waits.thread[i]]
        for i, (since, until) in enumerate(zip(waits.since, waits.until, strict=True))
        if since <= 1e9 and (until == NONE or until > 1e9)
    }
    assert current
    for name in current:
        assert name in view.text("#thread-list")


def test_a_page_without_a_run_has_none_of_it(open_page: OpenPage) -> None:
    """A history alone is shown as ever."""
    view = open_page(legal(run(20)))
    for selector in (
        "#cursor-panel",
        "#tab-facts",
        "#filter",
        "#match-on",
    ):
        assert view.page.locator(selector).is_hidden()
    assert "Click an operation" in view.text("#details")


def test_no_two_scripts_define_the_same_name() -> None:
    """The files are joined in one scope, where the later one would win."""
    folder = resources.files("tester1.timeline") / "assets"
    names = Counter(
        name
        for script in html.SCRIPTS
        for name in re.findall(
            r"^(?:async )?(?:function|class|const|let) (\w+)",
            (folder / f"{script}.js").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    "hash_", ["#t=" + "9" * 400, "#t=99999999999999999999", "#w=1..2&s=77", "#%"]
)
def test_an_address_of_nowhere_shows_the_run(
    pages: Pages, broken: Recorded, hash_: str
) -> None:
    """The cursor and what is in sight lie within the run, whatever it says."""
    view = opened(pages, broken, hash_)
    sight, time = view.call("view"), view.call("cursor")["time"]
    end = broken.data.index.end
    assert 0 <= time <= end
    assert sight["first"] < sight["last"]
    assert sight["first"] <= end


def test_names_of_objects_are_no_fields_of_a_search(
    pages: Pages, service: Recorded
) -> None:
    """Whoever looks for `constructor:x` is told which fields there are."""
    view = opened(pages, service)
    view.page.fill("#search", "constructor:x")
    shown(view)
    assert "There is no field “constructor”" in view.text("#search-note")
