"""The service on top of each server's Raft: what it reports, snapshots and adopts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, cast

import pytest

import labgob
from raft1.raftapi import ApplyMsg, Raft
from raft1.testing.inside import ApplyReporter, HistorySnapshot, RaftService, checked
from tester1.contact import raft_messages as testrpc

R = TypeVar("R")


@dataclass
class RecordingTester:
    """A tester that notes every report, and refuses those in `refused`."""

    reports: list[object] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    gone: bool = False

    def call(self, method: str, args: object, reply_type: type[R]) -> R | None:
        """Note the report; its encoded form, so that later changes do not show."""
        if self.gone:
            return None
        self.reports.append(labgob.decode(labgob.encode(args), type(args)))
        return cast(R, testrpc.ReportReply(accepted=method not in self.refused))

    def tell(self, kind: str, *values: object) -> None:
        """Take no note: these tests are about what is reported."""


@dataclass
class RecordingRaft:
    """A Raft that leads in term 7 and notes the snapshots it is given."""

    snapshots: list[tuple[int, bytes]] = field(default_factory=list)

    def Start(self, command: object, /) -> tuple[int, int, bool]:
        """Accept anything at index 3."""
        return 3, 7, True

    def GetState(self) -> tuple[int, bool]:
        """Lead in term 7."""
        return 7, True

    def Snapshot(self, index: int, snapshot: bytes, /) -> None:
        """Note it."""
        self.snapshots.append((index, snapshot))

    def PersistBytes(self) -> int:
        """Nothing is persisted."""
        return 0

    def Kill(self) -> None:
        """Nothing runs."""


def _commands(first: int, last: int) -> list[ApplyMsg]:
    return [
        ApplyMsg(CommandValid=True, Command=10 * index, CommandIndex=index)
        for index in range(first, last + 1)
    ]


def _snapshot_message(index: int, *, says: int | None = None) -> ApplyMsg:
    history = HistorySnapshot(index, [None, *(10 * i for i in range(1, index + 1))])
    return ApplyMsg(
        SnapshotValid=True,
        Snapshot=labgob.encode(history),
        SnapshotIndex=index if says is None else says,
    )


def _run(messages: list[ApplyMsg], tester: RecordingTester) -> RecordingRaft:
    raft = RecordingRaft()
    ApplyReporter(tester, me=2).run_with_snapshots(messages, raft)
    return raft


def test_every_command_is_reported_as_it_arrives() -> None:
    """Guards the reports: index and command, in the order of the channel."""
    tester = RecordingTester()
    ApplyReporter(tester, me=2).run(_commands(1, 3), RecordingRaft())
    assert tester.reports == [testrpc.AppliedEntry(i, 10 * i) for i in (1, 2, 3)]


def test_a_snapshot_is_taken_at_9_and_19() -> None:
    """Guards the snapshots: every tenth index, with the complete history."""
    raft = _run(_commands(1, 25), RecordingTester())
    assert [index for index, _ in raft.snapshots] == [9, 19]
    history = labgob.decode(raft.snapshots[1][1], HistorySnapshot)
    assert history.commands == [None, *(10 * i for i in range(1, 20))]


def test_commands_go_on_behind_an_adopted_snapshot() -> None:
    """Guards adoption: the next snapshot holds the adopted history as well."""
    tester = RecordingTester()
    raft = _run([_snapshot_message(9), *_commands(10, 19)], tester)
    assert tester.reports[0] == testrpc.AppliedLog(
        [None, *(10 * i for i in range(1, 10))]
    )
    ((index, data),) = raft.snapshots
    assert index == 19
    assert len(labgob.decode(data, HistorySnapshot).commands) == 20


def test_a_refused_command_is_not_recorded() -> None:
    """Guards the history: what the tester refuses never gets into a snapshot."""
    tester = RecordingTester(refused=frozenset({testrpc.CHECK_LOGS}))
    raft = _run(_commands(1, 9), tester)
    assert len(tester.reports) == 9
    assert raft.snapshots == []


def test_nothing_is_recorded_once_the_tester_is_gone() -> None:
    """Guards the shutdown: reports that get no answer do not count as applied."""
    raft = _run(_commands(1, 9), RecordingTester(gone=True))
    assert raft.snapshots == []


def test_unusable_snapshots_are_reported() -> None:
    """Guards against empty, foreign and misnumbered snapshots."""
    tester = RecordingTester()
    empty = ApplyMsg(SnapshotValid=True, SnapshotIndex=9)
    foreign = ApplyMsg(SnapshotValid=True, Snapshot=b"\x93\x01", SnapshotIndex=9)
    _run([empty, foreign, _snapshot_message(9, says=8)], tester)
    texts = [
        report.text
        for report in tester.reports
        if isinstance(report, testrpc.ApplyError)
    ]
    assert len(texts) == len(tester.reports) == 3
    assert texts[0] == "received an empty snapshot"
    assert "none of the service's" in texts[1]
    assert "it ends at 9, the message says 8" in texts[2]


def test_messages_of_neither_kind_are_ignored() -> None:
    """Guards the applier against an `ApplyMsg` with both flags false."""
    tester = RecordingTester()
    _run([ApplyMsg()], tester)
    assert tester.reports == []


def test_the_direct_service_passes_results_on() -> None:
    """Guards `rfsrv`: the tester sees just what Raft returned."""
    service = RaftService(cast(Raft, RecordingRaft()))
    assert service.Start(testrpc.StartArgs(5)) == testrpc.StartReply(3, 7, True)
    state = service.GetState(testrpc.GetStateArgs())
    assert state == testrpc.StateReply(7, True)


@pytest.mark.parametrize("returned", [None, (1, 2), (1, 2, None), [1, 2, True]])
def test_wrong_results_are_named(returned: object) -> None:
    """Guards the direct service against a Raft that returns something else."""
    assert checked("Raft.Start", (1, 2, True), (int, int, bool)) == (1, 2, True)
    with pytest.raises(TypeError, match=r"Raft\.Start has to return \(int, int, bool"):
        checked("Raft.Start", returned, (int, int, bool))
