"""`AppliedLogs`: what servers may report, and when they count as having applied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raft1.testing.applied import AppliedLogs, ApplyMismatch, Committed

COMMANDS = st.lists(st.integers() | st.text(max_size=3), max_size=12)


@given(COMMANDS, st.lists(st.integers(0, 2), max_size=30))
def test_servers_that_apply_one_log_agree(
    commands: list[object], turns: list[int]
) -> None:
    """Guards the count: an index is committed by just those who got as far."""
    logs = AppliedLogs(3)
    for server in turns:
        index = logs.last_index(server) + 1
        if index <= len(commands):
            logs.apply(server, index, commands[index - 1])
    for index, command in enumerate(commands, start=1):
        count = sum(logs.last_index(server) >= index for server in range(3))
        expected = Committed(count, command if count else None)
        assert logs.committed(index) == expected


@given(COMMANDS.filter(bool), st.data())
def test_another_command_at_an_index_is_a_mismatch(
    commands: list[object], data: st.DataObject
) -> None:
    """Guards State Machine Safety: nobody else may apply something different."""
    logs = AppliedLogs(2)
    _apply_all(logs, 0, commands)
    wrong = data.draw(st.integers(1, len(commands)))
    _apply_all(logs, 1, commands[: wrong - 1])
    expected = f"^commit index={wrong} server=1 .*=0 "
    with pytest.raises(ApplyMismatch, match=expected) as caught:
        logs.apply(1, wrong, ["something", "else"])
    assert caught.value.servers == (1, 0)


@pytest.mark.parametrize("index", [1, 2, 4, -1, 0])
def test_gaps_and_repeats_are_mismatches(index: int) -> None:
    """Guards the apply order: after 1 and 2 comes 3."""
    logs = AppliedLogs(1)
    _apply_all(logs, 0, ["a", "b"])
    with pytest.raises(ApplyMismatch, match=f"expected index 3, got {index}$"):
        logs.apply(0, index, "a")


def test_a_restarted_server_counts_only_after_replaying() -> None:
    """Guards `committed` against memories of an earlier incarnation."""
    logs = AppliedLogs(2)
    _apply_all(logs, 0, ["a", "b"])
    _apply_all(logs, 1, ["a", "b"])
    logs.restart(1)
    assert logs.committed(2) == Committed(1, "b")
    _apply_all(logs, 1, ["a", "b"])
    assert logs.committed(2) == Committed(2, "b")


def test_a_server_must_replay_what_it_applied_before_its_crash() -> None:
    """Guards the comparison across incarnations, even of the only witness."""
    logs = AppliedLogs(1)
    _apply_all(logs, 0, ["a", "b"])
    logs.restart(0)
    logs.apply(0, 1, "a")
    with pytest.raises(ApplyMismatch, match="commit index=2 server=0 c != server=0 b"):
        logs.apply(0, 2, "c")


def test_a_snapshot_replaces_the_log() -> None:
    """Guards the order after a snapshot: the next index is the one behind it."""
    logs = AppliedLogs(2)
    _apply_all(logs, 0, ["a", "b", "c"])
    logs.adopt(1, [None, "a", "b"])
    assert logs.committed(2) == Committed(2, "b")
    assert logs.last_index(1) == 2
    logs.apply(1, 3, "c")
    assert logs.committed(3) == Committed(2, "c")


@pytest.mark.parametrize(
    ("snapshot", "message"),
    [
        ([], "without index 0"),
        ([None, "a", "x"], "commit index=2 server=1 x != server=0 b"),
        ([None, "a", "b", "c"], "with c at index 3, which no server has applied"),
    ],
)
def test_a_snapshot_must_hold_what_was_applied(
    snapshot: list[object], message: str
) -> None:
    """Guards snapshots: they can neither change nor invent history."""
    logs = AppliedLogs(2)
    _apply_all(logs, 0, ["a", "b"])
    with pytest.raises(ApplyMismatch, match=message):
        logs.adopt(1, snapshot)


def test_long_commands_are_cut_in_messages() -> None:
    """Guards the terminal: a mismatch of 5000-character commands stays readable."""
    logs = AppliedLogs(2)
    logs.apply(0, 1, "a" * 5000)
    with pytest.raises(ApplyMismatch) as caught:
        logs.apply(1, 1, "b" * 5000)
    assert len(str(caught.value)) < 200


def _apply_all(logs: AppliedLogs, server: int, commands: list[object]) -> None:
    for index, command in enumerate(commands, start=1):
        logs.apply(server, index, command)
