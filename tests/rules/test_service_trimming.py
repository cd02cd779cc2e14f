"""The rule of snapshots in time."""

from __future__ import annotations

from tester1.facts.kinds import Saved, SnapshotTaken
from tests.rules.service_streams import SERVER, Stream

LIMIT = 100


def grown(steps: int, size: int = 100, *, state: int = 900) -> Stream:
    """Commands of so many bytes are applied for a tenth of a second each."""
    stream = Stream(maxraftstate=LIMIT)
    for step in range(steps):
        stream.add(Saved(server=SERVER, state=state, snapshot=0))
        stream.applied(step + 1, size)
        stream.after(0.1)
    return stream


def test_a_log_that_is_not_trimmed() -> None:
    """For a second of progress, over eight times the limit."""
    stream = grown(12)
    assert stream.broken == "snapshots in time"
    assert "has been over 800 since 0.0000 s" in stream.sentence


def test_not_for_long() -> None:
    """There is time to take a snapshot."""
    assert grown(10).broken == ""


def test_a_state_below_the_limit() -> None:
    """However much is applied."""
    assert grown(30, state=800).broken == ""


def test_a_log_of_what_is_not_applied() -> None:
    """A snapshot would not cover what makes it large."""
    assert grown(30, size=10).broken == ""


def test_a_snapshot_is_taken() -> None:
    """The state may still be large, by what is not committed."""
    stream = grown(9)
    stream.add(SnapshotTaken(server=SERVER, index=9))
    for step in range(9):
        stream.add(Saved(server=SERVER, state=900, snapshot=10))
        stream.applied(10 + step, 100)
        stream.after(0.1)
    assert stream.broken == ""


def test_a_pause() -> None:
    """While nothing is applied nothing can be trimmed."""
    stream = grown(9)
    stream.after(5.0).applied(10, 100)
    assert stream.broken == ""


def test_a_restart() -> None:
    """The next incarnation has to see for itself how large its log is."""
    stream = grown(9)
    stream.start(SERVER, 2)
    stream.after(5.0).applied(1, 1000)
    assert stream.broken == ""


def test_without_a_limit() -> None:
    """Servers that take no snapshots keep their whole log."""
    stream = Stream()
    for step in range(30):
        stream.add(Saved(server=SERVER, state=9000, snapshot=0))
        stream.applied(step + 1, 100)
        stream.after(0.1)
    assert stream.broken == ""
