"""Finding the place where two logs part, and bookkeeping of what agrees."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from raft1.log import Log, LogEntry
from raft1.progress import Conflict, Progress, find_conflict, resume_at
from raft1.rpc import AppendEntriesArgs, InstallSnapshotArgs
from tests.raft1.strategies import related_logs


def back_up(leader: Log, follower: Log, next_index: int) -> tuple[int, int]:
    """Probe as a leader does: (next_index that is accepted, rejections until then).

    A next_index at or before the leader's base stands for sending the snapshot.
    """
    rounds = 0
    while next_index > leader.base_index:
        prev_index = next_index - 1
        conflict = find_conflict(follower, prev_index, leader.term_at(prev_index))
        if conflict is None:
            break
        guess = resume_at(leader, prev_index, conflict)
        assert guess < next_index
        next_index = guess
        rounds += 1
    return next_index, rounds


def agreed_up_to(one: Log, other: Log) -> int:
    """The last index at which both logs are known to agree."""
    first = max(one.base_index, other.base_index)
    last = min(one.last_index, other.last_index)
    same = (i for i in range(last, first - 1, -1) if one.term_at(i) == other.term_at(i))
    return next(same, first)


def terms_behind(log: Log, index: int) -> int:
    """How many terms the entries behind `index` are of."""
    start = max(index, log.base_index) + 1
    return len({log.term_at(i) for i in range(start, log.last_index + 1)})


@given(related_logs())
def test_backing_up_finds_the_place_where_the_logs_part(logs: tuple[Log, Log]) -> None:
    """It ends at the last entry in common, or before it only by what was trimmed."""
    leader, follower = logs
    next_index, _ = back_up(leader, follower, leader.last_index + 1)
    agreed = agreed_up_to(leader, follower)
    if next_index > leader.base_index:
        assert (
            find_conflict(follower, next_index - 1, leader.term_at(next_index - 1))
            is None
        )
        assert next_index - 1 == agreed
    else:
        assert follower.last_index < leader.base_index or agreed <= leader.base_index


@given(related_logs())
def test_backing_up_takes_at_most_a_round_per_conflicting_term(
    logs: tuple[Log, Log],
) -> None:
    """Of the terms behind the common prefix, on the side that has fewer of them."""
    leader, follower = logs
    _, rounds = back_up(leader, follower, leader.last_index + 1)
    agreed = agreed_up_to(leader, follower)
    fewer = min(terms_behind(leader, agreed), terms_behind(follower, agreed))
    assert rounds <= max(fewer, 1)


@given(related_logs(), st.data())
def test_after_backing_up_one_append_makes_the_logs_equal(
    logs: tuple[Log, Log], data: st.DataObject
) -> None:
    """Log matching (section 5.3): what is accepted leaves the follower like us."""
    leader, follower = logs
    start = data.draw(st.integers(leader.base_index + 1, leader.last_index + 1))
    next_index, _ = back_up(leader, follower, start)
    if next_index <= leader.base_index:
        return
    sent = leader.slice(next_index, leader.last_index)
    follower.merge(next_index - 1, sent)
    first = max(leader.base_index, follower.base_index, next_index - 1) + 1
    assert follower.slice(first, leader.last_index) == leader.slice(
        first, leader.last_index
    )


def test_hints_of_the_lecture() -> None:
    """The three cases of the lecture, at the same positions as there."""

    def log(*terms: int) -> Log:
        return Log([LogEntry(term, None) for term in terms])

    leader = log(4, 6, 6, 6)
    # The leader has nothing of the follower's term 5: skip all of it.
    assert find_conflict(log(4, 5, 5, 5), 3, 6) == Conflict(5, 2, 3)
    assert back_up(leader, log(4, 5, 5), 4) == (2, 1)
    # The leader has term 4: try behind its last entry of that term.
    assert back_up(leader, log(4, 4, 4), 4) == (2, 1)
    # The follower's log is too short: try at its end.
    assert back_up(leader, log(4), 4) == (2, 1)


def test_late_replies_move_nothing_back() -> None:
    """Success and rejection of overtaken requests leave both indices alone."""
    log = Log([LogEntry(1, None)] * 9)
    progress = Progress(next_index=6)
    assert progress.accepted(8)
    assert not progress.accepted(5)
    assert not progress.rejected(log, 5, Conflict(0, 0, 0))
    assert not progress.rejected(log, 8, Conflict(0, 0, 0))
    assert (progress.match_index, progress.next_index) == (8, 9)


@given(related_logs(), st.data())
def test_progress_keeps_next_behind_match(
    logs: tuple[Log, Log], data: st.DataObject
) -> None:
    """Whatever order replies come in, next_index stays above match_index."""
    leader, follower = logs
    progress = Progress(next_index=leader.last_index + 1)
    for _ in range(data.draw(st.integers(0, 8))):
        prev_index = data.draw(st.integers(leader.base_index, leader.last_index))
        conflict = find_conflict(follower, prev_index, leader.term_at(prev_index))
        if conflict is None:
            progress.accepted(prev_index)
        else:
            progress.rejected(leader, prev_index, conflict)
        assert progress.match_index < progress.next_index


def test_a_message_is_brought_forward_and_never_put_off() -> None:
    """The earliest of several reasons to send decides."""
    progress = Progress(next_index=1, due_s=3.0)
    progress.send_by(2.0)
    progress.send_by(2.5)
    assert progress.due_s == 2.0


def test_a_snapshot_in_flight_is_not_repeated_for_a_time() -> None:
    """Only while its reply is still awaited, and not for ever."""
    snapshot = InstallSnapshotArgs(1, 0, 5, 1, b"state")
    progress = Progress(next_index=3, awaited=snapshot, snapshot_again_s=2.0)
    assert progress.awaits_snapshot(1.9)
    assert not progress.awaits_snapshot(2.0)
    progress.awaited = AppendEntriesArgs(1, 0, 5, 1, [], 0)
    assert not progress.awaits_snapshot(1.9)
