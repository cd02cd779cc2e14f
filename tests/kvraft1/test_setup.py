"""What the key/value tests print and write: titles and marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvraft1.testing.kvtest import ClientResult, PutMark
from kvraft1.testing.scaffold import Setup, make_keys


@pytest.mark.parametrize(
    ("setup", "title"),
    [
        (
            Setup(part="4B basic", clients=1, servers=5),
            "Test: one client (4B basic)",
        ),
        (
            Setup(part="p", clients=5, servers=5, crash=True, partitions=True),
            "Test: restarts, partitions, many clients (p)",
        ),
        (
            Setup(part="p", clients=15, servers=7, maxraftstate=1000, random_keys=True),
            "Test: snapshots, random keys, many clients (p)",
        ),
        (
            Setup(part="4B progress in majority", clients=0, servers=5),
            "Test: one client (4B progress in majority)",
        ),
    ],
)
def test_titles_are_the_courses(setup: Setup, title: str) -> None:
    """The title is put together the way the course's harness does it."""
    assert setup.title == title


@pytest.mark.parametrize(
    ("reliable", "crash", "partitions", "strict"),
    [
        (True, False, False, True),
        (False, False, False, False),
        (True, True, False, False),
        (True, False, True, False),
    ],
)
def test_puts_are_counted_strictly_only_without_faults(
    reliable: bool, crash: bool, partitions: bool, strict: bool
) -> None:
    """Any fault can leave a Put's outcome unknown, so that counts may differ."""
    setup = Setup(
        part="p",
        clients=1,
        servers=3,
        reliable=reliable,
        crash=crash,
        partitions=partitions,
    )
    assert setup.strict is strict


@given(st.integers(), st.integers(0))
def test_a_mark_is_read_back(client: int, version: int) -> None:
    """What a client has put is recognised when somebody reads it."""
    mark = PutMark(client, version)
    assert PutMark.decode(mark.encode()) == mark


@given(st.text())
def test_other_values_are_no_marks(text: str) -> None:
    """A value that no client has put is not taken for one, and does not raise."""
    assert PutMark.decode(text) is None


def test_results_add_up() -> None:
    """The totals of clients are sums of both counts."""
    assert sum([ClientResult(1, 2), ClientResult(3, 4)], ClientResult()) == (
        ClientResult(4, 6)
    )
    assert make_keys(3) == ["k0", "k1", "k2"]
