"""The page of a run as the tester writes it: operations, labels, and when it is due."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labrt import Fact
from tester1.facts.kinds import (
    CheckBegun,
    CheckFailed,
    CheckPassed,
    ClerkCalled,
    ClerkReturned,
    FaultMade,
    Noted,
    RuleBroken,
)
from tester1.lab import RunFailure
from tester1.porcupine import KvModel, check
from tester1.porcupine.model import NEVER, Verdict
from tester1.timeline.annotations import Colour
from tester1.timeline.operations import clerks_of, history_of
from tester1.timeline.picture import annotations_of, failure_of, write_picture
from tester1.timeline.run_schema import Op
from tests.tester1.stories import Story, name

LABELS = [
    ("Test Info", "TestX", 0.0, None, Colour.INFO),
    ("Failure", "partition = [0] [1 2]", 1.0, 2.0, Colour.FAULT),
    ("Checker", "one leader", 2.0, 3.0, Colour.SUCCESS),
    ("Failure", "crash = [1]", 2.0, 3.5, Colour.FAULT),
    ("mine", "asked", 3.5, None, Colour.USER),
    ("Checker", "no leader", 3.5, 4.0, Colour.FAILURE),
    ("Failure", "crash = [2]", 3.75, 4.0, Colour.FAULT),
]


def labelled() -> list[Fact]:
    """Facts of a test with faults, checks and a label of the solution's."""
    story = Story(servers=3)
    story.add(Noted(row="Test Info", label="TestX"))
    story.time = 1.0
    story.add(FaultMade(row="Failure", label="partition = [0] [1 2]"))
    story.time = 2.0
    story.add(FaultMade(row="Failure", label="end of partition = [0] [1 2]"))
    story.add(FaultMade(row="Failure", label="crash = [1]"))
    story.add(CheckBegun(row="Checker", label="looking"))
    story.time = 3.0
    story.add(CheckPassed(row="Checker", label="one leader"))
    story.time = 3.5
    story.add(FaultMade(row="Failure", label="end of crash = [1]"))
    story.add(Noted(row="mine", label="asked"))
    story.add(CheckBegun(row="Checker", label="looking again"))
    story.time = 3.75
    story.add(FaultMade(row="Failure", label="crash = [2]"))
    story.time = 4.0
    story.add(CheckFailed(row="Checker", label="no leader", details="for 5 s"))
    return story.facts


def test_labels_are_told_by_facts() -> None:
    """Faults last until the next one or their end, checks from where they began."""
    found = [
        (one.tag.removeprefix("$ "), one.text, one.start, one.end, one.colour)
        for one in annotations_of(labelled())
    ]
    assert sorted(found, key=str) == sorted(LABELS, key=str)


def test_how_a_run_failed() -> None:
    """The last check that failed, or the rule that broke; of a pass nothing."""
    facts = labelled()
    assert failure_of(facts) == RunFailure("for 5 s")
    assert failure_of(facts[:-1]) is None
    broken = RuleBroken(
        rule="r", section="5", sentence="both lead", servers=(name(0), name(1))
    )
    assert failure_of([*facts, broken]) == RunFailure("both lead", (name(0), name(1)))


def clerks() -> list[Fact]:
    """Two clerks: a Put that returns, a Get that sees it, a Put that never returns."""
    story = Story(servers=3)

    def call(clerk: str, operation: str, at: float, **fields: Any) -> int:
        story.time = at
        called = ClerkCalled(clerk=clerk, operation=operation, key="k", **fields)
        return story.add(called).number

    put = call("client-a", "Put", 1.0, value="v")
    get = call("client-b", "Get", 1.5)
    story.time = 2.0
    for clerk, operation, number, fields in (
        ("client-a", "Put", put, {"err": "OK"}),
        ("client-b", "Get", get, {"err": "OK", "value": "v", "version": 1}),
    ):
        story.add(
            ClerkReturned(
                clerk=clerk, operation=operation, key="k", cause=number, **fields
            )
        )
    call("client-a", "Put", 3.0, value="w", version=1)
    return story.facts


def test_operations_are_told_by_facts() -> None:
    """Every call of a clerk is an operation, those that never returned as well."""
    found = history_of(clerks())
    assert found is not None
    result, numbers = found
    assert numbers == {"client-a": 0, "client-b": 1}
    assert result.verdict is Verdict.OK
    (partition,) = result.partitions
    times = [(one.client, one.call, one.ret) for one in partition.operations]
    assert sorted(times) == [(0, 1.0, 2.0), (0, 3.0, NEVER), (1, 1.5, 2.0)]
    assert history_of(Story(servers=3).facts) is None


def test_a_recorded_history_keeps_its_clients() -> None:
    """A client of the test's own history is drawn where its clerk's calls begin."""
    facts = clerks()
    found = history_of(facts)
    assert found is not None
    (partition,) = found[0].partitions
    history = [
        # As tests record it: under other numbers, and a moment before the clerk.
        type(one)(
            one.client + 40, one.input, one.output, float(one.call) - 1e-5, one.ret
        )
        for one in partition.operations
    ]
    recorded = check(KvModel(), history)
    assert clerks_of(recorded, facts) == {"client-a": 40, "client-b": 41}


def text_of(page: str, name: str) -> Any:
    """A text of a page, decoded as its script does it."""
    found = re.search(rf'<script type="text/plain" id="{name}">([^<]*)</script>', page)
    assert found is not None, f"the page has no {name}"
    return json.loads(zlib.decompress(base64.b64decode(found[1]), -15))


def test_a_page_has_its_run_in_parts(tmp_path: Path) -> None:
    """What has to be read first comes before the script, all else behind it."""
    path = tmp_path / "page.html"
    facts = clerks()
    write_picture(path, facts, annotations=annotations_of(facts), title="TestX")
    page = path.read_text()
    data = re.search(r'id="raftlab-data">(.*?)</script>', page)
    assert data is not None
    index = json.loads(data[1])["run"]
    assert index["count"] == len(facts)
    lanes = dict(zip(index["programs"], index["lanes"], strict=True))
    assert lanes == {name(0): -1, name(1): -1, name(2): -1} | {
        "client-a": 0,
        "client-b": 1,
    }
    assert len(text_of(page, "facts-0")["facts"]["kind"]) == len(facts)
    assert set(text_of(page, "states")["op"]) == {Op.ALIVE, Op.APPLIED}
    script = page.index('"use strict"')
    assert page.index('id="states"') < page.index('id="facts-0"') < script
    assert script < page.index('id="waits"')


Make = Callable[[], list[Fact]]


@pytest.mark.parametrize("make", [labelled, clerks])
def test_equal_facts_give_an_equal_page(make: Make, tmp_path: Path) -> None:
    """Two pages of one run are the same, to the byte."""
    pages = [tmp_path / "one.html", tmp_path / "other.html"]
    for path in pages:
        write_picture(path, make(), annotations=annotations_of(make()))
    one, other = (re.sub(r'"elapsed":[^,]*', "", p.read_text()) for p in pages)
    assert one == other
