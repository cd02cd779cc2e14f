"""The leader's part: what to send to each follower, and when.

A `Leadership` lives as long as one peer leads in one term. It decides and never waits:
it is told the time, that entries were added, and what came back for each message, and
answers with the messages to send. The rules:

- A follower that is up to date hears from the leader every `HEARTBEAT_S`.
- New entries go out at once, all of them in one message. While a message with entries
  is in flight, later entries wait for its reply and then travel together, so that a
  working network carries each entry once and a burst of commands costs two messages.
- A message that is overdue (one heartbeat without a reply) holds nothing up. The
  network may take seconds to admit a loss, so the next message is sent beside it, up
  to `MAX_IN_FLIGHT` of them. Every reply is judged on its own, in any order.
- A message that is known to be lost is repeated after `RETRY_S`: soon, but never in a
  loop that an unreachable peer could keep busy.
- A follower learns of a new commit index with the next entries, or if there are none
  within `COMMIT_NOTICE_S`: sooner than by heartbeat, at no cost under load.
- Heartbeats go on while a snapshot is in flight, which may be large and is repeated
  only after `SNAPSHOT_RETRY_S`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from raft1.log import Log, LogEntry
from raft1.progress import Conflict, Progress
from raft1.quorum import leader_commit
from raft1.rpc import (
    AppendEntriesArgs,
    AppendEntriesReply,
    InstallSnapshotArgs,
    Request,
)
from raft1.storage import PeerState

# The labs allow some ten a second, not a hundred.
HEARTBEAT_S = 0.1
RETRY_S = 0.02
COMMIT_NOTICE_S = 0.01
SNAPSHOT_RETRY_S = 0.5
# The deadline of a leader that has nobody to send to: it is alone in its group.
NO_DEADLINE = float("inf")
# Followers that are due this soon are served along, so that one wake-up does for all.
TICK_SLACK_S = 0.005
# Each message in flight holds a thread, for seconds if the peer is unreachable.
MAX_IN_FLIGHT = 24
# Bounds the work that is lost with one message, and the time to encode it.
MAX_ENTRIES_PER_MESSAGE = 512


@dataclass(slots=True)
class Envelope:
    """A request and the peer that it goes to."""

    peer: int
    request: Request


class Leadership:
    """One leader in its term, over the state that it shares with its `Core`."""

    def __init__(
        self, state: PeerState, me: int, followers: Iterable[int], now: float
    ) -> None:
        self._state = state
        self._me = me
        # A leader's own, for good: whatever ends the term ends the leadership, too.
        self._term = state.current_term
        # Figure 2: nextIndex starts behind the leader's own last entry. That is right
        # for every follower that has kept up, and costs the others a rejection. All
        # are due at once: a new leader has to be heard before others stand.
        self._followers = {
            peer: Progress(state.log.last_index + 1, due_s=now) for peer in followers
        }
        self._outbox: list[Envelope] = []

    def take_outbox(self) -> list[Envelope]:
        """The messages to send now; each is returned once."""
        outbox, self._outbox = self._outbox, []
        return outbox

    def next_due(self) -> float:
        """When `tick` has something to do; `NO_DEADLINE` if there are no followers."""
        return min((p.due_s for p in self._followers.values()), default=NO_DEADLINE)

    def progress_of(self, peer: int) -> Progress:
        """What is known of follower `peer`."""
        return self._followers[peer]

    def tick(self, now: float) -> None:
        """Send to every follower whose time has come."""
        for peer, progress in self._followers.items():
            if progress.due_s <= now + TICK_SLACK_S:
                self._send(peer, progress, now)

    def entries_added(self, now: float) -> None:
        """Commit what the log has grown by if that needs nobody else, and send it."""
        self._advance_commit(now)
        for peer, progress in self._followers.items():
            # To send while entries are in flight would be to send those twice.
            if progress.awaited is None:
                self._send(peer, progress, now)

    def lost(self, peer: int, request: Request, now: float) -> None:
        """Give up on `request`, as the network has: it may or may not have arrived."""
        progress = self._returned(peer)
        # A lost heartbeat is not repeated: the next one is early enough.
        if progress.awaited is request:
            progress.awaited = None
            progress.send_by(now + RETRY_S)

    def append_reply(
        self,
        peer: int,
        request: AppendEntriesArgs,
        reply: AppendEntriesReply,
        now: float,
    ) -> None:
        """Judge a follower's answer to an AppendEntries; both are of this term."""
        progress = self._returned(peer)
        if reply.Success:
            self._stored(peer, request, now)
            return
        conflict = Conflict(reply.XTerm, reply.XIndex, reply.XLen)
        if progress.rejected(self._log, request.PrevLogIndex, conflict):
            # Whatever is in flight was built on the same wrong guess.
            self._send(peer, progress, now)

    def install_reply(
        self, peer: int, request: InstallSnapshotArgs, now: float
    ) -> None:
        """Judge a follower's answer to an InstallSnapshot; both are of this term."""
        self._returned(peer)
        # Even one that has ignored the snapshot: then it had all of it committed.
        self._stored(peer, request, now)

    @property
    def _log(self) -> Log:
        return self._state.log

    def _returned(self, peer: int) -> Progress:
        """Count a call to `peer` as over, with or without a reply."""
        progress = self._followers[peer]
        assert progress.in_flight > 0, "more replies than requests"
        progress.in_flight -= 1
        return progress

    def _stored(
        self, peer: int, request: AppendEntriesArgs | InstallSnapshotArgs, now: float
    ) -> None:
        """Note that the follower's log agrees with ours up to the end of `request`."""
        progress = self._followers[peer]
        assert request.last_index <= self._log.last_index, "never sent that much"
        # What the request carried, not what the log holds now: entries that were added
        # since, or sent in another message, are not acknowledged by this reply.
        if progress.accepted(request.last_index):
            self._advance_commit(now)
        # An older reply has overtaken the one that is awaited. If nothing more is
        # missing than what is in flight, there is nothing to send yet.
        awaited = progress.awaited
        if awaited is not None and awaited.last_index > progress.match_index:
            return
        progress.awaited = None
        if progress.next_index <= self._log.last_index:
            self._send(peer, progress, now)
        else:
            self._announce_commit(progress, now)

    def _advance_commit(self, now: float) -> None:
        """Commit what a majority has by now (figure 2, last rule for leaders)."""
        state = self._state
        matches = [p.match_index for p in self._followers.values()]
        # The leader counts as one of the majority. Its own entries are on its disk
        # before any request or reply leaves it (`raft` settles in that order).
        matches.append(state.log.last_index)
        commit = leader_commit(state.log, self._term, state.commit_index, matches)
        if commit == state.commit_index:
            return
        assert state.commit_index < commit <= state.log.last_index
        state.commit_index = commit
        for progress in self._followers.values():
            self._announce_commit(progress, now)

    def _announce_commit(self, progress: Progress, now: float) -> None:
        """See to it that the follower hears of the commit index soon."""
        # While a reply is awaited there is no hurry: `_stored` looks again then.
        if progress.awaited is None and progress.told_commit < self._state.commit_index:
            progress.send_by(now + COMMIT_NOTICE_S)

    def _send(self, peer: int, progress: Progress, now: float) -> None:
        """Queue the message that the follower needs most."""
        # Put off even if nothing goes out, or the timer would come back at once.
        progress.due_s = now + HEARTBEAT_S
        if progress.in_flight >= MAX_IN_FLIGHT:
            return
        progress.in_flight += 1
        self._outbox.append(Envelope(peer, self._next_request(progress, now)))

    def _next_request(self, progress: Progress, now: float) -> Request:
        """The message that the follower needs most."""
        # Of the base the log still knows the term, so the entry behind it can be sent.
        if progress.next_index > self._log.base_index:
            return self._entries_for(progress)
        if progress.awaits_snapshot(now):
            # A sign of life, or the follower would stand for election while a large
            # snapshot is on its way. It will be rejected, for want of that snapshot; as
            # it is not about the present guess, `rejected` takes no notice.
            return self._append_args(self._log.base_index, [])
        return self._snapshot_for(progress, now)

    def _entries_for(self, progress: Progress) -> AppendEntriesArgs:
        """All that the follower lacks, as far as known, or a sign of life."""
        prev_index = progress.next_index - 1
        last = min(self._log.last_index, prev_index + MAX_ENTRIES_PER_MESSAGE)
        entries = self._log.slice(progress.next_index, last)
        request = self._append_args(prev_index, entries)
        progress.told_commit = request.LeaderCommit
        # `next_index` does not move before the reply: a message that is sent again,
        # because this one is overdue, carries the same entries once more.
        is_certain = prev_index == progress.match_index
        progress.awaited = None if is_certain and not entries else request
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

    def _snapshot_for(self, progress: Progress, now: float) -> InstallSnapshotArgs:
        """The snapshot in place of entries that the log has dropped (section 7)."""
        progress.snapshot_again_s = now + SNAPSHOT_RETRY_S
        request = InstallSnapshotArgs(
            Term=self._term,
            LeaderId=self._me,
            LastIncludedIndex=self._log.base_index,
            LastIncludedTerm=self._log.base_term,
            Data=self._state.snapshot,
        )
        progress.awaited = request
        return request
