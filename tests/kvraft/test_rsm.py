"""Part 4A, the replicated state machine, and part 4C's test of its snapshots."""

from __future__ import annotations

from kvraft1.testing.rsm_scaffold import (
    N_SERVERS,
    SUBMIT_LIMIT_S,
    RsmTest,
    RsmTestMaker,
)

N_CONCURRENT_INCS = 50
N_CONCURRENT_SUBMITS = 100
N_REPLAYED = 100
RETURN_AFTER_SHUTDOWN_S = SUBMIT_LIMIT_S + 1


def test_basic_4A(rsm_test: RsmTestMaker) -> None:
    """Catches: requests performed never, twice, or on the leader only."""
    with rsm_test("Test RSM basic") as test:
        test.count_to(10, everywhere=True)


def test_concurrent_4A(rsm_test: RsmTestMaker) -> None:
    """Catches: races in Submit, Submits that fail although their entry commits."""
    with rsm_test("Test concurrent submit") as test:
        tasks = [test.spawn(test.one_inc) for _ in range(N_CONCURRENT_INCS)]
        for task in tasks:
            task.join()
        test.check_counter(N_CONCURRENT_INCS, N_SERVERS)


def test_leader_failure_4A(rsm_test: RsmTestMaker) -> None:
    """Catches: no progress after a change of leader, no catching up afterwards."""
    with rsm_test("Test Leader Failure") as test:
        test.check_counter(test.one_inc(), N_SERVERS)
        leader = test.leader
        test.disconnect(leader)
        count = test.one_inc()
        test.check_counter(count, N_SERVERS - 1)
        test.connect(leader)
        test.check_counter(count, N_SERVERS)


def test_leader_partition_4A(rsm_test: RsmTestMaker) -> None:
    """Catches: a cut-off leader that answers, Submits stuck after it is deposed."""
    with rsm_test("Test Leader Partition") as test:
        test.check_counter(test.one_inc(), N_SERVERS)
        leader, majority = test.isolate_leader()
        decs = test.spawn(test.submit_decs, leader, N_CONCURRENT_SUBMITS)
        test.sleep(0.010)
        count = test.inc_within(majority)
        test.require(
            not decs.join(1.0),
            f"Dec's in minority completed: all Submits on server {leader} have "
            "returned while it was cut off from the majority",
            servers=[leader],
        )
        test.heal(leader)
        test.join_within(decs, 1.0, "Submit after healing didn't return")
        test.check_counter(count, N_SERVERS)


def test_restart_replay_4A(rsm_test: RsmTestMaker) -> None:
    """Catches: a log that is not replayed after a restart, or performed twice."""
    with rsm_test("Test Restart") as test:
        count_and_restart(test)
        test.check_counter(N_REPLAYED + 1, N_SERVERS)


def test_shutdown_4A(rsm_test: RsmTestMaker) -> None:
    """Catches: Submits that hang when their server is shut down."""
    with rsm_test("Test Shutdown") as test:
        crash_under_nulls(test)


def test_restart_submit_4A(rsm_test: RsmTestMaker) -> None:
    """Catches: replayed commands taken for new ones, Submits that hang."""
    with rsm_test("Test Restart and submit") as test:
        count_and_restart(test)
        crash_under_nulls(test)
        test.restart_all()
        test.check_counter(test.one_inc(), N_SERVERS)


def test_snapshot_4C(rsm_test: RsmTestMaker) -> None:
    """Catches: no snapshots, none restored, commands performed that one covers."""
    with rsm_test("Test creating and restoring snapshot", maxraftstate=1000) as test:
        for _ in range(N_REPLAYED):
            test.one_inc()
        test.check_counter(N_REPLAYED, N_SERVERS)
        test.check_raft_size(factor=2)
        test.crash_all()
        test.restart_all()
        test.one_inc()
        test.check_counter(N_REPLAYED + 1, N_SERVERS)


def count_and_restart(test: RsmTest) -> None:
    """Count up, crash and restart all, and count on from there."""
    test.count_to(N_REPLAYED, everywhere=True)
    test.crash_all()
    test.sleep(1.0)
    test.restart_all()
    test.require_count(test.one_inc(), N_REPLAYED + 1)
    test.sleep(1.0)


def crash_under_nulls(test: RsmTest) -> None:
    """Crash all servers under concurrent Submits, which all have to return."""
    nulls = test.spawn(test.nulls, N_CONCURRENT_SUBMITS)
    test.sleep(0.020)
    test.crash_all()
    test.join_within(
        nulls, RETURN_AFTER_SHUTDOWN_S, "Submit didn't stop after shutdown"
    )
