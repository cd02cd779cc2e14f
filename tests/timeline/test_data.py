"""The data of a page: numbering, times, sharing, and JSON that cannot escape."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labrt.texts import harmless, harmless_lines
from tester1.porcupine.check import check
from tester1.porcupine.figures import Figure
from tester1.porcupine.kv import KvModel
from tester1.porcupine.kv_history import KvInput, KvOp, KvOutput
from tester1.porcupine.model import Linearization, Operation, Result, Time
from tester1.porcupine.witness import common_length
from tester1.timeline import history_data
from tester1.timeline.annotations import Annotation, Colour
from tester1.timeline.history_data import page_data
from tester1.timeline.schema import PageData, PartData, page_json
from tests.timeline.cases import (
    Explained,
    illegal,
    legal,
    one_partition,
    put,
    run,
    sample_annotations,
)


def data_of(result: Result | None, notes: list[Annotation] | None = None) -> PageData:
    """The data of a page with any title."""
    return page_data(result, notes or [], "title")


def path_of(part: PartData, number: int) -> list[int]:
    """A path of the page with its shared beginning put back."""
    path = part.paths[number]
    start = path_of(part, path.base)[: path.keep] if path.keep else []
    return start + path.order


def test_operations_are_numbered_by_their_calls() -> None:
    """The numbers are in the order of calls over all keys, as are the columns."""
    effects = run(50, keys=3)
    page = data_of(legal(effects))
    calls = sorted(float(effect.operation.call) for effect in effects)
    assert min(page.operations.call) >= 0
    assert sum(page.operations.call) == round(calls[-1] * 1e9)
    texts = [page.strings[i] for i in page.operations.text]
    model = legal(effects).model
    in_order = sorted((effect.operation for effect in effects), key=lambda o: o.call)
    assert texts == [model.describe_operation(o.input, o.output) for o in in_order]


def test_a_linearization_names_operations_by_number() -> None:
    """Steps and states of a key are those of the result, under the page's numbers."""
    effects = run(30, keys=2)
    page = data_of(legal(effects))
    part = page.parts[1]
    expected = [e for e in effects if e.operation.input[1] == part.name]
    assert [page.strings[page.operations.text[i]] for i in path_of(part, 0)] == [
        legal(effects).model.describe_operation(e.operation.input, e.operation.output)
        for e in expected
    ]
    states = [page.strings[i] for i in part.paths[0].states]
    assert states == [repr(effect.state) for effect in expected]


def test_equal_beginnings_are_written_once() -> None:
    """The second partial linearization costs only what is new in it."""
    result = illegal(run(200))
    page = data_of(result)
    first, second = page.parts[0].paths
    assert len(first.order) == 202
    assert (second.base, second.keep, len(second.order)) == (0, 201, 1)
    assert len(path_of(page.parts[0], 1)) == 202


@given(
    st.lists(st.integers(0, 2), max_size=12), st.lists(st.integers(0, 2), max_size=12)
)
def test_common_beginnings_are_as_long_as_they_can_be(
    first: list[int], second: list[int]
) -> None:
    """The search by halving agrees with the comparison step by step."""
    common = common_length(tuple(first), tuple(second))
    assert first[:common] == second[:common]
    longer = first[: common + 1] != second[: common + 1]
    assert longer or common == min(len(first), len(second)) or common == len(first)


