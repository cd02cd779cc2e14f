"""`raftlab logs`, its exports, `raftlab show`, and the document of what they read."""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from labrpc.facts import LinkCut
from labrt import Fact, ProgramEnded
from tester1.facts.file import read_facts, write_facts
from tester1.facts.kinds import AnyFact, FaultMade, Noted, TaskWaits, Waited
from tester1.solution import REFERENCE_ROOT
from tester1.view.cells import Words
from tester1.view.shiviz import PARSER
from tests.cli.conftest import FACTS, Raftlab
from tests.tester1.stories import APPEND, VOTE, Story, append, vote, voted

# Logs


def test_columns(raftlab: Raftlab, trace: Path) -> None:
    """All facts, in a column for each server; the newest trace is found by itself."""
    ended = raftlab("logs")
    assert ended.status == 0
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert lines == [
        "server-0-0 server-0-1",
        "0.0000 starts",
        "0.0000 starts",
        "1.2500 →1 vote for 0? T1 log 0/0",
        "1.5000 ←0 vote for 0? T1 log 0/0",
        "1.5000 print term 1: a vote for 0",
        "2.0000 -- Checker: leader in term 1 = 0",
    ]
    indents = [line.index(line.split()[1]) for line in ended.out.splitlines()[1:6]]
    assert indents[0] == indents[2] == 11
    assert indents[1] == indents[3] == indents[4] > 40


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ("--server 1", ["0.0000", "1.5000", "1.5000", "2.0000"]),
        ("--server 0 --server 1 --kind sent --kind printed", ["1.2500", "1.5000"]),
        ("--from 1 --to 1.5", ["1.2500", "1.5000", "1.5000"]),
        ("--from 1 --until 1.25", ["1.2500"]),
        ("--last 2", ["1.5000", "2.0000"]),
        ("--last 1 --server 0 --kind sent", ["1.2500"]),
    ],
)
def test_choice_of_facts(
    raftlab: Raftlab, trace: Path, options: str, times: list[str]
) -> None:
    """Servers, kinds, a stretch of time and a number can be chosen."""
    ended = raftlab("logs", trace, *options.split())
    assert [line.split()[0] for line in ended.out.splitlines()[1:]] == times


END: list[Fact] = [
    TaskWaits(number=7, time=2.0, server="server-0-0", thread="a", reason="x", since=1),
    TaskWaits(
        number=8,
        time=2.0,
        server="server-0-1",
        thread="b",
        reason="y",
        since=1.5,
        line="raft.py:7 in b: x",
    ),
    LinkCut(number=9, time=2.0, server="server-0-0", peer="server-0-1"),
    ProgramEnded(number=10, time=2.0, server="server-0-0", incarnation=1),
    Noted(number=11, time=2.0, row="Test Info", label="test passed"),
]
"""How a simulated run ends behind `FACTS`: how threads stand, and the end of all."""


@pytest.mark.parametrize("waits", [END[:2], []], ids=["sim", "process"])
def test_the_end_is_left_out(
    raftlab: Raftlab, tmp_path: Path, waits: list[Fact]
) -> None:
    """The last facts are those of the run, and not of its being torn down.

    Those that are asked for by their kind are shown.
    """
    path = tmp_path / "x.trace"
    write_facts(path, [*FACTS, *waits, *END[2:]])
    whole = tmp_path / "y.trace"
    write_facts(whole, FACTS)
    assert raftlab("logs", path).out == raftlab("logs", whole).out
    last = raftlab("logs", path, "--last", "2").out.splitlines()
    assert [line.split()[0] for line in last[1:]] == ["1.5000", "2.0000"]
    (ended,) = raftlab("logs", path, "--kind", "ended").out.splitlines()[1:]
    assert ended.split()[:2] == ["2.0000", "ends"]


def test_a_wait_has_a_line_or_none(raftlab: Raftlab, tmp_path: Path) -> None:
    """Nothing stands for the line where there is none."""
    path = tmp_path / "x.trace"
    write_facts(path, [*FACTS, *END])
    lines = raftlab("logs", path, "--kind", "waits").out.splitlines()[1:]
    assert [" ".join(line.split()) for line in lines] == [
        "2.0000 a waits for x since 1.000 s",
        "2.0000 b waits for y since 1.500 s, raft.py:7 in b: x",
    ]


