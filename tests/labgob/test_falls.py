"""Falls from the fast path to the exact one are counted, and no other way is a fall."""

from __future__ import annotations

import enum
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field, make_dataclass
from pathlib import Path
from typing import Any

import pytest

import labgob
from labgob.falls import fall_count
from labgob.plan import LITERAL
from labgob.records import RecordPlan

ROOT = Path(__file__).resolve().parents[2]


class Level(enum.IntEnum):
    """Members that are integers too."""

    LOW = 1


class Colour(enum.Enum):
    """Members that travel by name."""

    RED = 1.5


@dataclass
class Entry:
    """A record inside another."""

    number: int
    command: Any = None


@dataclass
class Message:
    """A record of many common types."""

    term: int
    name: str | None = None
    entries: list[Entry] = field(default_factory=list)
    votes: dict[int, bool] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    pair: tuple[int, Colour] = (0, Colour.RED)
    either: Entry | int = 0


# msgspec compares with no integer this large.
Large: Any = make_dataclass("Large", [("number", LITERAL[1, 2**63], 1)])

FULL = Message(
    term=1,
    name="x",
    entries=[Entry(index, "c") for index in range(9)],
    votes={1: True},
    names={"a", "b"},
    pair=(2, Colour.RED),
    either=Entry(3),
)


def wrong(value: Any) -> Any:
    """`value`, for a field that is declared otherwise."""
    return value


def falls_of_round_trip(value: Any, kind: Any) -> int:
    """How often the second trip of a value leaves the fast path."""
    for _ in range(2):
        before = fall_count()
        assert labgob.decode(labgob.encode(value), kind) == value
    return fall_count() - before


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Message(1), Message),
        (FULL, Message),
        ([FULL] * 5, list[Message]),
        ({1: Entry(1, (2, {3}))}, dict[int, Entry]),
        ([1, 2], list[int]),
        ("text", str),
        (Large(), Large),
        (Large(2**63), Large),
    ],
)
def test_common_values_do_not_fall(value: Any, kind: Any) -> None:
    """Nor is it a fall where a type is for the exact path by design."""
    assert falls_of_round_trip(value, kind) == 0


@pytest.mark.parametrize(
    ("value", "kind", "falls"),
    [
        (Entry(2**64), Entry, 2),
        (2**64, int, 2),
        (Entry(wrong(Level.LOW)), Entry, 1),
        ({"k": Entry(2**64)}, dict[str, Entry], 1),
    ],
)
def test_uncommon_values_fall_and_arrive(value: Any, kind: Any, falls: int) -> None:
    """What the fast path is not made for is carried all the same, and counted."""
    assert falls_of_round_trip(value, kind) == falls


def test_integers_in_fields_of_floats_have_one_form() -> None:
    """The first message of a class, by the exact path, is like those after it."""
    point = make_dataclass("Point", [("x", float)])
    first, second = labgob.encode(point(3)), labgob.encode(point(3))
    assert first == second
    assert type(labgob.decode(first, point).x) is float


def test_wrong_values_fall() -> None:
    """The exact path words the error."""
    labgob.encode(Entry(1))
    for value in (Entry(wrong("x")), Entry(1, "\ud800"), object.__new__(Entry)):
        before = fall_count()
        with pytest.raises(labgob.EncodeError):
            labgob.encode(value)
        assert fall_count() == before + 1


def test_memory_with_gaps_falls() -> None:
    """A view that msgspec cannot write is copied by the exact path."""
    every_other = memoryview(b"abcdef")[::2]
    before = fall_count()
    data = labgob.encode(Entry(1, {"a": [every_other]}))
    assert labgob.decode(data, Entry) == Entry(1, {"a": [b"ace"]})
    assert fall_count() <= before + 1


def test_faults_of_the_fast_path_are_not_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it is not known to raise comes out, and is an error of decoding there."""
    labgob.encode(Entry(1))  # from here on there is a plan
    data = labgob.encode(Entry(1))

    def faulty(self: object, value: object) -> Any:
        raise IndexError("a fault")

    monkeypatch.setattr(RecordPlan, "pack", faulty)
    monkeypatch.setattr(RecordPlan, "unpack", faulty)
    with pytest.raises(IndexError, match="a fault"):
        labgob.encode(Entry(1))
    with pytest.raises(labgob.DecodeError, match="a fault"):
        labgob.decode(data, Entry)


@pytest.mark.parametrize("way", ["pack", "unpack"])
@pytest.mark.parametrize(
    "test",
    [
        "tests/raft/test_3a.py::test_initial_election_3A",
        "tests/kvraft/test_rsm.py::test_basic_4A",
    ],
)
def test_the_suites_fail_on_falls(test: str, way: str) -> None:
    """A fast path that only ever gives up makes a test fail that would pass."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.labgob.planted_falls", test],
        cwd=ROOT,
        env={**os.environ, "PLANTED_FALLS": way},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout
    assert re.search(r"labgob has left the fast path \d+ times", run.stdout)
    assert "1 passed, 1 error" in run.stdout
