"""The three RPCs of Raft as data: figure 2 and figure 13 of the paper.

Field names are the paper's. All sizes and positions are counts of entries; terms and
peers are numbers. The replies of AppendEntries carry three more fields that let a
leader find the place where two logs part in few steps; `raft1.progress` explains them.
"""

from __future__ import annotations

from dataclasses import dataclass

from raft1.log import LogEntry


@dataclass(slots=True)
class RequestVoteArgs:
    """A candidate asks for a vote, and shows how far its log goes."""

    Term: int
    CandidateId: int
    LastLogIndex: int
    LastLogTerm: int


@dataclass(slots=True)
class RequestVoteReply:
    """The voter's term, and whether the candidate has its vote."""

    Term: int
    VoteGranted: bool


@dataclass(slots=True)
class AppendEntriesArgs:
    """Entries to store behind PrevLogIndex; without entries, a sign of life."""

    Term: int
    # The paper's, by which a follower could send clients to the leader. Clerks of these
    # labs find it for themselves.
    LeaderId: int
    PrevLogIndex: int
    PrevLogTerm: int
    # A list of its own, never a part of the leader's log: the log may be cut off before
    # the request is encoded, which a sender does without the lock.
    Entries: list[LogEntry]
    LeaderCommit: int

    @property
    def last_index(self) -> int:
        """The last index that a success vouches for."""
        return self.PrevLogIndex + len(self.Entries)


@dataclass(slots=True)
class AppendEntriesReply:
    """Whether the follower's log matched at PrevLogIndex, and if not, a hint why.

    Of a rejection that is due to the log: its last entry that may still agree with the
    leader's is at index XLen and of term XTerm, and the entries of that term begin at
    XIndex. All three are 0 otherwise.
    """

    Term: int
    Success: bool
    XTerm: int = 0
    XIndex: int = 0
    XLen: int = 0


@dataclass(slots=True)
class InstallSnapshotArgs:
    """A whole snapshot, for a follower that lacks entries the leader has dropped."""

    Term: int
    LeaderId: int
    LastIncludedIndex: int
    LastIncludedTerm: int
    Data: bytes

    @property
    def last_index(self) -> int:
        """The last index that a success vouches for."""
        return self.LastIncludedIndex


@dataclass(slots=True)
class InstallSnapshotReply:
    """The follower's term; if it is not newer, it has everything in the snapshot."""

    Term: int


Request = RequestVoteArgs | AppendEntriesArgs | InstallSnapshotArgs
Reply = RequestVoteReply | AppendEntriesReply | InstallSnapshotReply

# How each request travels: the method to call, and the type as which its reply is
# decoded.
ROUTES: dict[type[Request], tuple[str, type[Reply]]] = {
    RequestVoteArgs: ("Raft.RequestVote", RequestVoteReply),
    AppendEntriesArgs: ("Raft.AppendEntries", AppendEntriesReply),
    InstallSnapshotArgs: ("Raft.InstallSnapshot", InstallSnapshotReply),
}
