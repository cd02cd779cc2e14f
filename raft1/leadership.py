"""The leader's part: what to send to each follower, and when.

A `Leadership` lives as long as one peer leads in one term. It decides and never waits:
it is told the time, that entries were added, and what came back for each message, and
answers with the messages to send. The rules:

- A follower that is up to date hears from the leader every `HEARTBEAT_S`.
- New entries go out at once, all of them in one message. While a message with entries
  is under way, later entries wait for its reply and then travel together, so that a
  working network carries each entry once and a burst of commands costs two messages.
- A message that is overdue (one heartbeat without a reply) holds nothing up. The
  network may take seconds to admit a loss, so the next message is sent beside it, up
  to `MAX_OUTSTANDING` of them. Every reply is judged on its own, in any order.
- A message that is known to be lost is repeated after `RETRY_S`: soon, but never in a
  loop that an unreachable peer could keep busy.
- A follower learns of a new commit index with the next entries, or if there are none
  within `COMMIT_NOTICE_S`: sooner than by heartbeat, at no cost under load.
- Heartbeats go on while a snapshot is under way, which may be large and is repeated
  only after `SNAPSHOT_RETRY_S`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from raft1.commit import leader_commit
from raft1.log import Log, LogEntry
from raft1.progress import Conflict, Progress
from raft1.rpc import (
    AppendEntriesArgs,
    AppendEntriesReply,
    InstallSnapshotArgs,
    Request,
)
from raft1.state import PeerState

HEARTBEAT_S = 0.1
RETRY_S = 0.02
COMMIT_NOTICE_S = 0.01
SNAPSHOT_RETRY_S = 0.5
# When the leader of a group of one has something to send.
NEVER = float("inf")
# Followers that are due this soon are served along, so that one wake-up does for all.
TICK_SLACK_S = 0.005
MAX_OUTSTANDING = 24
# Bounds the work that is lost with one message, and the time to encode it.
MAX_ENTRIES_PER_MESSAGE = 512


@dataclass(slots=True)
class Envelope:
    """A request and the peer that it goes to."""

    peer: int
    request: Request


@dataclass(slots=True)
class Follower:
    """What a leader keeps for one follower."""

    progress: Progress
    # When to send the next message, unless something happens before.
    due_s: float
    # The latest message whose reply decides what to send next: it carries entries or a
    # snapshot, or it tests the guess next_index. None: new entries may go out at once.
    awaited: AppendEntriesArgs | InstallSnapshotArgs | None = None
    # How many messages are without a reply.
    outstanding: int = 0
    # The highest commit index that was sent.
    told_commit: int = 0
    # Before this time, the last snapshot that was sent is not repeated.
    snapshot_again_s: float = 0.0


class Leadership:
    """One leader in its term, over the state that it shares with its `Core`."""

    def __init__(
        self, state: PeerState, me: int, followers: Iterable[int], now: float
    ) -> None:
        self._state = state
        self._me = me
        self._term = state.current_term
        # Figure 2: nextIndex starts behind the leader's own last entry.
        self._followers = {
            peer: Follower(Progress(state.log.last_index + 1), now)
            for peer in followers
        }
        self._outbox: list[Envelope] = []

    def take_outbox(self) -> list[Envelope]:
        """The messages to send now; each is returned once."""
        outbox, self._outbox = self._outbox, []
        return outbox

    def next_due(self) -> float:
        """When `tick` has something to do; NEVER if there are no followers."""
        return min((f.due_s for f in self._followers.values()), default=NEVER)

    def progress_of(self, peer: int) -> Progress:
        """What is known of the log of follower `peer`."""
        return self._followers[peer].progress

    def tick(self, now: float) -> None:
        """Send to every follower whose time has come."""
        for peer, follower in self._followers.items():
            if follower.due_s <= now + TICK_SLACK_S:
                self._send(peer, follower, now)

    def entries_added(self, now: float) -> None:
        """The log has grown: commit if that needs nobody else, and send."""
        self._advance_commit(now)
        for peer, follower in self._followers.items():
            if follower.awaited is None:
                self._send(peer, follower, now)

    def lost(self, peer: int, request: Request, now: float) -> None:
        """The network gave up on `request`: it may or may not have arrived."""
        follower = self._returned(peer)
        if follower.awaited is request:
            follower.awaited = None
            follower.due_s = min(follower.due_s, now + RETRY_S)

    def append_reply(
        self,
        peer: int,
        request: AppendEntriesArgs,
        reply: AppendEntriesReply,
        now: float,
    ) -> None:
        """A follower answered an AppendEntries of this term, in this term."""
        follower = self._returned(peer)
        if reply.Success:
            self._stored(peer, request, now)
            return
        conflict = Conflict(reply.XTerm, reply.XIndex, reply.XLen)
        if follower.progress.rejected(self._log, request.PrevLogIndex, conflict):
            # Whatever is under way was built on the same wrong guess.
            self._send(peer, follower, now)

    def install_reply(
        self, peer: int, request: InstallSnapshotArgs, now: float
    ) -> None:
        """A follower answered an InstallSnapshot of this term, in this term."""
        self._returned(peer)
        self._stored(peer, request, now)

    @property
    def _log(self) -> Log:
        return self._state.log

    def _returned(self, peer: int) -> Follower:
        """A call to `peer` is over, with or without a reply."""
        follower = self._followers[peer]
        assert follower.outstanding > 0, "more replies than requests"
        follower.outstanding -= 1
        return follower

    def _stored(
        self, peer: int, request: AppendEntriesArgs | InstallSnapshotArgs, now: float
    ) -> None:
        """The follower's log agrees with ours up to the end of `request`."""
        follower = self._followers[peer]
        progress = follower.progress
        assert request.last_index <= self._log.last_index, "never sent that much"
        if progress.accepted(request.last_index):
            self._advance_commit(now)
        awaited = follower.awaited
        if awaited is not None and awaited.last_index > progress.match_index:
            return
        follower.awaited = None
        if progress.next_index <= self._log.last_index:
            self._send(peer, follower, now)
        else:
            self._announce_commit(follower, now)

    def _advance_commit(self, now: float) -> None:
        state = self._state
        matches = [f.progress.match_index for f in self._followers.values()]
        matches.append(state.log.last_index)
        commit = leader_commit(state.log, self._term, state.commit_index, matches)
        if commit == state.commit_index:
            return
        assert state.commit_index < commit <= state.log.last_index
        state.commit_index = commit
        for follower in self._followers.values():
            self._announce_commit(follower, now)

    def _announce_commit(self, follower: Follower, now: float) -> None:
        """See to it that the follower hears of the commit index soon."""
        if follower.awaited is None and follower.told_commit < self._state.commit_index:
            follower.due_s = min(follower.due_s, now + COMMIT_NOTICE_S)

    def _send(self, peer: int, follower: Follower, now: float) -> None:
        """Queue the message that `follower` needs most."""
        follower.due_s = now + HEARTBEAT_S
        if follower.outstanding >= MAX_OUTSTANDING:
            return
        follower.outstanding += 1
        self._outbox.append(Envelope(peer, self._next_request(follower, now)))

    def _next_request(self, follower: Follower, now: float) -> Request:
        if follower.progress.next_index > self._log.base_index:
            return self._entries_for(follower)
        if (
            isinstance(follower.awaited, InstallSnapshotArgs)
            and now < follower.snapshot_again_s
        ):
            return self._append_args(self._log.base_index, [])
        return self._snapshot_for(follower, now)

    def _entries_for(self, follower: Follower) -> AppendEntriesArgs:
        """All that the follower lacks, as far as known, or a sign of life."""
        progress = follower.progress
        prev_index = progress.next_index - 1
        last = min(self._log.last_index, prev_index + MAX_ENTRIES_PER_MESSAGE)
        entries = self._log.slice(progress.next_index, last)
        request = self._append_args(prev_index, entries)
        follower.told_commit = request.LeaderCommit
        is_certain = prev_index == progress.match_index
        follower.awaited = None if is_certain and not entries else request
        return request

    def _append_args(
        self, prev_index: int, entries: list[LogEntry]
    ) -> AppendEntriesArgs:
        return AppendEntriesArgs(
            Term=self._term,
            LeaderId=self._me,
            PrevLogIndex=prev_index,
            PrevLogTerm=self._log.term_at(prev_index),
            Entries=entries,
            LeaderCommit=self._state.commit_index,
        )

    def _snapshot_for(self, follower: Follower, now: float) -> InstallSnapshotArgs:
        follower.snapshot_again_s = now + SNAPSHOT_RETRY_S
        request = InstallSnapshotArgs(
            Term=self._term,
            LeaderId=self._me,
            LastIncludedIndex=self._log.base_index,
            LastIncludedTerm=self._log.base_term,
            Data=self._state.snapshot,
        )
        follower.awaited = request
        return request
