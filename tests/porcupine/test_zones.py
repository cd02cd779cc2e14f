"""Where zones apply, where they do not, and what they see."""

from __future__ import annotations

from tester1.porcupine import AppendModel, Engine, Operation, Verdict, check
from tests.porcupine.builders import append, overwrite, read


def outcome(*history: Operation) -> tuple[Verdict, Engine]:
    """The verdict, which the search must share, and the engine used."""
    (partition,) = check(AppendModel(), history).partitions
    searched = check(AppendModel(), history, engine=Engine.SEARCH)
    assert searched.verdict is partition.verdict
    return partition.verdict, partition.engine


def test_order_of_appends_is_in_the_text() -> None:
    """A text that ends an append before another began must not have them reversed."""
    first, second = append("a", 0, 1), append("b", 2, 3)
    assert outcome(first, second, read("ab", 4, 5)) == (Verdict.OK, Engine.ZONES)
    assert outcome(first, second, read("ba", 4, 5)) == (Verdict.ILLEGAL, Engine.ZONES)


def test_lost_append() -> None:
    """An append that returned is in every later text."""
    history = [append("a", 0, 1), append("b", 2, 3), read("b", 4, 5)]
    assert outcome(*history) == (Verdict.ILLEGAL, Engine.ZONES)


def test_text_that_nobody_wrote() -> None:
    """A text must be made of what was put and appended."""
    assert outcome(append("a", 0, 1), read("z", 2, 3))[0] is Verdict.ILLEGAL


def test_forward_zones_must_not_overlap() -> None:
    """Two puts cannot each be read before and after the other."""
    history = [
        overwrite("a", 0, 1),
        overwrite("b", 0, 4),
        read("a", 2, 3),
        read("b", 5, 6),
    ]
    assert outcome(*history) == (Verdict.OK, Engine.ZONES)
    assert outcome(*history, read("a", 7, 8)) == (Verdict.ILLEGAL, Engine.ZONES)


def test_backward_zone_inside_a_forward_zone() -> None:
    """A put cannot hide between a put and a later read of the same text."""
    history = [overwrite("a", 0, 1), overwrite("b", 2, 3), read("a", 4, 5)]
    assert outcome(*history) == (Verdict.ILLEGAL, Engine.ZONES)


def test_write_that_never_returned_may_be_read_or_not() -> None:
    """A pending append is needed only by the texts that have it."""
    history = [append("a", 0), append("b", 1, 2)]
    assert outcome(*history, read("b", 3, 4))[0] is Verdict.OK
    assert outcome(*history, read("b", 3, 4), read("ba", 5, 6))[0] is Verdict.OK
    assert outcome(*history, read("ba", 3, 4), read("b", 5, 6))[0] is Verdict.ILLEGAL


def test_equal_appends_are_told_apart_by_time() -> None:
    """Which of two equal appends made a text follows from when they ran."""
    history = [append("a", 0, 1), read("a", 2, 3), append("a", 4, 5), read("aa", 6, 7)]
    assert outcome(*history) == (Verdict.OK, Engine.ZONES)
    assert outcome(*history, read("a", 8, 9)) == (Verdict.ILLEGAL, Engine.ZONES)


def test_text_with_two_origins_that_was_read_of_one() -> None:
    """A text that was put twice is fine if all reads can be of one of the puts."""
    history = [overwrite("a", 0, 1), read("a", 2, 3), overwrite("a", 4, 5)]
    assert outcome(*history) == (Verdict.OK, Engine.ZONES)


def test_text_that_was_held_twice_is_left_to_the_search() -> None:
    """Zones say nothing where the reads of a text must be of two puts."""
    twice = [
        overwrite("a", 0, 1),
        read("a", 2, 3),
        overwrite("b", 4, 5),
        read("b", 6, 7),
        overwrite("a", 8, 9),
        read("a", 10, 11),
    ]
    assert outcome(*twice) == (Verdict.OK, Engine.SEARCH)
    assert outcome(*twice, read("b", 12, 13)) == (Verdict.ILLEGAL, Engine.SEARCH)


def test_text_that_was_put_or_appended() -> None:
    """Either origin of a text is tried."""
    history = [append("a", 0, 5), overwrite("a", 0, 5), append("b", 0, 5)]
    assert outcome(*history, read("ab", 6, 7)) == (Verdict.OK, Engine.ZONES)
    assert outcome(*history, read("b", 6, 7)) == (Verdict.ILLEGAL, Engine.ZONES)


def test_append_that_is_too_late_for_the_first_text() -> None:
    """An append called after a write returned cannot have started from nothing."""
    history = [overwrite("a", 0, 1), read("a", 2, 3), append("a", 4, 5)]
    assert outcome(*history) == (Verdict.OK, Engine.ZONES)


def test_empty_writes_are_left_to_the_search() -> None:
    """A put of nothing brings the first text back."""
    history = [append("a", 0, 1), overwrite("", 2, 3), read("", 4, 5)]
    assert outcome(*history) == (Verdict.OK, Engine.SEARCH)
