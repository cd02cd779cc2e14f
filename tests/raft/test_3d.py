"""Part 3D: log compaction."""

from __future__ import annotations

from raft1.testing.scaffold import RaftTest, RaftTestMaker

MAX_LOG_SIZE = 2000
"""Bytes of Raft state that must suffice when every tenth entry is a snapshot."""


def test_snapshot_basic_3D(raft_test: RaftTestMaker) -> None:
    """Catches: wrong indices after trimming, deadlock of apply and Snapshot()."""
    with raft_test(3, "Test (3D): snapshots basic", snapshots=True) as test:
        _snapshots(test)


def test_snapshot_install_3D(raft_test: RaftTestMaker) -> None:
    """Catches: wrong InstallSnapshot, trimming that a lost follower blocks."""
    title = "Test (3D): install snapshots (disconnect)"
    with raft_test(3, title, snapshots=True) as test:
        _snapshots(test, disconnect=True)


def test_snapshot_install_unreliable_3D(raft_test: RaftTestMaker) -> None:
    """Catches: followers rolled back by late or repeated InstallSnapshots."""
    title = "Test (3D): install snapshots (disconnect)"
    with raft_test(3, title, reliable=False, snapshots=True) as test:
        _snapshots(test, disconnect=True)


def test_snapshot_install_crash_3D(raft_test: RaftTestMaker) -> None:
    """Catches: snapshot and log saved apart, or restored inconsistently."""
    title = "Test (3D): install snapshots (crash)"
    with raft_test(3, title, snapshots=True) as test:
        _snapshots(test, crash=True)


def test_snapshot_install_un_crash_3D(raft_test: RaftTestMaker) -> None:
    """Catches: restored snapshots mishandled when messages are lost as well."""
    title = "Test (3D): install snapshots (crash)"
    with raft_test(3, title, reliable=False, snapshots=True) as test:
        _snapshots(test, crash=True)


def test_snapshot_all_crash_3D(raft_test: RaftTestMaker) -> None:
    """Catches: a snapshot or log tail lost at restart, indices that start again."""
    title = "Test (3D): crash and restart all servers"
    with raft_test(3, title, reliable=False, snapshots=True) as test:
        test.one(test.command(), 3, retry=True)
        for _ in range(5):
            for _ in range(_some(test)):
                test.one(test.command(), 3, retry=True)
            before = test.one(test.command(), 3, retry=True)
            _crash_and_restart_all(test)
            after = test.one(test.command(), 3, retry=True)
            test.require(
                after >= before + 1, f"index decreased from {before} to {after}"
            )


def test_snapshot_init_3D(raft_test: RaftTestMaker) -> None:
    """Catches: a snapshot not loaded at start, which the next save then erases."""
    title = "Test (3D): snapshot initialization after crash"
    with raft_test(3, title, reliable=False, snapshots=True) as test:
        test.one(test.command(), 3, retry=True)
        for _ in range(11):
            test.one(test.command(), 3, retry=True)
        _crash_and_restart_all(test)
        # One agreement makes every server save its state again.
        test.one(test.command(), 3, retry=True)
        _crash_and_restart_all(test)
        test.one(test.command(), 3, retry=True)


def _snapshots(
    test: RaftTest, *, disconnect: bool = False, crash: bool = False
) -> None:
    """Commit across snapshots, with one server cut off or crashed each round."""
    everyone_follows = not disconnect and not crash
    test.one(test.command(), 3, retry=True)
    leader = test.check_one_leader()
    for i in range(30):
        sender, victim = leader, test.peer(leader, 1)
        if i % 3 == 1:
            sender, victim = victim, sender
        if disconnect:
            test.disconnect(victim)
            test.one(test.command(), 2, retry=True)
        if crash:
            test.crash(victim)
            test.one(test.command(), 2, retry=True)

        # Enough entries for a snapshot, and for the victim to need it.
        test.start_all(sender, [test.command() for _ in range(_some(test))])
        test.one(test.command(), 3 if everyone_follows else 2, retry=True)
        _check_raft_size(test)

        if disconnect:
            test.connect(victim)
        if crash:
            test.restart(victim)
        if not everyone_follows:
            test.one(test.command(), 3, retry=True)
            leader = test.check_one_leader()


def _check_raft_size(test: RaftTest) -> None:
    size = test.group.raft_size()
    test.require(
        size < MAX_LOG_SIZE,
        f"Raft size too large: {size} bytes, limit {MAX_LOG_SIZE}",
    )


def _some(test: RaftTest) -> int:
    """How many commands to submit between two checks: 5 to 14."""
    return 5 + test.random.randrange(10)


def _crash_and_restart_all(test: RaftTest) -> None:
    test.crash(*test.servers())
    test.restart(*test.servers())
