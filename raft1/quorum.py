"""What a majority decides: who has won an election, and which entries are committed.

Any two majorities of a group have a peer in common. All safety of Raft rests on that: a
second candidate of a term meets a voter that has given its vote away (section 5.2), and
a new leader has met one that holds every committed entry, and that would have refused a
candidate without it (section 5.4.3).

Nothing here waits or changes a log: numbers and votes go in, a verdict comes out.
"""

from __future__ import annotations

from collections.abc import Iterable

from raft1.log import Log


def majority_of(peers: int) -> int:
    """The smallest number of peers of which any two sets have one in common."""
    assert peers > 0, "a group has at least one peer"
    return peers // 2 + 1


class Ballot:
    """The votes that one candidate has received in one term (section 5.2)."""

    __slots__ = ("_granted_by", "_peers")

    def __init__(self, candidate: int, peers: int) -> None:
        assert 0 <= candidate < peers, "the candidate is not of this group"
        # Who, not how many: a network may deliver a reply twice. A candidate votes for
        # itself, so a group of one has a leader without asking anybody.
        self._granted_by = {candidate}
        self._peers = peers

    def grant(self, voter: int) -> None:
        """Count the vote of `voter`; a duplicate of it counts once."""
        assert 0 <= voter < self._peers, "the voter is not of this group"
        self._granted_by.add(voter)

    @property
    def won(self) -> bool:
        """Whether a majority of the whole group, not of those heard from, agreed."""
        return len(self._granted_by) >= majority_of(self._peers)


def majority_index(match_indices: Iterable[int]) -> int:
    """The highest index that a majority has reached.

    One number per peer of the group, the leader itself included.
    """
    # Furthest first: all peers up to the majority's place have reached what the peer
    # at that place has.
    ordered = sorted(match_indices, reverse=True)
    return ordered[majority_of(len(ordered)) - 1]


def leader_commit(
    log: Log, term: int, commit_index: int, match_indices: Iterable[int]
) -> int:
    """The leader's new commit index, given what each peer is known to have stored.

    Counting copies decides only entries of the leader's own `term` (section 5.4.2).
    """
    assert term >= log.last_term, "a leader of an older term than its log"
    index = majority_index(match_indices)
    # Figure 8: a majority may hold an entry of an older term, and a peer that lacks it
    # can still win an election, with a last entry of a term in between, and overwrite
    # it. Once an entry of this term is behind it on a majority, no such peer can win,
    # and the older entries are committed along with it, by log matching.
    #
    # Terms never decrease along the log: if the entry at the majority's index is of an
    # older term, so are all before it, and there is no need to look further down.
    if index > commit_index and log.term_at(index) == term:
        return index
    return commit_index
