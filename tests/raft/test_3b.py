"""Part 3B: agreement on the log."""

from __future__ import annotations

from functools import partial

from raft1.testing.scaffold import (
    TERM_MOVED_ON,
    RaftTest,
    RaftTestMaker,
)
from tester1.cluster.testcase import ELECTION_TIMEOUT_S


def test_basic_agree_3B(raft_test: RaftTestMaker) -> None:
    """Catches: wrong indices, no-op entries, no commits, commits before Start."""
    with raft_test(3, "Test (3B): basic agreement") as test:
        for index in range(1, 4):
            test.require(
                test.n_committed(index).count == 0,
                f"some have committed before Start() at index {index}",
            )
            got = test.one(100 * index, 3, retry=False)
            test.require(got == index, f"got index {got} but expected {index}")


def test_rpc_bytes_3B(raft_test: RaftTestMaker) -> None:
    """Catches: sending entries more than once to a peer, re-sending the log."""
    with raft_test(3, "Test (3B): RPC byte count") as test:
        test.one(99, 3, retry=False)
        before = test.config.bytes_total()
        sent = 0
        for index in range(2, 12):
            command = test.config.randstring(5000)
            got = test.one(command, 3, retry=False)
            test.require(got == index, f"got index {got} but expected {index}")
            sent += len(command)
        got = test.config.bytes_total() - before
        expected = 3 * sent
        test.require(
            got <= expected + 50_000,
            f"too many RPC bytes; got {got}, expected {expected}",
        )


def test_follower_failure_3B(raft_test: RaftTestMaker) -> None:
    """Catches: commits without a majority, leaders that dead followers block."""
    with raft_test(3, "Test (3B): test progressive failure of followers") as test:
        test.one(101, 3, retry=False)
        test.disconnect(test.peer(test.check_one_leader(), 1))
        test.one(102, 2, retry=False)
        test.sleep(ELECTION_TIMEOUT_S)
        test.one(103, 2, retry=False)

        leader = test.check_one_leader()
        test.disconnect(test.peer(leader, 1), test.peer(leader, 2))
        reply = test.start(leader, 104)
        test.require(reply.is_leader, "leader rejected Start()")
        test.require(reply.index == 4, f"expected index 4, got {reply.index}")
        test.sleep(2 * ELECTION_TIMEOUT_S)
        test.check_no_agreement(4)


def test_leader_failure_3B(raft_test: RaftTestMaker) -> None:
    """Catches: new leaders that cannot go on, isolated ones that commit alone."""
    with raft_test(3, "Test (3B): test failure of leaders") as test:
        test.one(101, 3, retry=False)
        test.disconnect(test.check_one_leader())
        test.one(102, 2, retry=False)
        test.sleep(ELECTION_TIMEOUT_S)
        test.one(103, 2, retry=False)

        test.disconnect(test.check_one_leader())
        for server in test.servers():
            test.start(server, 104)
        test.sleep(2 * ELECTION_TIMEOUT_S)
        test.check_no_agreement(4)


def test_fail_agree_3B(raft_test: RaftTestMaker) -> None:
    """Catches: lagging followers left behind, groups wrecked by a high term."""
    with raft_test(3, "Test (3B): agreement after follower reconnects") as test:
        test.one(101, 3, retry=False)
        follower = test.peer(test.check_one_leader(), 1)
        test.disconnect(follower)
        test.one(102, 2, retry=False)
        test.one(103, 2, retry=False)
        test.sleep(ELECTION_TIMEOUT_S)
        test.one(104, 2, retry=False)
        test.one(105, 2, retry=False)

        test.connect(follower)
        test.one(106, 3, retry=True)
        test.sleep(ELECTION_TIMEOUT_S)
        test.one(107, 3, retry=True)


def test_fail_no_agree_3B(raft_test: RaftTestMaker) -> None:
    """Catches: commits by a minority, uncommitted entries that block healing."""
    title = "Test (3B): no agreement if too many followers disconnect"
    with raft_test(5, title) as test:
        test.one(10, 5, retry=False)
        leader = test.check_one_leader()
        followers = [test.peer(leader, steps) for steps in (1, 2, 3)]
        test.disconnect(*followers)
        reply = test.start(leader, 20)
        test.require(reply.is_leader, "leader rejected Start()")
        test.require(reply.index == 2, f"expected index 2, got {reply.index}")
        test.sleep(2 * ELECTION_TIMEOUT_S)
        test.check_no_agreement(2)

        test.connect(*followers)
        # The new leader may or may not have the entry of the old one.
        reply = test.start(test.check_one_leader(), 30)
        test.require(reply.is_leader, "leader2 rejected Start()")
        test.require(reply.index in (2, 3), f"unexpected index {reply.index}")
        test.one(1000, 5, retry=True)


