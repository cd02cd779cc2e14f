"""What the answers of the labs' key/value service mean to the model and its sweep."""

from __future__ import annotations

import pytest

from tester1.porcupine import (
    KvInput,
    KvModel,
    KvOp,
    KvOutput,
    Maybe,
    Operation,
    Verdict,
    check,
)
from tester1.porcupine.model import Engine
from tests.porcupine.builders import get, put

LOST = KvModel(maybe=Maybe.LOST)
LENIENT = KvModel(existing=False)


def verdict(*history: Operation, model: KvModel | None = None) -> Verdict:
    """The one verdict of both engines."""
    chosen = model or KvModel()
    swept = check(chosen, history)
    assert {part.engine for part in swept.partitions} <= {Engine.SWEEP}
    assert check(chosen, history, engine=Engine.SEARCH).verdict is swept.verdict
    return swept.verdict


def test_version_of_a_get_counts() -> None:
    """A Get with the right value and the wrong version is illegal."""
    assert verdict(put("a", 0, 0, 1), get("a", 2, 2, 3)) is Verdict.ILLEGAL


def test_error_of_a_get_counts() -> None:
    """ErrNoKey is illegal once the key exists, even if its value is empty."""
    assert verdict(put("", 0, 0, 1), get("", 0, 2, 3)) is Verdict.ILLEGAL
    assert verdict(put("", 0, 0, 1), get("", 1, 2, 3)) is Verdict.OK


def test_put_to_a_key_that_does_not_exist() -> None:
    """ErrNoKey answers a Put of any version but 0, before the key exists."""
    assert verdict(put("a", 3, 0, 1, "ErrNoKey")) is Verdict.OK
    assert verdict(put("a", 0, 0, 1, "ErrNoKey")) is Verdict.ILLEGAL
    late = put("b", 3, 2, 3, "ErrNoKey")
    assert verdict(put("a", 0, 0, 1), late) is Verdict.ILLEGAL


def test_err_version_tells_that_the_key_existed() -> None:
    """Only a lenient server answers ErrVersion for a key that does not exist."""
    early = put("b", 2, 0, 1, "ErrVersion")
    assert verdict(early) is Verdict.ILLEGAL
    assert verdict(early, model=LENIENT) is Verdict.OK
    assert verdict(early, put("a", 0, 1, 2)) is Verdict.OK


def test_err_version_for_version_one_needs_version_two() -> None:
    """A Put of version 1 is refused for its version only once version 2 is there."""
    refused = put("b", 1, 2, 3, "ErrVersion")
    first = put("a", 0, 0, 1)
    assert verdict(first, refused) is Verdict.ILLEGAL
    assert verdict(first, put("c", 1, 3, 4), refused) is Verdict.OK
    assert verdict(first, put("c", 1, 3.5, 4), refused) is Verdict.ILLEGAL


def test_err_version_while_the_version_was_there() -> None:
    """ErrVersion is illegal if the version was the one asked for all along."""
    first, second = put("a", 0, 0, 1), put("b", 1, 2, 3)
    refused = put("c", 2, 4, 5, "ErrVersion")
    assert verdict(first, second, refused) is Verdict.ILLEGAL
    assert verdict(first, second, refused, put("d", 2, 5, 6)) is Verdict.OK


def test_maybe_put_may_have_succeeded_or_not() -> None:
    """After ErrMaybe both outcomes are fine if something else explains the refusal."""
    first = put("a", 0, 0, 1)
    maybe = put("b", 1, 2, 3, "ErrMaybe")
    other = put("c", 1, 2, 3)
    assert verdict(first, maybe, get("b", 2, 4, 5)) is Verdict.OK
    assert verdict(first, maybe, other, get("c", 2, 4, 5)) is Verdict.OK


def test_maybe_put_was_refused_if_it_did_not_succeed() -> None:
    """ErrMaybe takes a version that differs, unless a clerk just gives up."""
    history = [
        put("a", 0, 0, 1),
        put("b", 1, 2, 3, "ErrMaybe"),
        get("a", 1, 4, 5),
    ]
    assert verdict(*history) is Verdict.ILLEGAL
    assert verdict(*history, model=LOST) is Verdict.OK


@pytest.mark.parametrize("model", [KvModel(), LOST])
def test_maybe_put_does_not_succeed_after_its_return(model: KvModel) -> None:
    """An ErrMaybe Put took effect before it returned, if ever."""
    history = [
        put("a", 0, 0, 1),
        put("b", 1, 2, 3, "ErrMaybe"),
        get("a", 1, 4, 5),
        get("b", 2, 6, 7),
    ]
    assert verdict(*history, model=model) is Verdict.ILLEGAL


def test_put_that_never_returned_succeeds_at_any_time_or_never() -> None:
    """A Put without a return may take effect long after its call."""
    history = [put("a", 0, 0, 1), put("b", 1, 2), get("a", 1, 4, 5)]
    assert verdict(*history) is Verdict.OK
    assert verdict(*history, get("b", 2, 6, 7)) is Verdict.OK
    assert verdict(*history, get("b", 2, 6, 7), get("a", 1, 8, 9)) is Verdict.ILLEGAL


@pytest.mark.parametrize(
    "output",
    [
        KvOutput("a", 0, "OK"),
        KvOutput("a", 0, "ErrNoKey"),
        KvOutput("", 0, "ErrWrongLeader"),
    ],
)
def test_answers_that_no_clerk_gives(output: KvOutput) -> None:
    """A Get with an impossible answer is illegal by itself."""
    history = [Operation(1, KvInput(KvOp.GET, "x"), output, 0, 1)]
    assert verdict(*history) is Verdict.ILLEGAL
    assert check(KvModel(), history).reason.endswith("no server gives that answer")


def test_operations_that_touch_are_concurrent() -> None:
    """Times are closed intervals: a Get called as a Put returns may miss it."""
    assert verdict(put("a", 0, 0, 1), get("", 0, 1, 2)) is Verdict.OK
    assert verdict(put("a", 0, 0, 1), get("", 0, 1.5, 2)) is Verdict.ILLEGAL


def test_refusals_split_the_instants_of_a_version() -> None:
    """The sweep keeps instants apart that an ErrVersion separates."""
    history = [
        put("a", 0, 0, 10),
        put("b", 1, 0, 10),
        put("c", 1, 4, 6, "ErrVersion"),
        get("a", 1, 3, 3),
    ]
    assert verdict(*history) is Verdict.OK
    assert verdict(*history, get("a", 1, 7, 7)) is Verdict.ILLEGAL


def test_descriptions_are_the_courses() -> None:
    """Pictures name operations as the course's do."""
    model = KvModel()
    one, two = put("a", 0, 0, 1), get("a", 1, 2, 3)
    assert (
        model.describe_operation(one.input, one.output)
        == "put('x', 'a', '0') -> ('OK')"
    )
    assert (
        model.describe_operation(two.input, two.output)
        == "get('x') -> ('a', '1', 'OK')"
    )
    assert model.describe_operation(one.input, None) == "put('x', 'a', '0') -> ?"
