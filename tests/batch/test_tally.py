"""What runs add up to: counts, equal failures, and when there is no more to learn."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.batch.results.tally import GiveUp, Outlook, group_failures
from tester1.batch.runs.jobs import Record, Status
from tests.batch.records import failed, passed, tally

RULE = GiveUp(alike=3, stopped=2, stopped_later=4, hanging=3, wasted_s=100.0)
STOPPED = Status.STOPPED


def test_counts() -> None:
    """Passed, failed and total are counted, and the failures are sorted by seed."""
    result = tally([passed(1), failed("x", 9), failed("x", 2), passed(3)])
    assert (result.passed, result.failed, result.total) == (2, 2, 4)
    assert [record.key.seed for record in result.failures] == [2, 9]


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50))
def test_mean_and_deviation_of_the_time(times: list[float]) -> None:
    """They are those of all runs so far, also after one was asked for before."""
    result = tally([passed(wall_s=time) for time in times[:-1]])
    assert result.mean_s == pytest.approx(statistics.fmean(times[:-1]), abs=1e-6)
    assert result.deviation_s >= 0.0
    result.add(passed(wall_s=times[-1]))
    assert result.mean_s == pytest.approx(statistics.fmean(times), abs=1e-6)
    assert result.deviation_s == pytest.approx(statistics.stdev(times), abs=1e-3)


def test_mean_and_deviation_of_too_few() -> None:
    """Without a run there is no mean, and a single one says nothing of the spread."""
    assert tally([]).mean_s == 0.0
    assert tally([passed(wall_s=3.0)]).deviation_s == 0.0


def test_lost_runs_do_not_count() -> None:
    """What a worker took along with it says nothing about the submission."""
    assert tally([failed("gone", status=Status.LOST)]).total == 0


def test_failures_that_differ_in_numbers_are_equal() -> None:
    """Numbers and quoted values tell runs apart, not failures."""
    messages = [
        "apply error: commit index=2 server=2 13 != server=1 12",
        "apply error: commit index=17 server=0 -5 != server=1 4",
        "no leader in terms [3, 4, 5]",
        "no leader in terms [1]",
        "no leader in terms [8, 9]\nand what follows is not looked at: 'x'",
        "follow the leader's commit (5.3): server 1 applied index 2, and so on",
        "follow the leader's commit (5.3): server 0 applied no less",
        "commit own term only (5.4.2): server 1 applied index 2, and so on",
    ]
    groups = group_failures(failed(text, i) for i, text in enumerate(messages))
    assert [group.seeds for group in groups] == [[2, 3, 4], [0, 1], [5, 6], [7]]


@pytest.mark.parametrize(
    ("records", "given_up"),
    [
        ([failed("a 1"), failed("a 2")], False),
        ([failed("a 1"), failed("a 2"), failed("a 3")], True),
        ([failed("a"), failed("b"), failed("a")], False),
        ([passed(), failed("a"), failed("a"), failed("a")], False),
        ([failed("a", status=STOPPED), failed("b", status=STOPPED)], True),
        (
            [failed("a", status=STOPPED), failed("b"), failed("c", status=STOPPED)],
            False,
        ),
        ([passed(), *[failed("a", status=STOPPED)] * 3], False),
        ([passed(), *[failed("a", status=STOPPED)] * 4], True),
    ],
)
def test_a_test_is_given_up(records: list[Record], given_up: bool) -> None:
    """A test that never passes is given up soon, one that hangs now and then later."""
    assert tally(records).given_up(RULE) is given_up
    assert not tally(records).given_up(GiveUp())


@pytest.mark.parametrize(
    ("records", "given_up"),
    [
        ([failed("a", status=STOPPED)] * 2, False),
        ([failed("a", status=STOPPED)] * 3, True),
        ([passed(), *[failed("a", status=STOPPED)] * 9], False),
        ([failed("a", wall_s=99.0)], False),
        ([failed("a", wall_s=50.0)] * 2, True),
    ],
)
def test_a_submission_is_given_up(records: list[Record], given_up: bool) -> None:
    """One that passes nothing must not cost the class its time."""
    outlook = Outlook()
    for record in records:
        outlook.add(record)
    assert outlook.given_up(RULE) is given_up
    assert not outlook.given_up(GiveUp())
