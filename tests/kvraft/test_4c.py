"""Part 4C: the key/value service, with snapshots."""

from __future__ import annotations

from kvraft1.testing.scaffold import KvTestMaker, Setup

MAXRAFTSTATE = 1000


def test_snapshot_rpc_4C(kv_test: KvTestMaker) -> None:
    """Catches: no InstallSnapshot, snapshots that stay in Raft, logs kept for one."""
    setup = Setup(
        part="4C SnapshotsRPC", clients=0, servers=3, maxraftstate=MAXRAFTSTATE
    )
    with kv_test(setup) as test:
        clerk = test.make_clerk()
        test.begin("Test: InstallSnapshot RPC (4C)")
        a = test.put_at_least_once(clerk, "a", "A", 0)
        test.check_get(clerk, "a", "A", a)

        # Enough for the majority to forget the part of the log that server 2 lacks.
        test.partition([0, 1], [2])
        clerk1 = test.make_clerk_to([0, 1])
        for i in range(50):
            test.put_at_least_once(clerk1, str(i), str(i), 0)
        test.sleep(1.0)
        b = test.put_at_least_once(clerk1, "b", "B", 0)
        test.check_raft_size()

        # Server 2 has to catch up before it can be part of a majority.
        test.partition([0, 2], [1])
        clerk2 = test.make_clerk_to([0, 2])
        c = test.put_at_least_once(clerk2, "c", "C", 0)
        test.put_at_least_once(clerk2, "d", "D", 0)
        expected = [("a", "A", a), ("b", "B", b), ("1", "1", 1), ("49", "49", 1)]
        for key, value, version in expected:
            test.check_get(clerk2, key, value, version)

        # Not in the course: only server 2 can lead, since server 1 lacks what has just
        # been put. What it answers shows what it has made of the snapshot.
        test.partition([1, 2], [0])
        clerk3 = test.make_clerk_to([1, 2])
        for key, value, version in [*expected, ("c", "C", c)]:
            test.check_get(clerk3, key, value, version)

        test.partition([0, 1, 2], [])
        e = test.put_at_least_once(clerk, "e", "E", 0)
        test.check_get(clerk, "c", "C", c)
        test.check_get(clerk, "e", "E", e)
        test.check_get(clerk, "1", "1", 1)


def test_snapshot_size_4C(kv_test: KvTestMaker) -> None:
    """Catches: tables of finished requests in the snapshot, logs not trimmed."""
    setup = Setup(
        part="4C snapshot size is reasonable",
        clients=0,
        servers=3,
        maxraftstate=MAXRAFTSTATE,
        hop_delay=None,
    )
    with kv_test(setup) as test:
        clerk = test.make_clerk()
        version = 0
        for _ in range(200):
            for value in "0", "1":
                version = test.put_at_least_once(clerk, "x", value, version)
                test.check_get(clerk, "x", value, version)
        test.check_raft_size()
        test.check_snapshot_size(500)


def test_speed_4C(kv_test: KvTestMaker) -> None:
    """Catches: snapshots so slow, or so many, that requests have to wait."""
    setup = Setup(
        part="4C speed",
        clients=1,
        servers=3,
        maxraftstate=MAXRAFTSTATE,
        hop_delay=None,
    )
    with kv_test(setup) as test:
        test.generic_test_speed()


def test_snapshot_recover_4C(kv_test: KvTestMaker) -> None:
    """Catches: wrong state after a restart from a snapshot and the log behind it."""
    setup = Setup(
        part="4C restarts, snapshots, one client",
        clients=1,
        servers=5,
        crash=True,
        maxraftstate=MAXRAFTSTATE,
    )
    with kv_test(setup) as test:
        test.generic_test()


def test_snapshot_recover_many_clients_4C(kv_test: KvTestMaker) -> None:
    """Catches: logs that grow faster than they are trimmed."""
    setup = Setup(
        part="4C restarts, snapshots, many clients ",
        clients=20,
        servers=5,
        crash=True,
        maxraftstate=MAXRAFTSTATE,
    )
    with kv_test(setup) as test:
        test.generic_test()


def test_snapshot_unreliable_4C(kv_test: KvTestMaker) -> None:
    """Catches: installed snapshots mixed up with lost and repeated messages."""
    setup = Setup(
        part="4C unreliable net, snapshots, many clients",
        clients=5,
        servers=5,
        reliable=False,
        maxraftstate=MAXRAFTSTATE,
    )
    with kv_test(setup) as test:
        test.generic_test()


def test_snapshot_unreliable_recover_4C(kv_test: KvTestMaker) -> None:
    """Catches: a snapshot and the log behind it that do not fit after a restart."""
    setup = Setup(
        part="4C unreliable net, restarts, snapshots, many clients",
        clients=5,
        servers=5,
        reliable=False,
        crash=True,
        maxraftstate=MAXRAFTSTATE,
    )
    with kv_test(setup) as test:
        test.generic_test()


def test_snapshot_unreliable_recover_concurrent_partition_4C(
    kv_test: KvTestMaker,
) -> None:
    """Catches: lagging servers that catch up wrongly, operations done twice."""
    setup = Setup(
        part="4C unreliable net, restarts, partitions, snapshots, many clients",
        clients=5,
        servers=5,
        reliable=False,
        crash=True,
        partitions=True,
        maxraftstate=MAXRAFTSTATE,
    )
    with kv_test(setup) as test:
        test.generic_test()


def test_snapshot_unreliable_recover_concurrent_partition_linearizable_4C(
    kv_test: KvTestMaker,
) -> None:
    """Catches: whatever shows only with many keys, clients and servers."""
    setup = Setup(
        part=(
            "4C unreliable net, restarts, partitions, snapshots, random keys, "
            "many clients"
        ),
        clients=15,
        servers=7,
        reliable=False,
        crash=True,
        partitions=True,
        maxraftstate=MAXRAFTSTATE,
        random_keys=True,
    )
    with kv_test(setup) as test:
        test.generic_test()