def test_waits_are_shown_if_they_are_asked_for(
    raftlab: Raftlab, tmp_path: Path
) -> None:
    """They are as many as all the rest; exports have them as what is printed has."""
    waited = Waited(
        number=7, time=2.0, server="server-0-0", thread="a", reason="x", since=0.5
    )
    often = msgspec.structs.replace(waited, number=8, times=3, line="raft.py:7 in b: x")
    path = tmp_path / "x.trace"
    write_facts(path, [*FACTS, waited, often])
    whole = tmp_path / "y.trace"
    write_facts(whole, FACTS)
    assert raftlab("logs", path).out == raftlab("logs", whole).out
    assert raftlab("logs", path, "--last", "1").out == (
        raftlab("logs", whole, "--last", "1").out
    )
    lines = raftlab("logs", path, "--kind", "waited").out.splitlines()[1:]
    assert [" ".join(line.split()) for line in lines] == [
        "2.0000 a waited for x since 0.500 s",
        "2.0000 a waited for x since 0.500 s, 3 times, raft.py:7 in b: x",
    ]
    for options, count in (([], 0), (["--kind", "waited"], 2)):
        raftlab("logs", path, "--export", "shiviz", *options)
        text = path.with_suffix(".shiviz.log").read_text()
        assert text.count("waited for x") == count


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("--server 4", "raftlab: the trace has no server 4; it has 0, 1"),
        (
            "--kind send",
            "raftlab: the trace has no kind of fact send; it has check passed, handed "
            "over, printed, sent, started",
        ),
        ("none.trace", "raftlab: cannot read none.trace: No such file or directory"),
        (
            "page.html",
            "raftlab: page.html:1 is no beginning of a file of facts; raftlab replay "
            "writes them, and pytest --trace-events",
        ),
        (
            "--artifacts none",
            "raftlab: there is no trace '*.trace' in none; make one with raftlab "
            "replay, or name the folder with --artifacts",
        ),
        (
            "-o x.json",
            "raftlab: -o is where --export writes: name one of perfetto and shiviz",
        ),
        (
            "--export shiviz -o none/x",
            "raftlab: cannot write none/x: No such file or directory",
        ),
        (
            "--until nan",
            "raftlab: nothing is between 0 s and nan s: --from has to be at or before "
            "--until, both in seconds of the run",
        ),
        (
            "--from 5 --to 1",
            "raftlab: nothing is between 5 s and 1 s: --from has to be at or before "
            "--until, both in seconds of the run",
        ),
    ],
)
def test_refusals(raftlab: Raftlab, trace: Path, arguments: str, line: str) -> None:
    """What is not there is named, with what is."""
    Path("page.html").write_text("<html>\n")
    assert raftlab("logs", *arguments.split()).refusal == line


# Exports


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """The trace of a story: a vote, lost heartbeats, a fault."""
    story = Story()
    story.time = 0.5
    sent = story.call(0, 1, VOTE, vote(5, 0, (12, 4)), voted(5, True))
    # As the network has it: each names the one before as its cause.
    for earlier, fact in itertools.pairwise(story.facts[-4:]):
        fact.cause = earlier.number
    assert sent.cause == 0
    lost = story.send(0, 2, APPEND, append(5, 0))
    story.time = 0.75
    story.lose(lost, "request lost").cause = lost.number
    story.add(FaultMade(row="Failure", label="partition = [0] [1 2]"))
    path = tmp_path / "told.trace"
    write_facts(path, story.facts)
    return path


def exported(raftlab: Raftlab, told: Path, *arguments: str) -> dict[str, Any]:
    """What `--export perfetto` has written."""
    ended = raftlab("logs", told, "--export", "perfetto", *arguments)
    path = told.with_suffix(".perfetto.json")
    assert ended.out == f"{path}\n"
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def test_perfetto(raftlab: Raftlab, told: Path) -> None:
    """A process for each program, a slice for each fact, calls from end to end."""
    events = exported(raftlab, told)["traceEvents"]
    names = {
        event["args"]["name"]: event["pid"]
        for event in events
        if event["name"] == "process_name"
    }
    assert sorted(names) == ["server-0-0", "server-0-1", "server-0-2", "test"]
    facts = read_facts(told).facts
    slices = [event for event in events if event["ph"] == "X"]
    assert [event["args"]["number"] for event in slices] == [f.number for f in facts]
    assert [event["ts"] for event in slices] == [
        pytest.approx(fact.time * 1e6) for fact in facts
    ]
    spans: dict[str, list[float]] = {}
    for event in events:
        if event["ph"] in "be":
            spans.setdefault(f"{event['cat']} {event['name']}", []).append(event["ts"])
    assert spans == {
        "call →1 vote for 0? T5 log 12/4": [500000, 500300],
        "handler ←0 vote for 0? T5 log 12/4": [500100, 500200],
        "call →2 heartbeat T5 prev 0/0 commit 0": [500300, 750000],
    }


