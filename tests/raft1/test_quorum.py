"""What a majority decides: elections (section 5.2) and commits (5.3 and 5.4.2)."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raft1.log import Log, LogEntry
from raft1.quorum import Ballot, leader_commit, majority_index, majority_of
from tests.raft1.strategies import entries

MATCHES = st.lists(st.integers(0, 12), min_size=1, max_size=7)


@pytest.mark.parametrize("peers", range(1, 8))
def test_any_two_majorities_meet(peers: int) -> None:
    """A majority is the smallest size for which that holds."""
    size = majority_of(peers)
    votes = [set(c) for c in combinations(range(peers), size)]
    assert all(a & b for a in votes for b in votes)
    assert 2 * (size - 1) <= peers


@given(st.integers(1, 7), st.lists(st.integers(0, 6)))
def test_a_ballot_counts_every_voter_once(peers: int, voters: list[int]) -> None:
    """Duplicated replies do not make a majority."""
    ballot = Ballot(0, peers)
    cast = [voter for voter in voters if voter < peers]
    for voter in cast:
        ballot.grant(voter)
    assert ballot.won == (len({0, *cast}) >= majority_of(peers))


@given(MATCHES)
def test_majority_index_is_the_highest_that_a_majority_has(matches: list[int]) -> None:
    """Enough peers have it, and one more entry would be one too many."""

    def holders(index: int) -> int:
        return sum(match >= index for match in matches)

    index = majority_index(matches)
    assert holders(index) >= majority_of(len(matches))
    assert holders(index + 1) < majority_of(len(matches))


@given(entries(), st.integers(0, 3), MATCHES, st.data())
def test_counting_never_commits_an_entry_of_an_older_term(
    whole: list[LogEntry], newer: int, matches: list[int], data: st.DataObject
) -> None:
    """What is newly committed ends with an entry of the leader's own term."""
    log = Log(whole)
    term = max(1, log.last_term + newer)
    commit_index = data.draw(st.integers(0, log.last_index))
    known = [min(match, log.last_index) for match in matches]
    commit = leader_commit(log, term, commit_index, known)
    assert commit >= commit_index
    if commit > commit_index:
        assert log.term_at(commit) == term
        assert sum(match >= commit for match in known) >= majority_of(len(known))


def test_figure_8() -> None:
    """(c): term 2's entry on a majority is not decided; (e): with term 4's it is."""
    log = Log([LogEntry(1, "x"), LogEntry(2, "y")])
    matches = [2, 2, 2, 1, 1]
    assert leader_commit(log, 4, 1, matches) == 1
    log.append(LogEntry(4, "z"))
    assert leader_commit(log, 4, 1, [3, 3, 3, 1, 1]) == 3