def test_paths_beyond_the_room_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partial linearizations that find no room are left out, and the page says so."""
    monkeypatch.setattr(history_data, "MAX_EXTRA_STEPS", 3)
    result = one_partition([put(i, float(i), i + 0.5) for i in range(6)])
    paths = tuple(Linearization(tuple(range(i, 6)), ("s",) * (6 - i)) for i in range(6))
    part = replace(result.partitions[0], explanation=Explained(paths))
    page = data_of(replace(result, partitions=(part,)))
    assert len(page.parts[0].paths) == 1
    assert page.parts[0].omitted == 5


def test_the_reason_links_to_the_operations_it_names() -> None:
    """A link stands behind each operation of the sentence; no word is lost."""
    page = data_of(illegal(run(10)))
    reason, core = page.parts[0].reason, page.parts[0].core
    assert [piece for piece in reason if isinstance(piece, int)] == [core[2], core[1]]
    words = "".join(piece for piece in reason if isinstance(piece, str))
    assert words.replace(")  ", ") ") == illegal(run(10)).reason


def test_a_page_about_a_checked_history() -> None:
    """What the checker says of a stale read arrives, with links, on the page."""
    history = [
        Operation(0, KvInput(KvOp.PUT, "x", "a"), KvOutput(), 0.0, 1.0),
        Operation(1, KvInput(KvOp.GET, "x"), KvOutput(err="ErrNoKey"), 2.0, 3.0),
        Operation(1, KvInput(KvOp.GET, "y"), KvOutput(err="ErrNoKey"), 4.0, 5.0),
    ]
    page = data_of(check(KvModel(), history))
    spoilt, sound = page.parts
    assert (page.verdict, spoilt.verdict, sound.verdict) == ("illegal", "illegal", "ok")
    assert spoilt.core == [0, 1]
    assert {piece for piece in spoilt.reason if isinstance(piece, int)} == {0, 1}
    assert path_of(spoilt, 0) == [0]
    assert path_of(sound, 0) == [2]


def test_times_of_a_run_are_shown_as_they_are() -> None:
    """Seconds since the run began are the ones that logs and failures name."""
    assert data_of(one_partition([put(0, 12.5, 13.0)])).clock == ""


def test_times_of_another_clock_begin_near_zero() -> None:
    """Seconds since 1970 would lose their nanoseconds; the page subtracts an origin."""
    start = 1_700_000_000.25
    page = data_of(one_partition([put(0, start, start + 1)]))
    assert page.clock == "times are seconds after 1700000000"
    assert page.operations.call == [250_000_000]
    assert page.operations.duration == [1_000_000_000]


@pytest.mark.parametrize(
    ("unit", "digits"), [(10**3, 13), (10**6, 16), (10**9, 19)], ids=["ms", "µs", "ns"]
)
def test_times_since_1970_are_told_by_their_size(unit: int, digits: int) -> None:
    """Whole units since 1970 are drawn to the last, and as the time that they are."""
    start = 1_730_000_000 * unit
    assert len(str(start)) == digits
    page = data_of(one_partition([put(0, start, start + 1), put(1, start + 3)]))
    assert page.operations.call == [0, 3 * 10**9 // unit]
    assert page.operations.duration == [10**9 // unit, -1]
    assert page.clock == (
        f"times are seconds after {start}, a second being {unit} in the history"
    )


@given(
    st.lists(st.integers(-(10**40), 10**40), min_size=2, max_size=8, unique=True),
    st.sampled_from([int, float, Figure]),
)
def test_any_times_can_be_drawn(times: list[int], kind: Callable[[int], Time]) -> None:
    """The script gets whole numbers that its floats hold, in the order of the times."""
    calls = [kind(time) for time in sorted(times)]
    page = data_of(one_partition([put(n, time) for n, time in enumerate(calls)]))
    assert page.operations.client == list(range(len(calls)))
    assert all(step >= 0 for step in page.operations.call)
    assert sum(page.operations.call) <= 2**53
    assert page_json(page)


def test_an_operation_without_return_has_no_output() -> None:
    """What never returned has no duration and no output, rather than invented ones."""
    page = data_of(one_partition([put(0, 1.0)]))
    assert page.operations.duration == [-1]
    assert page.operations.output == [-1]


def test_annotations_keep_their_times_texts_and_colours() -> None:
    """Points have no end; colours may be an enum's or plain strings."""
    page = data_of(None, sample_annotations(8.0))
    fault = page.annotations[2]
    assert (fault.start, fault.end) == (2_000_000_000, 4_000_000_000)
    assert fault.colour == Colour.FAULT.value
    assert page.annotations[0].end is None
    assert page.verdict == ""


def test_equal_results_give_equal_pages() -> None:
    """The page depends on nothing but its arguments."""
    first = page_json(data_of(illegal(run(40, keys=3)), sample_annotations(1.0)))
    second = page_json(data_of(illegal(run(40, keys=3)), sample_annotations(1.0)))
    assert first == second


@given(st.text(), st.text(), st.text())
def test_no_value_can_leave_the_script_element(key: str, value: str, tag: str) -> None:
    """The JSON has no character that could end or open markup, and loses nothing."""
    operation = Operation(1, ("put", key, value), "", 0.0, 1.0)
    note = Annotation(tag, 0.0, None, value, key, Colour.USER)
    text = page_json(data_of(one_partition([operation], name=key), [note]))
    assert not set("<>&\u2028\u2029") & set(text)
    page: dict[str, Any] = json.loads(text)
    # What does as it likes with a line of text (controls, marks of direction) is
    # spelled out, and everything else is as it was.
    assert page["parts"][0]["name"] == harmless(key)
    assert page["annotations"][0]["tag"] == harmless(tag)
    assert harmless_lines(repr(("put", key, value))) in page["strings"]


def test_lone_surrogates_do_not_stop_a_page() -> None:
    """Keys that a fuzzer made, and that UTF-8 cannot carry, are shown escaped."""
    operation = put(0, 0.0, 1.0, key="\ud800", value="v")
    page = data_of(one_partition([operation], name="\ud800"))
    assert page.parts[0].name == "\\ud800"
    assert page_json(page)


def test_operations_without_return_do_not_disturb_the_times() -> None:
    """An infinite return stretches neither the origin nor the columns."""
    page = data_of(one_partition([put(0, 0.5), put(1, 0.75, 1.0)]))
    assert page.clock == ""
    assert page.operations.call == [500_000_000, 250_000_000]
