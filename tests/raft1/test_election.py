"""The rules of elections, sections 5.2 and 5.4.1."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raft1.election import (
    ELECTION_TIMEOUT_MAX_S,
    ELECTION_TIMEOUT_MIN_S,
    draw_election_timeout,
    is_up_to_date,
    may_grant_vote,
)
from raft1.leadership import HEARTBEAT_S

LOG_ENDS = st.tuples(st.integers(0, 4), st.integers(0, 4))
LogEnd = tuple[int, int]


def at_least(one: LogEnd, other: LogEnd) -> bool:
    """Whether a log that ends with `one` is as up-to-date as one with `other`."""
    return is_up_to_date(*one, than_term=other[0], than_index=other[1])


@given(LOG_ENDS, LOG_ENDS, LOG_ENDS)
def test_up_to_date_is_a_total_preorder(a: LogEnd, b: LogEnd, c: LogEnd) -> None:
    """Any two logs compare, and the comparison is transitive: somebody can win."""
    assert at_least(a, b) or at_least(b, a)
    assert not (at_least(a, b) and at_least(b, c)) or at_least(a, c)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param((3, 1), (2, 9), True, id="a later term beats length"),
        pytest.param((2, 9), (3, 1), False, id="length does not beat a later term"),
        pytest.param((2, 5), (2, 4), True, id="of one term, the longer log"),
        pytest.param((2, 4), (2, 5), False, id="of one term, not the shorter log"),
        pytest.param((2, 5), (2, 5), True, id="equal logs may lead each other"),
    ],
)
def test_up_to_date(one: LogEnd, other: LogEnd, expected: bool) -> None:
    """The cases of the end of section 5.4.1."""
    assert at_least(one, other) is expected


@pytest.mark.parametrize("voted_for", [None, 0, 1])
@pytest.mark.parametrize("up_to_date", [True, False])
def test_one_vote_per_term(voted_for: int | None, up_to_date: bool) -> None:
    """A vote goes to the first that asks, again to the same one, or to nobody."""
    granted = may_grant_vote(voted_for, 1, up_to_date=up_to_date)
    assert granted == (up_to_date and voted_for != 0)


def test_election_timeouts_leave_room_for_lost_heartbeats() -> None:
    """The bounds hold, and the shortest wait still spans three heartbeats."""
    numbers = random.Random(1)
    drawn = [draw_election_timeout(numbers.random) for _ in range(1000)]
    assert ELECTION_TIMEOUT_MIN_S <= min(drawn) < max(drawn) <= ELECTION_TIMEOUT_MAX_S
    assert ELECTION_TIMEOUT_MIN_S > 3 * HEARTBEAT_S
