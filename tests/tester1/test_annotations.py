"""Annotations: fault texts, checks, continuous states, and the repaired quirks."""

import itertools

import pytest

from labrt import Facts
from tester1.timeline.annotations import (
    TAG_CHECKER,
    TAG_FAILURE,
    TAG_INFO,
    Annotation,
    Annotations,
    Colour,
)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    """The clock of `annotations`."""
    return Clock()


@pytest.fixture
def annotations(clock: Clock) -> Annotations:
    """Annotations of a test of five servers that begins at time 0."""
    annotations = Annotations(clock)
    annotations.test("TestX", 5)
    return annotations


def on(tag: str, annotations: Annotations) -> list[Annotation]:
    """The records of one row."""
    return [record for record in annotations.records() if record.tag == tag]


def fault(annotations: Annotations) -> str:
    """The text of the last fault."""
    assert annotations.last_fault is not None
    return annotations.last_fault.text


def test_beginning_of_a_test(annotations: Annotations) -> None:
    """A test begins with its name and its number of servers."""
    (record,) = annotations.records()
    assert record.text == "TestX (5 servers)"
    assert (record.tag, record.end, record.colour) == (TAG_INFO, None, Colour.INFO)


def test_new_test_forgets_the_old_one(annotations: Annotations) -> None:
    """Nothing of an earlier test is left, an open fault included."""
    annotations.shutdown([1])
    annotations.test("TestY", 3)
    assert [record.text for record in annotations.records()] == ["TestY (3 servers)"]
    assert annotations.last_fault is None


@pytest.mark.parametrize(
    ("connected", "crashed", "text"),
    [
        ("11110", "", "partition = [4] [0 1 2 3]"),
        ("01110", "", "partition = [0] [4] [1 2 3]"),
        ("11111", "24", "partition = [0 1 3] / crash = [2 4]"),
        ("01111", "04", "partition = [1 2 3] / crash = [0 4]"),
        ("00000", "", "partition = [0] [1] [2] [3] [4]"),
        ("11111", "01234", "partition = / crash = [0 1 2 3 4]"),
    ],
)
def test_fault_text(
    annotations: Annotations, connected: str, crashed: str, text: str
) -> None:
    """Disconnected live servers stand alone, then the connected ones, then crashes."""
    annotations.shutdown(map(int, crashed))
    annotations.connection([flag == "1" for flag in connected])
    assert fault(annotations) == text


def test_fault_lasts_until_it_changes(annotations: Annotations, clock: Clock) -> None:
    """A new fault closes the previous one; the healing closes the last."""
    clock.time = 1
    annotations.connection([False, True, True, True, True])
    clock.time = 2
    annotations.shutdown([1])
    clock.time = 3
    annotations.restart([1])
    clock.time = 4
    annotations.connection([True] * 5)
    assert [(r.start, r.end, r.text) for r in on(TAG_FAILURE, annotations)] == [
        (1, 2, "partition = [0] [1 2 3 4]"),
        (2, 3, "partition = [0] [2 3 4] / crash = [1]"),
        (3, 4, "partition = [0] [1 2 3 4]"),
    ]


def test_unchanged_flags_record_nothing(annotations: Annotations) -> None:
    """Saying again what is known already does not split an interval."""
    annotations.shutdown([1, 2])
    before = annotations.records()
    annotations.shutdown([2])
    annotations.connection([True] * 5)
    assert annotations.records() == before


def test_two_partitions_and_healing(annotations: Annotations, clock: Clock) -> None:
    """A partition is told by its two sides and ends when the failure is cleared."""
    annotations.two_partitions([0, 1, 3], [2, 4])
    clock.time = 5
    annotations.clear_failure()
    (record,) = on(TAG_FAILURE, annotations)
    assert (record.text, record.end) == ("partition = [0 1 3] [2 4]", 5)
    assert record.colour is Colour.FAULT


def test_what_is_done_to_links(annotations: Annotations) -> None:
    """It adds up, beside what the flags tell, and ends link by link."""

    def fault() -> str:
        last = annotations.last_fault
        return "" if last is None or last.end is not None else last.text

    annotations.test("t", 3)
    annotations.link_cut(1, 0)
    annotations.link_cut(2, 0)
    assert fault() == "cut: 1 > 0, 2 > 0"
    annotations.links_held([(0, 1)])
    annotations.links_healed([(2, 0)])
    assert fault() == "cut: 1 > 0 / held: 0 > 1"
    annotations.connection([False, True, True])
    assert fault() == "partition = [0] [1 2] / held: 0 > 1"
    annotations.connection([True, True, True])
    assert fault() == "held: 0 > 1"
    annotations.links_healed([(0, 1)])
    assert fault() == ""
    last = annotations.last_fault
    assert last is not None
    assert last.text == "held: 0 > 1"
    annotations.link_cut(1, 0)
    annotations.clear_failure()
    annotations.shutdown([2])
    assert fault() == "partition = [0 1] / crash = [2]"


