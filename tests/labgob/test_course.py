"""The course's three tests of labgob, in their Python form."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import pytest

import labgob


@dataclass
class T1:
    """Two integers and two strings."""

    T1int0: int = 0
    T1int1: int = 0
    T1string0: str = ""
    T1string1: str = ""


@dataclass
class T2:
    """Records in a list, in a dict, and in a field that anything may be in."""

    T2slice: list[T1] = field(default_factory=list)
    T2map: dict[int, T1 | None] = field(default_factory=dict)
    T2t3: Any = None


@dataclass
class T3:
    """What travels in the field of type Any."""

    T3int999: int = 0


@dataclass(frozen=True)
class T4:
    """A key with a field that does not travel."""

    Yes: int
    _no: int = 0


@dataclass
class T5:
    """One integer, for the check of used variables."""

    X: int = 0


def test_gob() -> None:
    """A stream gives back every value, down to the class inside an Any field."""
    before = labgob.error_count()
    x1 = T1(0, 1, "", "6.5840")
    x2 = T2([T1(), x1], {99: T1(1, 2, "x", "y")}, T3(999))
    labgob.Register(T3)
    buffer = io.BytesIO()
    encoder = labgob.NewEncoder(buffer)
    for value in (0, 1, x1, x2):
        encoder.Encode(value)
    decoder = labgob.NewDecoder(buffer.getvalue())
    assert decoder.Decode(int) == 0
    assert decoder.Decode(int) == 1
    assert decoder.Decode(T1) == x1
    decoded = decoder.Decode(T2)
    assert decoded == x2
    assert type(decoded.T2t3) is T3
    assert labgob.error_count() == before


def test_capital(capsys: pytest.CaptureFixture[str]) -> None:
    """A field that does not travel is reported once, through lists and dict keys."""
    before = labgob.error_count()
    buffer = io.BytesIO()
    labgob.NewEncoder(buffer).Encode([{T4(1, 2): 3}])
    decoded = labgob.NewDecoder(buffer.getvalue()).Decode(list[dict[T4, int]])
    assert decoded == [{T4(1, 0): 3}]
    assert labgob.error_count() == before + 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("labgob error: underscore field _no of ")


def test_default() -> None:
    """Decoding into an instance that holds something already is reported."""
    before = labgob.error_count()
    buffer = io.BytesIO()
    labgob.NewEncoder(buffer).Encode(T5(0))
    target = T5(99)
    assert labgob.NewDecoder(buffer.getvalue()).Decode(target) is target
    assert target.X == 0
    assert labgob.error_count() == before + 1
