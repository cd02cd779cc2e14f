"""The service that the Raft tests put on top of every server's Raft.

It runs inside the server, next to the code under test: it makes the Raft, offers the
tester a direct way to `Start` and `GetState` (not through the simulated network), reads
the apply channel and reports what arrives there. Judging the reports is the tester's
part (`raft1.testing.applied`), which sees all servers.

Rules that keep it honest:

- It reads the apply channel until that is closed, whatever arrives, since a Raft that
  cannot hand over an entry may stop doing anything else.
- It snapshots from within its handling of a message, as real services do, so a Raft
  that holds a lock while it sends on the channel deadlocks here.
- Its snapshot is the complete history, so that whoever adopts one can be compared entry
  by entry with everybody else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import labgob
from labrpc import MakeService
from raft1.raft import Make
from raft1.raftapi import ApplyChannel, ApplyMsg, ClientEnd, Persister, Raft
from tester1.contact import raft_messages as testrpc
from tester1.contact.services import GetAnnotatorTimestamp, PostAnnotatorInfoInterval

R = TypeVar("R")

SNAPSHOT_INTERVAL = 10


class Tester(Protocol):
    """The way from a server to the tester."""

    def call(self, method: str, args: object, reply_type: type[R]) -> R | None:
        """Call the tester; None means that this server is being shut down."""

    def tell(self, kind: str, *values: object) -> None:
        """Tell the tester what has happened."""


@dataclass(frozen=True, slots=True)
class HistorySnapshot:
    """Every command up to `last_included_index`; position 0 of the list is empty."""

    last_included_index: int
    commands: list[Any]


class UnusableSnapshot(ValueError):
    """Raft handed over a snapshot that it cannot have got from the service."""


def decode_history(snapshot: bytes, index: int | None) -> HistorySnapshot:
    """Read a snapshot, which has to end at `index` unless that is None.

    Raises `UnusableSnapshot`, whose text goes on from "server 1 ...".
    """
    if not snapshot:
        raise UnusableSnapshot("received an empty snapshot")
    try:
        history = labgob.decode(snapshot, HistorySnapshot)
    except labgob.DecodeError as error:
        raise UnusableSnapshot(
            f"received a snapshot that is none of the service's: {error}"
        ) from error
    last = history.last_included_index
    if index is not None and index != last:
        raise UnusableSnapshot(
            "snapshot doesn't match m.SnapshotIndex: "
            f"it ends at {last}, the message says {index}"
        )
    return history


def start_raft(
    tester: Tester,
    ends: list[ClientEnd],
    gid: int,
    me: int,
    persister: Persister,
    *,
    snapshots: bool,
) -> list[object]:
    """Start server `me`; returns its RPC services (`rfsrv`, then `Raft`).

    With `snapshots` the service hands its Raft a snapshot every `SNAPSHOT_INTERVAL`
    entries, and begins with the one that the persister holds.
    """
    reporter = ApplyReporter(tester, me)
    # Read before the Raft exists, which may save another one as soon as it runs.
    stored = persister.ReadSnapshot() if snapshots else b""
    if stored:
        reporter.ingest(stored, None)
    # Nobody reads it before `Make` has returned, so `Make` must not wait for a reader.
    channel = ApplyChannel()
    raft = Make(ends, me, persister, channel)
    run = reporter.run_with_snapshots if snapshots else reporter.run
    threading.Thread(
        target=run, args=(channel, raft), name=f"applier-{gid}-{me}", daemon=True
    ).start()
    return [MakeService(RaftService(raft), "rfsrv"), raft]


def checked(method: str, returned: object, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    """What a method of the code under test `returned`, if it is of these `kinds`.

    Raises `TypeError` otherwise.
    """
    if (
        isinstance(returned, tuple)
        and len(returned) == len(kinds)
        and all(map(isinstance, returned, kinds))
    ):
        return returned
    wanted = ", ".join(kind.__name__ for kind in kinds)
    raise TypeError(f"{method} has to return ({wanted}), but it returned {returned!r}")


class RaftService:
    """The tester's direct way to one server's Raft."""

    def __init__(self, raft: Raft) -> None:
        self._raft = raft

    def Start(self, args: testrpc.StartArgs) -> testrpc.StartReply:
        """Propose the command to this server's Raft."""
        returned = self._raft.Start(args.command)
        return testrpc.StartReply(*checked("Raft.Start", returned, (int, int, bool)))

    def GetState(self, args: testrpc.GetStateArgs) -> testrpc.StateReply:
        """Ask this server's Raft for its term and role."""
        returned = self._raft.GetState()
        return testrpc.StateReply(*checked("Raft.GetState", returned, (int, bool)))


class ApplyReporter:
    """Reads one server's apply channel and reports it to the tester."""

    def __init__(self, tester: Tester, me: int) -> None:
        self._tester = tester
        self._me = me
        # The commands applied so far; position 0 is never used by Raft.
        self._log: list[Any] = [None]

    def run(self, messages: Iterable[ApplyMsg], raft: Raft) -> None:
        """Report every command; with an apply channel, until that is closed."""
        for message in messages:
            # All else is passed over, as in the course.
            if message.CommandValid:
                self._report(message)

    def run_with_snapshots(self, messages: Iterable[ApplyMsg], raft: Raft) -> None:
        """Like `run`, adopting the snapshots that arrive and taking new ones."""
        for message in messages:
            if message.SnapshotValid:
                self.ingest(message.Snapshot, message.SnapshotIndex)
            # A command that the tester refuses is left out: the test has failed, and a
            # snapshot with it would be refused for the same reason again.
            elif message.CommandValid and self._report(message):
                self._log.append(message.Command)
                # At 9, 19, 29 and so on, as in the course.
                if (message.CommandIndex + 1) % SNAPSHOT_INTERVAL == 0:
                    self._snapshot(raft)

    def ingest(self, snapshot: bytes, index: int | None) -> None:
        """Replace the log by a snapshot, which has to end at `index` if that is given.

        A snapshot that cannot be used is reported and leaves the log as it was.
        """
        try:
            history = decode_history(snapshot, index)
        except UnusableSnapshot as error:
            self._accepted(testrpc.APPLY_ERROR, testrpc.ApplyError(str(error)))
            return
        report = testrpc.AppliedLog(history.commands)
        # One that is refused is not adopted, for the same reason as a command.
        if self._accepted(testrpc.INGEST_LOG, report):
            self._log = history.commands

    def _report(self, message: ApplyMsg) -> bool:
        """Report a command; True if it may be counted as applied."""
        entry = testrpc.AppliedEntry(message.CommandIndex, message.Command)
        return self._accepted(testrpc.CHECK_LOGS, entry)

    def _snapshot(self, raft: Raft) -> None:
        # All that was received, and nothing more: Raft may forget what it covers.
        index = len(self._log) - 1
        start = GetAnnotatorTimestamp()
        snapshot = labgob.encode(HistorySnapshot(index, self._log))
        # Before it is handed over, which may lead to messages at once.
        self._tester.tell("snapshot", index, len(snapshot))
        raft.Snapshot(index, snapshot)
        PostAnnotatorInfoInterval(
            start, f"snapshot created by {self._me}", f"up to index {index}"
        )

    def _accepted(self, method: str, report: object) -> bool:
        reply = self._tester.call(method, report, testrpc.ReportReply)
        # Without a reply the server is being shut down: nothing more is counted.
        return reply is not None and reply.accepted
