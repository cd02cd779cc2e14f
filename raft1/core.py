"""Raft as a step machine: one peer's decisions, without threads, clocks or network.

A `Core` is told what happened (a timer came due, a request or a reply arrived, the
service proposed a command) and what time it is. Each step changes its state and
returns at once. What has to happen next is there to be collected: requests to send
(`take_outbox`), messages for the service (`take_deliveries`), and when to call `tick`
(`next_deadline`). `raft.Raft` does the waiting around it; tests drive it by hand.

The caller has two duties. It must let no two steps overlap, and it must save the state
(`storage.Storage.save`) after each step *before* anything that the step produced leaves
this peer: a vote, an acknowledgement or an own entry that a crash could take back would
break the promises they make (section 5.1, figure 2).

The rules are those of figure 2, in the paper's words where a rule has one. The parts
that can be looked at alone are in modules of their own: `log`, `election`, `quorum`,
`progress`, and `leadership` for what only a leader does.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from raft1.election import (
    draw_election_timeout,
    is_up_to_date,
    may_grant_vote,
)
from raft1.leadership import Envelope, Leadership
from raft1.log import LogEntry
from raft1.progress import find_conflict
from raft1.quorum import Ballot
from raft1.raftapi import ApplyMsg
from raft1.rpc import (
    AppendEntriesArgs,
    AppendEntriesReply,
    InstallSnapshotArgs,
    InstallSnapshotReply,
    Reply,
    Request,
    RequestVoteArgs,
    RequestVoteReply,
)
from raft1.storage import PeerState


class Role(Enum):
    """What a peer is in its current term."""

    FOLLOWER = "follower"
    CANDIDATE = "candidate"
    LEADER = "leader"


class Core:
    """One peer of a Raft group of `peers`, numbered from 0; `me` is its own number.

    `random` yields numbers in [0, 1), for the election timeouts; `now` is in seconds,
    of a clock that never goes back.
    """

    def __init__(
        self,
        state: PeerState,
        me: int,
        peers: int,
        *,
        random: Callable[[], float],
        now: float,
    ) -> None:
        assert 0 <= me < peers, "this peer is not of its group"
        self.state = state
        self._me = me
        self._peers = peers
        self._random = random
        self._outbox: list[Envelope] = []
        # At most one of these two exists, and says what this peer is.
        self._ballot: Ballot | None = None
        self._leadership: Leadership | None = None
        # Meaningless while this peer leads.
        self._election_deadline = 0.0
        self._reset_election_timer(now)
        # The leader's snapshot is in the state, and the service does not know it yet.
        self._undelivered_snapshot = False

    @property
    def role(self) -> Role:
        """What this peer is in its current term."""
        if self._leadership is not None:
            return Role.LEADER
        return Role.FOLLOWER if self._ballot is None else Role.CANDIDATE

    # What is to be done next.

    def next_deadline(self) -> float:
        """When to call `tick`: the next message to send, or the next election."""
        if self._leadership is not None:
            return self._leadership.next_due()
        return self._election_deadline

    def take_outbox(self) -> list[Envelope]:
        """The requests to send now; each is returned once."""
        outbox, self._outbox = self._outbox, []
        if self._leadership is not None:
            outbox += self._leadership.take_outbox()
        return outbox

    @property
    def has_deliveries(self) -> bool:
        """Whether `take_deliveries` would return anything."""
        return self._undelivered_snapshot or (
            self.state.last_applied < self.state.commit_index
        )

    def take_deliveries(self) -> list[ApplyMsg]:
        """What the service is to be told now, in order; each message comes once."""
        state = self.state
        messages = []
        # First, since the entries that the service lacks may be gone from the log. Of
        # several snapshots that came since the last time only the newest is left.
        if self._undelivered_snapshot:
            self._undelivered_snapshot = False
            messages.append(
                ApplyMsg(
                    SnapshotValid=True,
                    Snapshot=state.snapshot,
                    SnapshotTerm=state.log.base_term,
                    SnapshotIndex=state.log.base_index,
                )
            )
            state.last_applied = state.log.base_index
        first = state.last_applied + 1
        for index, entry in enumerate(
            state.log.slice(first, state.commit_index), start=first
        ):
            messages.append(
                ApplyMsg(CommandValid=True, Command=entry.command, CommandIndex=index)
            )
        state.last_applied = state.commit_index
        return messages

    # Steps: the service and the clock.

    def start(self, command: Any, now: float) -> tuple[int, int, bool]:
        """Append `command` if this peer leads: (index, term, is leader)."""
        term = self.state.current_term
        if self._leadership is None:
            return -1, term, False
        # No wait for the commit: that may never come. The caller learns of it by what
        # it is told to apply at this index.
        index = self.state.log.append(LogEntry(term, command))
        self._leadership.entries_added(now)
        return index, term, True

    def compact(self, index: int, snapshot: bytes) -> None:
        """Replace the log up to `index` by the service's `snapshot` (section 7).

        One that reaches no further than what this peer has already is ignored: the
        leader may have sent a newer one meanwhile.
        """
        state = self.state
        if index <= state.log.base_index:
            return
        assert index <= state.last_applied, "a snapshot of what was not applied"
        state.log.compact(index)
        state.snapshot = snapshot

    def tick(self, now: float) -> None:
        """Act on the deadline: a leader sends, anybody else stands for election."""
        if self._leadership is not None:
            self._leadership.tick(now)
        elif now >= self._election_deadline:
            self._campaign(now)

    # Steps: requests of other peers.

    def request_vote(self, args: RequestVoteArgs, now: float) -> RequestVoteReply:
        """Answer a candidate that asks for a vote (figure 2, RequestVote RPC)."""
        state = self.state
        if args.Term < state.current_term:
            return RequestVoteReply(state.current_term, VoteGranted=False)
        # Whether or not it gets the vote, the candidate's term holds from here on: a
        # leader that went on in an older one could be one of two (section 5.1).
        self._catch_up_with_term(args.Term, now)
        log = state.log
        up_to_date = is_up_to_date(
            args.LastLogTerm,
            args.LastLogIndex,
            than_term=log.last_term,
            than_index=log.last_index,
        )
        granted = may_grant_vote(
            state.voted_for, args.CandidateId, up_to_date=up_to_date
        )
        if granted:
            # Saved before the reply leaves (see the module's text): a peer that crashes
            # and forgets whom it voted for could make a second leader in this term.
            state.voted_for = args.CandidateId
            # Only a vote given away is a reason to wait longer. Otherwise a peer that
            # cannot win would keep those that can from trying.
            self._reset_election_timer(now)
        return RequestVoteReply(state.current_term, granted)

    def append_entries(self, args: AppendEntriesArgs, now: float) -> AppendEntriesReply:
        """Answer a leader's entries or heartbeat (figure 2, AppendEntries RPC)."""
        # Step 1. A deposed leader learns by the term in the reply that it is one.
        state = self.state
        if args.Term < state.current_term:
            return AppendEntriesReply(state.current_term, Success=False)
        self._follow(args.Term, now)
        # Step 2 of figure 2, the consistency check. By induction, a log that agrees at
        # PrevLogIndex agrees with the leader's in everything before it (section 5.3).
        log = state.log
        conflict = find_conflict(log, args.PrevLogIndex, args.PrevLogTerm)
        if conflict is not None:
            # Not only "no", but where to look next: a hint about a whole term saves a
            # round trip for each of its entries (end of section 5.3).
            return AppendEntriesReply(
                state.current_term,
                Success=False,
                XTerm=conflict.term,
                XIndex=conflict.first_index,
                XLen=conflict.length,
            )
        committed_term = log.term_at(state.commit_index)
        log.merge(args.PrevLogIndex, args.Entries)
        assert log.has(state.commit_index, committed_term), "a committed entry is gone"
        # Step 5. The request vouches for entries up to its last one. What this log
        # holds behind that may be left over from another leader, so the length of the
        # log is no bound; and a late request must not take the commit index back.
        state.commit_index = max(
            state.commit_index, min(args.LeaderCommit, args.last_index)
        )
        return AppendEntriesReply(state.current_term, Success=True)

    def install_snapshot(
        self, args: InstallSnapshotArgs, now: float
    ) -> InstallSnapshotReply:
        """Answer a leader that sends its snapshot in place of entries (figure 13)."""
        state = self.state
        if args.Term < state.current_term:
            return InstallSnapshotReply(state.current_term)
        self._follow(args.Term, now)
        index = args.LastIncludedIndex
        # A request may be a late one, or repeat what an AppendEntries has brought
        # meanwhile. Up to the commit index this log holds what the snapshot sums up,
        # and the service has it or is about to: adopting it would take both back.
        if index <= state.commit_index:
            return InstallSnapshotReply(state.current_term)
        state.log.install(index, args.LastIncludedTerm)
        state.snapshot = args.Data
        # Services take snapshots only of what they have applied, so it is committed.
        state.commit_index = index
        self._undelivered_snapshot = True
        return InstallSnapshotReply(state.current_term)

    # Steps: what came of this peer's own requests.

    def replied(
        self, peer: int, request: Request, reply: Reply | None, now: float
    ) -> None:
        """Take note of the `reply` to a request to `peer`; None if there will be none.

        A reply may be seconds late. One to a request of an earlier term is of no use
        but for the term in it: this peer has made other promises since.
        """
        term = self.state.current_term
        if reply is not None and reply.Term < request.Term:
            # Only a peer that has been killed answers without having read the term.
            reply = None
        if reply is not None and reply.Term > term:
            self._catch_up_with_term(reply.Term, now)
        elif request.Term == term:
            self._current_reply(peer, request, reply, now)

    def _current_reply(
        self, peer: int, request: Request, reply: Reply | None, now: float
    ) -> None:
        """Judge a reply to a request of this term; None if it was lost."""
        if isinstance(request, RequestVoteArgs):
            # A lost one is not repeated: the election is over within a timeout, and
            # the next is a new one. A refusal in our own term tells nothing either.
            if isinstance(reply, RequestVoteReply) and reply.VoteGranted:
                self._vote_received(peer, now)
            return
        leadership = self._leadership
        assert leadership is not None, "nobody stops leading within a term"
        if isinstance(request, AppendEntriesArgs) and isinstance(
            reply, AppendEntriesReply
        ):
            leadership.append_reply(peer, request, reply, now)
        elif isinstance(request, InstallSnapshotArgs) and isinstance(
            reply, InstallSnapshotReply
        ):
            leadership.install_reply(peer, request, now)
        else:
            leadership.lost(peer, request, now)

    def _vote_received(self, voter: int, now: float) -> None:
        """Count a vote for this peer, and lead if that wins the election."""
        ballot = self._ballot
        if ballot is None:
            return  # The election is decided already.
        ballot.grant(voter)
        if ballot.won:
            self._lead(now)

    # Changes of role.

    def _campaign(self, now: float) -> None:
        """Stand for election in a new term (section 5.2)."""
        state = self.state
        # A new term even if the last candidacy was ours: its votes may have been split,
        # and no peer votes twice in a term.
        state.enter_term(state.current_term + 1)
        # Our own vote is given away as any other, or we might vote for somebody else.
        state.voted_for = self._me
        self._ballot = Ballot(self._me, self._peers)
        # Drawn anew, for the case that nobody wins.
        self._reset_election_timer(now)
        request = RequestVoteArgs(
            Term=state.current_term,
            CandidateId=self._me,
            LastLogIndex=state.log.last_index,
            LastLogTerm=state.log.last_term,
        )
        self._outbox += [Envelope(peer, request) for peer in self._others()]
        # Only in a group of one.
        if self._ballot.won:
            self._lead(now)

    def _lead(self, now: float) -> None:
        """Lead: the election is won. Tell everybody, before they try themselves.

        No entry is added here, although one would help to commit those of older terms:
        the service counts on indices that only its own commands take.
        """
        assert self.state.voted_for == self._me, "leader without its own vote"
        self._ballot = None
        self._leadership = Leadership(self.state, self._me, self._others(), now)
        self._leadership.tick(now)

    def _follow(self, term: int, now: float) -> None:
        """Wait for the leader that there is in `term`, which is no older than ours."""
        self._catch_up_with_term(term, now)
        # Election Safety: a term is led by one peer, and that one is not us.
        assert self._leadership is None, f"two leaders in term {term}"
        # A candidate of the same term has lost: somebody else has the majority's votes.
        self._ballot = None
        self._reset_election_timer(now)

    def _catch_up_with_term(self, term: int, now: float) -> None:
        """Become a follower in `term`, whatever we were, if it is newer than ours."""
        if term <= self.state.current_term:
            return
        if self._leadership is not None:
            # Its deadline dates from before it led.
            self._reset_election_timer(now)
        # Others keep their deadline: a newer term alone is no sign that anybody leads.
        self._leadership = None
        self._ballot = None
        self.state.enter_term(term)

    def _reset_election_timer(self, now: float) -> None:
        """Give the leader, or the winner of an election, time to be heard from."""
        self._election_deadline = now + draw_election_timeout(self._random)

    def _others(self) -> list[int]:
        return [peer for peer in range(self._peers) if peer != self._me]
