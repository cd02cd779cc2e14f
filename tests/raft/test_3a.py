"""Part 3A: leader election."""

from __future__ import annotations

from raft1.testing.scaffold import RaftTestMaker
from tester1.cluster.testcase import ELECTION_TIMEOUT_S


def test_initial_election_3A(raft_test: RaftTestMaker) -> None:
    """Catches: no election, votes that stay split, two leaders, unlearnt terms."""
    with raft_test(3, "Test (3A): initial election") as test:
        test.check_one_leader()
        test.sleep(0.050)
        term = test.check_terms()
        test.require(term >= 1, f"term is {term}, but should be at least 1")
        test.sleep(2 * ELECTION_TIMEOUT_S)
        if test.check_terms() != term:
            print("warning: term changed even though there were no failures")
        test.check_one_leader()


def test_re_election_3A(raft_test: RaftTestMaker) -> None:
    """Catches: leading without a majority, old leaders that stay, blocked RPCs."""
    with raft_test(3, "Test (3A): election after network failure") as test:
        first = test.check_one_leader()
        test.disconnect(first)
        test.check_one_leader()

        # The old leader must not disturb the new one.
        test.connect(first)
        second = test.check_one_leader()

        other = test.peer(second, 1)
        test.disconnect(second, other)
        test.sleep(2 * ELECTION_TIMEOUT_S)
        test.check_no_leader()

        test.connect(other)
        test.check_one_leader()
        test.connect(second)
        test.check_one_leader()


def test_many_elections_3A(raft_test: RaftTestMaker) -> None:
    """Catches: elections that grow unstable, too little chance in time-outs."""
    with raft_test(7, "Test (3A): multiple elections") as test:
        test.check_one_leader()
        for _ in range(9):
            # The three picks may coincide; at least four servers stay connected.
            cut = [test.random.randrange(test.n) for _ in range(3)]
            test.disconnect(*cut)
            test.check_one_leader()
            test.connect(*cut)
        test.check_one_leader()
