"""The whole peer, `raft1.raft`, in simulation: threads, timers, RPCs and crashes.

The cluster checks at every step that no two services apply different commands at an
index, and that no term has two leaders.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import pytest

from labrt import RealRuntime, SimRuntime
from tests.raft1.clusters import Cluster

T = TypeVar("T")

LONG_S = 30.0


def simulate(
    scenario: Callable[[Cluster], T],
    *,
    seed: int = 1,
    size: int = 3,
    snapshot_every: int = 0,
    preempt_lines: bool = False,
) -> T:
    """Play a scenario on a fresh cluster; returns what it returns."""
    runtime = SimRuntime(seed=seed, preempt_lines=preempt_lines)
    return runtime.run(lambda: scenario(Cluster(runtime, size, snapshot_every)))


@pytest.mark.parametrize("seed", range(10))
def test_one_leader_arises_within_a_second(seed: int) -> None:
    """With the network up, the first election takes one or two timeouts."""

    def scenario(cluster: Cluster) -> None:
        cluster.wait_for(lambda: cluster.leader() is not None, 2)

    simulate(scenario, seed=seed, size=5)


def test_the_first_election_and_idleness_cost_few_calls() -> None:
    """The course allows 30 calls for the election and 60 for an idle second."""

    def scenario(cluster: Cluster) -> tuple[int, int]:
        cluster.await_leader()
        cluster.runtime.sleep(0.05)
        election = cluster.net.GetTotalCount()
        cluster.runtime.sleep(1)
        return election, cluster.net.GetTotalCount() - election

    election, idle = simulate(scenario)
    assert 1 <= election <= 10
    assert 10 <= idle <= 30


def test_a_burst_of_commands_costs_few_calls() -> None:
    """The course allows 42 calls for 12 commands on 3 peers."""

    def scenario(cluster: Cluster) -> int:
        raft = cluster.await_leader().raft
        before = cluster.net.GetTotalCount()
        for number in range(12):
            raft.Start(f"c{number}")
        cluster.wait_for(lambda: cluster.all_applied("c11"), 1)
        return cluster.net.GetTotalCount() - before

    assert simulate(scenario) <= 15


def test_every_entry_travels_once_to_each_follower() -> None:
    """The course allows a third more bytes than two copies of each command."""

    def scenario(cluster: Cluster) -> int:
        raft = cluster.await_leader().raft
        before = cluster.net.GetTotalBytes()
        for number in range(10):
            command = f"{number}".ljust(5000, "x")
            raft.Start(command)
            cluster.wait_for(partial(cluster.all_applied, command), 1)
        return cluster.net.GetTotalBytes() - before

    assert 100_000 <= simulate(scenario) <= 110_000


def test_a_new_leader_takes_over() -> None:
    """The group goes on without its leader, and takes it back as a follower."""

    def scenario(cluster: Cluster) -> None:
        old = cluster.await_leader()
        cluster.connect(old.number, False)
        new = cluster.await_leader()
        assert new.number != old.number
        new.raft.Start("a")
        cluster.wait_for(lambda: "a" in new.applied, 1)
        cluster.connect(old.number, True)
        cluster.wait_for(lambda: cluster.all_applied("a"), 2)
        assert not old.raft.GetState()[1]

    simulate(scenario)


def test_all_peers_restart_with_what_they_had() -> None:
    """A restarted group applies its log again, from the start, and goes on."""

    def scenario(cluster: Cluster) -> None:
        cluster.agree("a")
        for number in range(cluster.size):
            cluster.crash(number)
        for number in range(cluster.size):
            cluster.start(number)
        cluster.agree("b")
        assert all(cluster.running(n).applied[0] == "a" for n in range(cluster.size))

    simulate(scenario)


def test_a_snapshot_reaches_a_peer_that_was_away() -> None:
    """What the others have trimmed arrives as a snapshot, and the log stays short."""

    def scenario(cluster: Cluster) -> None:
        leader = cluster.await_leader()
        away = (leader.number + 1) % cluster.size
        cluster.crash(away)
        for number in range(35):
            leader.raft.Start(f"c{number}")
        cluster.wait_for(lambda: "c34" in leader.applied, 2)
        cluster.start(away)
        cluster.wait_for(lambda: cluster.all_applied("c34"), 5)
        assert leader.raft.PersistBytes() < 200

    simulate(scenario, snapshot_every=10)


def test_a_snapshot_of_what_was_not_applied_is_refused() -> None:
    """The error names both indices, and nothing is lost."""

    def scenario(cluster: Cluster) -> None:
        cluster.agree("a")
        leader = cluster.await_leader()
        with pytest.raises(ValueError, match=r"Snapshot\(5\): .* was for index 1"):
            leader.raft.Snapshot(5, b"")
        cluster.agree("b")

    simulate(scenario)


def test_a_killed_peer_releases_its_readers_and_promises_nothing() -> None:
    """Its apply channel is closed, it accepts no commands, and the others go on."""

    def scenario(cluster: Cluster) -> None:
        cluster.agree("a")
        leader = cluster.await_leader()
        leader.raft.Kill()
        assert list(leader.channel) == []
        assert leader.raft.Start("b") == (-1, -1, False)
        saved = leader.raft.PersistBytes()
        cluster.runtime.sleep(3)
        assert leader.raft.PersistBytes() == saved
        rest = [cluster.running(n) for n in range(3) if n != leader.number]
        successor = next(p for p in rest if p.raft.GetState()[1])
        successor.raft.Start("c")
        cluster.wait_for(lambda: all("c" in p.applied for p in rest), 1)

    simulate(scenario)


def test_a_service_that_does_not_read_holds_up_only_itself() -> None:
    """Its Raft goes on following, and delivers in order once the service reads."""

    def scenario(cluster: Cluster) -> None:
        cluster.agree("a")
        leader = cluster.await_leader()
        slow = cluster.running((leader.number + 1) % cluster.size)
        slow.hold = cluster.runtime.future()
        for number in range(20):
            leader.raft.Start(f"c{number}")
        cluster.wait_for(lambda: "c19" in leader.applied, 1)
        cluster.runtime.sleep(2)
        assert slow.applied[1:] == ["c0"]
        assert slow.raft.GetState() == (leader.raft.GetState()[0], False)
        slow.hold.set()
        cluster.wait_for(lambda: cluster.all_applied("c19"), 1)

    simulate(scenario)


def mess(cluster: Cluster) -> None:
    """Crashes and partitions on a lossy, reordering network, and then agreement."""
    chaos = cluster.runtime.stream("chaos")
    cluster.net.Reliable(False)
    cluster.net.LongReordering(True)
    for number in range(40):
        for peer in cluster.peers:
            if peer is not None:
                peer.raft.Start(f"m{number}")
        disturb(cluster, chaos.randrange(cluster.size), chaos.randrange(6))
        cluster.runtime.sleep(chaos.choice([0.02, 0.1, 0.5]))
    heal(cluster)
    cluster.agree("last")


@pytest.mark.parametrize("snapshot_every", [0, 4])
@pytest.mark.parametrize("seed", range(6))
def test_any_mess_heals(seed: int, snapshot_every: int) -> None:
    """Whatever happened, the group is safe throughout and live in the end."""
    simulate(mess, seed=seed, size=5, snapshot_every=snapshot_every)


@pytest.mark.parametrize("seed", range(2))
def test_any_mess_heals_under_switches_at_every_statement(seed: int) -> None:
    """No shared state is touched outside of the lock."""
    simulate(mess, seed=seed, size=5, snapshot_every=4, preempt_lines=True)


def disturb(cluster: Cluster, victim: int, what: int) -> None:
    """Let one thing happen to one peer, as long as a majority can still be formed."""
    up = [p is not None for p in cluster.peers]
    match what:
        case 0 if up[victim] and sum(up) > 3:
            cluster.crash(victim)
        case 1 if sum(cluster.connected) > 3:
            cluster.connect(victim, False)
        case 2:
            cluster.connect(victim, True)
        case 3 if not up[victim]:
            cluster.start(victim)


def heal(cluster: Cluster) -> None:
    """Bring everybody back, on a network that still loses and reorders."""
    for number in range(cluster.size):
        cluster.connect(number, True)
        if cluster.peers[number] is None:
            cluster.start(number)


def test_real_threads() -> None:
    """The same code on threads and the wall clock; all of them end with `Kill`."""
    runtime = RealRuntime(seed=1)
    others = threading.enumerate()

    def scenario() -> None:
        cluster = Cluster(runtime, 3, snapshot_every=10)
        cluster.net.LongDelays(False)
        cluster.agree("a")
        away = (cluster.await_leader().number + 1) % 3
        cluster.connect(away, False)
        leader = cluster.await_leader()
        for number in range(25):
            leader.raft.Start(f"c{number}")
        cluster.wait_for(lambda: "c24" in leader.applied, 10)
        cluster.connect(away, True)
        cluster.agree("b")
        for number in range(3):
            cluster.running(number).raft.Kill()
        for thread in set(threading.enumerate()).difference(others):
            if thread.name.startswith("raft-"):
                thread.join(LONG_S)
                assert not thread.is_alive(), f"{thread.name} does not end"

    runtime.run(scenario)