def test_concurrent_starts_3B(raft_test: RaftTestMaker) -> None:
    """Catches: races in Start that lose commands or give one index to two."""
    with raft_test(3, "Test (3B): concurrent Start()s") as test:
        commands = test.until_term_holds(lambda: _start_five_at_once(test))
        for command in range(100, 105):
            test.require(
                command in commands, f"cmd {command} missing in {sorted(commands)}"
            )


def _start_five_at_once(test: RaftTest) -> list[int] | None:
    """Start 100..104 together; what is committed, None if the term changed."""
    leader = test.check_one_leader()
    first = test.start(leader, 1)
    if not first.is_leader:
        return None
    replies = test.concurrently(
        [partial(test.start, leader, 100 + i) for i in range(5)]
    )
    if not test.all_in_term(first.term):
        return None
    commands = []
    for reply in replies:
        if reply.term != first.term or not reply.is_leader:
            continue
        command = test.wait(reply.index, 3, first.term)
        if command is TERM_MOVED_ON:
            return None
        if not isinstance(command, int):
            message = f"value {command!r} at index {reply.index} is not an int"
            test.fail("not a command", message)
        commands.append(command)
    return commands


def test_rejoin_3B(raft_test: RaftTestMaker) -> None:
    """Catches: conflicts kept, old terms committed by count, votes for stale logs."""
    with raft_test(3, "Test (3B): rejoin of partitioned leader") as test:
        test.one(101, 3, retry=True)
        first = test.check_one_leader()
        test.disconnect(first)
        test.start_all(first, (102, 103, 104))
        test.one(103, 2, retry=True)

        second = test.check_one_leader()
        test.disconnect(second)
        test.connect(first)
        test.one(104, 2, retry=True)
        test.connect(second)
        test.one(105, 3, retry=True)


def test_backup_3B(raft_test: RaftTestMaker) -> None:
    """Catches: backing up entry by entry, wrong resolution of conflicts."""
    title = "Test (3B): leader backs up quickly over incorrect follower logs"
    with raft_test(5, title) as test:
        test.one(test.command(), 5, retry=True)
        first = test.check_one_leader()
        minority = [first, test.peer(first, 1)]
        majority = [test.peer(first, steps) for steps in (2, 3, 4)]

        # Fifty entries that reach only the minority.
        test.disconnect(*majority)
        _start_fifty(test, first)
        test.disconnect(*minority)
        test.connect(*majority)
        _agree_on_fifty(test)

        # Fifty more that reach only a part of the majority.
        second = test.check_one_leader()
        other = majority[0] if second != majority[0] else test.peer(second, 1)
        test.disconnect(other)
        _start_fifty(test, second)

        test.disconnect(*test.servers())
        test.connect(*minority, other)
        _agree_on_fifty(test)

        test.connect(*test.servers())
        test.one(test.command(), 5, retry=True)


def _start_fifty(test: RaftTest, leader: int) -> None:
    """Submit fifty commands to a leader that cannot commit them."""
    test.start_all(leader, [test.command() for _ in range(50)])
    test.sleep(ELECTION_TIMEOUT_S / 2)


def _agree_on_fifty(test: RaftTest) -> None:
    for _ in range(50):
        test.one(test.command(), 3, retry=True)


def test_count_3B(raft_test: RaftTestMaker) -> None:
    """Catches: an RPC for each entry, frequent heartbeats, storms of votes."""
    with raft_test(3, "Test (3B): RPC counts aren't too high") as test:
        test.check_one_leader()
        count = _rpcs(test)
        test.require(
            1 <= count <= 30,
            f"too many or few RPCs ({count}) to elect initial leader",
        )
        count = test.until_term_holds(lambda: _count_agreement(test))
        test.sleep(ELECTION_TIMEOUT_S)
        idle = _rpcs(test) - count
        test.require(idle <= 3 * 20, f"too many RPCs ({idle}) for 1 second of idleness")


def _count_agreement(test: RaftTest) -> int | None:
    """Agree on commands at the cost of few RPCs.

    Returns the count of RPCs so far, or None if the term changed.
    """
    leader = test.check_one_leader()
    before = _rpcs(test)
    first = test.start(leader, 1)
    if not first.is_leader:
        return None
    commands = [test.random.getrandbits(31) for _ in range(11)]
    for index, command in enumerate(commands, start=first.index + 1):
        reply = test.start(leader, command)
        if reply.term != first.term or not reply.is_leader:
            return None
        test.require(reply.index == index, "Start() failed")
    for index, command in enumerate(commands[:10], start=first.index + 1):
        value = test.wait(index, 3, first.term)
        if value is TERM_MOVED_ON:
            return None
        test.require(
            value == command, f"wrong value {value} committed for index {index}"
        )
    if not test.all_in_term(first.term):
        return None
    after = _rpcs(test)
    test.require(
        after - before <= (10 + 1 + 3) * 3,
        f"too many RPCs ({after - before}) for 10 entries",
    )
    return after


def _rpcs(test: RaftTest) -> int:
    return sum(test.group.rpc_count(server) for server in test.servers())