def test_shutdown_and_restart_of_all(annotations: Annotations) -> None:
    """After a restart of everybody no fault is left open."""
    annotations.shutdown_all()
    assert fault(annotations) == "partition = / crash = [0 1 2 3 4]"
    annotations.restart_all()
    assert all(r.end is not None for r in on(TAG_FAILURE, annotations))
    annotations.continuous_end(TAG_FAILURE)
    assert len(on(TAG_FAILURE, annotations)) == 1


def test_check_with_a_beginning(annotations: Annotations, clock: Clock) -> None:
    """An outcome is drawn from the beginning of its check, with both texts."""
    clock.time = 1
    annotations.checker_begin("checking for a leader")
    clock.time = 2
    annotations.checker_success("leader found", "leader in term 3 = 1")
    (record,) = on(TAG_CHECKER, annotations)
    assert (record.start, record.end) == (1, 2)
    assert record.details == "checking for a leader: leader in term 3 = 1"
    assert record.colour is Colour.SUCCESS


def test_beginning_serves_one_outcome(annotations: Annotations, clock: Clock) -> None:
    """An outcome without a beginning of its own is a point (28.1 repaired)."""
    annotations.checker_begin("first")
    clock.time = 1
    annotations.checker_neutral("again", "retry")
    clock.time = 2
    annotations.checker_failure("failed", "no beginning")
    first, second = on(TAG_CHECKER, annotations)
    assert first.colour is Colour.NEUTRAL
    assert (second.start, second.end, second.details) == (2, None, "no beginning")
    assert second.colour is Colour.FAILURE


def test_ending_what_was_never_begun(annotations: Annotations) -> None:
    """Nothing is recorded for the end of a state that is not open (28.2 repaired)."""
    before = annotations.records()
    annotations.continuous_end("mine")
    annotations.clear_failure()
    assert annotations.records() == before


def test_students_annotations(annotations: Annotations, clock: Clock) -> None:
    """Points, intervals and continuous states on a row of the student's own."""
    annotations.point("mine", "p", "point")
    start = annotations.timestamp()
    clock.time = 1
    annotations.interval("mine", start, "i", "interval")
    annotations.continuous("mine", "c1", "state")
    clock.time = 2
    annotations.continuous("mine", "c2", "state")
    clock.time = 3
    assert [(r.start, r.end, r.text) for r in on("mine", annotations)] == [
        (0, None, "p"),
        (0, 1, "i"),
        (1, 2, "c1"),
        (2, 3, "c2"),
    ]
    assert {r.colour for r in on("mine", annotations)} == {Colour.USER}


def test_finish_closes_and_finalizes(annotations: Annotations, clock: Clock) -> None:
    """The end of a test closes open states at that time and adds its label."""
    annotations.shutdown([3])
    clock.time = 7
    annotations.finish("test failed")
    clock.time = 9
    (crash,) = on(TAG_FAILURE, annotations)
    assert crash.end == 7
    assert annotations.records()[-1].text == "test failed"
    assert annotations.finalized


def test_records_are_ordered_by_start(annotations: Annotations, clock: Clock) -> None:
    """Whatever the order in which they were closed, records come by their start."""
    annotations.continuous("mine", "long", "")
    for clock.time in range(1, 4):
        annotations.info(f"at {clock.time}", "")
    annotations.continuous_end("mine")
    starts = [record.start for record in annotations.records()]
    assert all(a <= b for a, b in itertools.pairwise(starts))


def test_annotations_are_facts(clock: Clock) -> None:
    """Faults and outcomes stand among the other facts of the run."""
    facts = Facts(most=None)
    annotations = Annotations(clock, facts)
    annotations.test("TestX", 3)
    annotations.shutdown([0])
    annotations.restart([0])
    annotations.checker_failure("no leader", "none")
    assert [(fact.kind, fact.place, fact.text()) for fact in facts.kept] == [
        ("note", "Test Info", "TestX (3 servers)"),
        ("fault", "Failure", "partition = [1 2] / crash = [0]"),
        ("fault", "Failure", "end of partition = [1 2] / crash = [0]"),
        ("check failed", "Checker", "no leader"),
    ]
