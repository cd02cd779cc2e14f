"""What must hold for every type and value, and for any bytes at all."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import labgob
from labgob.codec import encode_exactly
from labgob.compiler import plan_of
from labgob.reading import reader_of
from tests.labgob.typed_values import (
    ANYTHING,
    DICT,
    INTEGERS,
    LEAF_TYPES,
    LIST,
    TUPLE,
    TYPES,
    Typed,
    record_types,
    register_all,
    same,
    typed_values,
)

pytestmark = pytest.mark.usefixtures("_registered")

fewer = settings(max_examples=80)


@pytest.fixture(autouse=True)
def _registered() -> None:
    register_all()


def refusal(data: bytes, kind: Any) -> str:
    """The text of the DecodeError that decoding raises, or "" if it does not."""
    try:
        labgob.decode(data, kind)
    except labgob.DecodeError as error:
        return str(error)
    return ""


@fewer
@given(typed_values())
def test_round_trip(typed: tuple[Any, Any]) -> None:
    """Decoding gives back the value, with every type as it was."""
    kind, value = typed
    assert same(labgob.decode(labgob.encode(value), kind), value)


@fewer
@given(record_types(LEAF_TYPES), st.data())
def test_round_trip_of_records_in_every_position(
    typed: Typed, data: st.DataObject
) -> None:
    """A class need not be registered where the type asked for mentions it."""
    cls, values = typed
    value = data.draw(values)
    for kind, whole in (
        (cls, value),
        (LIST[cls], [value, value]),
        (DICT[int, cls], {1: value}),
        (TUPLE[int, cls], (1, value)),
        (cls | None, value),
    ):
        assert same(labgob.decode(labgob.encode(whole), kind), whole)


@fewer
@given(ANYTHING)
def test_anything_keeps_its_types(value: Any) -> None:
    """Plain data and registered records survive where no type is declared."""
    assert same(labgob.decode(labgob.encode(value), Any), value)


@fewer
@given(typed_values(), TYPES)
def test_wrong_type_is_refused_or_gives_that_type(
    typed: tuple[Any, Any], other: Typed
) -> None:
    """Asking for another type gives a proper value of that type, or DecodeError."""
    data = labgob.encode(typed[1])
    try:
        value = labgob.decode(data, other[0])
    except labgob.DecodeError:
        return
    assert same(labgob.decode(labgob.encode(value), other[0]), value)


@fewer
@given(TYPES, st.binary(max_size=40))
def test_random_bytes_raise_nothing_but_decode_error(typed: Typed, data: bytes) -> None:
    """Whatever the bytes are, the outcome is a value or DecodeError."""
    assert refusal(data, typed[0]).count("\n") == 0


@fewer
@given(typed_values(), st.data())
def test_damaged_messages_raise_nothing_but_decode_error(
    typed: tuple[Any, Any], data: st.DataObject
) -> None:
    """A valid message with one byte changed is decoded, or DecodeError is raised."""
    kind, value = typed
    message = bytearray(labgob.encode(value))
    at = data.draw(st.integers(0, len(message) - 1))
    message[at] = data.draw(st.integers(0, 255))
    assert refusal(bytes(message), kind).count("\n") == 0


@fewer
@given(typed_values())
def test_every_prefix_is_refused(typed: tuple[Any, Any]) -> None:
    """A message that was cut short anywhere is never taken for a whole one."""
    kind, value = typed
    message = labgob.encode(value)
    for length in range(len(message)):
        with pytest.raises(labgob.DecodeError):
            labgob.decode(message[:length], kind)


@fewer
@given(st.lists(typed_values(), max_size=5))
def test_streams_keep_values_apart(typed: list[tuple[Any, Any]]) -> None:
    """Values come out of a stream in order, and then there are no more."""
    buffer = io.BytesIO()
    encoder = labgob.NewEncoder(buffer)
    for _, value in typed:
        encoder.Encode(value)
    decoder = labgob.NewDecoder(buffer.getvalue())
    for kind, value in typed:
        assert same(decoder.Decode(kind), value)
    with pytest.raises(labgob.DecodeError, match="no further value"):
        decoder.Decode(int)


@fewer
@given(typed_values())
def test_fast_and_exact_paths_agree(typed: tuple[Any, Any]) -> None:
    """The fast path gives the bytes and the values of the exact path, sooner."""
    kind, value = typed
    message = labgob.encode(value)
    assert message == encode_exactly(value)
    labgob.decode(message, kind)
    assert same(reader_of(plan_of(kind)).read_exactly(message), value)


@given(INTEGERS)
def test_integers_of_any_size(value: int) -> None:
    """Integers have no limit, in typed fields or outside."""
    assert labgob.decode(labgob.encode(value), int) == value
    assert labgob.decode(labgob.encode([value]), list[int]) == [value]