def test_perfetto_draws_arrows_from_causes(raftlab: Raftlab, told: Path) -> None:
    """Both ends of an arrow are at the slices of two facts, at which it can begin."""
    events = exported(raftlab, told)["traceEvents"]
    slices = {(e["pid"], e["tid"], e["ts"]) for e in events if e["ph"] == "X"}
    arrows = [event for event in events if event["ph"] in "sf"]
    assert [event["ph"] for event in arrows] == ["s", "f"] * 4
    for arrow in arrows:
        assert (arrow["pid"], arrow["tid"], arrow["ts"]) in slices


def test_an_export_is_of_the_chosen_facts(raftlab: Raftlab, told: Path) -> None:
    """Whose causes may be left out."""
    events = exported(raftlab, told, "--server", "1", "--kind", "answered")
    kinds = [e["cat"] for e in events["traceEvents"] if e["ph"] == "X"]
    assert kinds == ["answered"]
    assert not [e for e in events["traceEvents"] if e["ph"] in "sfbe"]


def clocks(raftlab: Raftlab, told: Path, *arguments: str) -> list[tuple[Any, ...]]:
    """The events that ShiViz's own expression finds: host, clock, text."""
    ended = raftlab("logs", told, "--export", "shiviz", "-o", "x.log", *arguments)
    assert ended.out == "x.log\n"
    text = Path("x.log").read_text()
    assert text.splitlines()[0] == f"# parser: {PARSER}"
    # JavaScript's groups, as Python calls them.
    parser = re.compile(PARSER.replace("(?<", "(?P<"))
    return [
        (found["host"], json.loads(found["clock"]), found["event"])
        for found in parser.finditer(text)
    ]


def test_shiviz(raftlab: Raftlab, told: Path) -> None:
    """One event a fact, and clocks that grow with each event of a host by one."""
    found = clocks(raftlab, told)
    assert len(found) == len(read_facts(told).facts)
    counts: dict[str, int] = {}
    for host, clock, _ in found:
        counts[host] = counts.get(host, 0) + 1
        assert clock[host] == counts[host]


def test_clocks_tell_what_follows_from_what(raftlab: Raftlab, told: Path) -> None:
    """An event knows of its causes, and of what was before them, even if left out."""
    options = ("--kind", "sent", "--kind", "delivered", "--kind", "answered")
    found = {
        event.split(maxsplit=1)[1]: clock
        for _, clock, event in clocks(raftlab, told, *options)
    }
    assert found == {
        "→1 vote for 0? T5 log 12/4": {"server-0-0": 1},
        # By way of the arrival, which is not shown.
        "→0 granted T5": {"server-0-0": 1, "server-0-1": 1},
        "←1 granted T5": {"server-0-0": 2, "server-0-1": 1},
        "→2 heartbeat T5 prev 0/0 commit 0": {"server-0-0": 3, "server-0-1": 1},
    }


# The document


def test_every_kind_and_field_is_documented() -> None:
    """`docs/facts.md` has a row for each kind, with exactly the fields that it has."""
    text = (REFERENCE_ROOT / "docs" / "facts.md").read_text()
    rows = re.findall(r"^\| `([a-z ]+)` \| .* \| (.*) \|$", text, re.MULTILINE)
    documented = {kind: re.findall(r"`(\w+)`", fields) for kind, fields in rows}
    assert documented == {
        kind.__struct_config__.tag: [
            field.name
            for field in msgspec.structs.fields(kind)
            # What all have, and what travels as bytes, which no file has.
            if field.name not in COMMON and field.type is not bytes
        ]
        for kind in get_args(AnyFact)
    }
    common = re.findall(r"^\| `(\w+)` \| [^|]* \|$", text, re.MULTILINE)
    assert set(common) == {*COMMON, "kind"}


