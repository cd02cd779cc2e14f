"""The rules of elections: who may be voted for, and how long to wait for a leader.

Sections 5.2 and 5.4.1 of the paper as functions of their arguments. What a peer does
with the answers (whom it voted for, when it stops waiting) is in `core`; who has won is
in `quorum`.
"""

from __future__ import annotations

from collections.abc import Callable

# A leader is heard from every 0.1 s (`leadership.HEARTBEAT_S`). Missing three in a row
# has to be unlikely even if the network loses one message in ten, and the spread has to
# be wide against the time a vote takes, or candidates keep splitting the vote.
ELECTION_TIMEOUT_MIN_S = 0.35
ELECTION_TIMEOUT_MAX_S = 0.70


def is_up_to_date(
    last_term: int, last_index: int, *, than_term: int, than_index: int
) -> bool:
    """Whether a log that ends with the first pair may lead one that ends with `than`.

    The later term decides, then the longer log (end of section 5.4.1). Comparing
    lengths first would elect a peer whose long tail was never committed.
    """
    # "At least as up-to-date": with equal logs either may lead, or nobody could.
    return (last_term, last_index) >= (than_term, than_index)


def may_grant_vote(voted_for: int | None, candidate: int, *, up_to_date: bool) -> bool:
    """Whether a peer that voted for `voted_for` in this term may vote for `candidate`.

    One vote per term; repeating the same vote is harmless, and needed when the reply
    to the first request was lost.
    """
    return up_to_date and voted_for in (None, candidate)


def draw_election_timeout(random: Callable[[], float]) -> float:
    """Seconds to wait for a leader, from a source of numbers in [0, 1).

    Drawn anew for every wait (section 5.2): two candidates that collided once should
    not collide again.
    """
    spread = ELECTION_TIMEOUT_MAX_S - ELECTION_TIMEOUT_MIN_S
    return ELECTION_TIMEOUT_MIN_S + spread * random()