COMMON = tuple(field.name for field in msgspec.structs.fields(Fact))


def test_the_sample_of_the_document_is_read(tmp_path: Path) -> None:
    """What it shows of a file is one."""
    text = (REFERENCE_ROOT / "docs" / "facts.md").read_text()
    path = tmp_path / "x.trace"
    path.write_text(re.findall(r"```\n(.*?)```", text, re.DOTALL)[0])
    recording = read_facts(path)
    assert recording.about["test"] == "test_persist_2_3C"
    assert Words(recording.facts).cell(recording.facts[0]).full == (
        "→1 vote for 0? T1 log 0/0"
    )


# Show


def test_newest_timeline(raftlab: Raftlab, tmp_path: Path) -> None:
    """The newest page of all, of a test, or the one of a run."""
    folder = tmp_path / "raftlab-artifacts"
    folder.mkdir()
    stem = "test_initial_election_3A"
    for age, name in enumerate([f"{stem}-1", f"{stem}-2", "test_backup_3B-1"]):
        (folder / f"{name}.html").touch()
        os.utime(folder / f"{name}.html", (age, age))
    shown = [
        raftlab("show", *options.split()).out.strip()
        for options in ("", "TestInitialElection3A", f"{stem} --seed 1")
    ]
    assert shown == [
        "raftlab-artifacts/test_backup_3B-1.html",
        f"raftlab-artifacts/{stem}-2.html",
        f"raftlab-artifacts/{stem}-1.html",
    ]


def test_open(
    raftlab: Raftlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--open` opens the page that is printed."""
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    (tmp_path / "run-1.html").touch()
    ended = raftlab("show", "--artifacts", ".", "--open")
    assert ended.out == "run-1.html\n"
    assert opened == [str(tmp_path / "run-1.html")]


def test_no_timeline(raftlab: Raftlab) -> None:
    """A test that has left none is refused."""
    assert raftlab("show", "TestBackup3B").refusal.startswith(
        "raftlab: there is no timeline 'test_backup_3B-*.html' in raftlab-artifacts; "
    )


def test_a_trace_is_made_into_a_page(raftlab: Raftlab, told: Path) -> None:
    """Beside the trace, or where -o says; and it says whose run it is of."""
    assert raftlab("show", str(told)).out == f"{told.with_suffix('.html')}\n"
    page = told.with_suffix(".html").read_text()
    assert '"kind":"failure"' not in page
    assert '"servers":3' in page
    raftlab("show", str(told), "-o", "other.html")
    assert Path("other.html").read_text() == page


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("none.trace", "raftlab: cannot read none.trace: No such file or directory"),
        (
            "no.trace",
            "raftlab: no.trace:1 is no beginning of a file of facts; raftlab replay "
            "writes them, and pytest --trace-events",
        ),
        ("none.trace --seed 1", "raftlab: a trace is of one seed: leave --seed out"),
        (
            "TestBackup3B -o x.html",
            "raftlab: -o is where the page of a trace goes: name a trace",
        ),
    ],
)
def test_refusals_of_show(raftlab: Raftlab, arguments: str, line: str) -> None:
    """What is no trace is named."""
    Path("no.trace").write_text("<html>\n")
    assert raftlab("show", *arguments.split()).refusal == line


def test_a_page_that_cannot_be_written(raftlab: Raftlab, told: Path) -> None:
    """It says where, and what to do."""
    refusal = raftlab("show", str(told), "-o", "none/x.html").refusal
    assert refusal == (
        "raftlab: cannot write the visualization to none/x.html: No such file or "
        "directory; choose a file in a directory that exists and can be written to"
    )


@pytest.mark.parametrize("wrong", ["waits since ever", "nested too deep"])
def test_a_trace_that_no_run_has_left(raftlab: Raftlab, told: Path, wrong: str) -> None:
    """Whoever edits a file of facts is told that it cannot be drawn, or is none."""
    fact = {"kind": "waits", "thread": "t", "reason": "r", "since": -1e300}
    line = json.dumps(fact)
    if wrong == "nested too deep":
        line = f'{{"kind":"printed","line":"x","more":{"[" * 99_999}{"]" * 99_999}}}'
    told.write_text(f"{told.read_text()}{line}\n")
    refusal = raftlab("show", str(told)).refusal
    assert refusal.startswith(f"raftlab: {told}")
