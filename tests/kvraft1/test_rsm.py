"""The RSM over a scripted Raft: when Submits return, and what the service is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from kvraft1.rpc import OK, ErrWrongLeader
from kvraft1.rsm.rsm import WATCH_SECONDS
from labrt import SimRuntime
from labrt.runtime import Task
from raft1.raftapi import ApplyChannel, ApplyMsg
from tester1.hosts.persister import Persister
from tests.kvraft1.worlds import run_in_world

FAILED = (ErrWrongLeader, None)


@dataclass
class ScriptedRaft:
    """A Raft peer that does what the test says; every command goes into its log."""

    channel: ApplyChannel
    term: int = 1
    leads: bool = True
    size: int = 0
    log: list[Any] = field(default_factory=list)
    snapshots: list[tuple[int, bytes]] = field(default_factory=list)

    def Start(self, command: Any) -> tuple[int, int, bool]:
        """Append the command, if this peer leads."""
        if not self.leads:
            return -1, -1, False
        self.log.append(command)
        return len(self.log), self.term, True

    def GetState(self) -> tuple[int, bool]:
        """The term and the role that the test has set."""
        return self.term, self.leads

    def PersistBytes(self) -> int:
        """The size that the test has set."""
        return self.size

    def Snapshot(self, index: int, data: bytes) -> None:
        """Note the snapshot."""
        self.snapshots.append((index, data))
        self.size = 0

    def commit(self, index: int, command: Any = None) -> None:
        """Apply the command of the log at `index`, or another one in its place."""
        chosen = self.log[index - 1] if command is None else command
        self.channel.put(
            ApplyMsg(CommandValid=True, Command=chosen, CommandIndex=index)
        )

    def install(self, index: int, data: bytes) -> None:
        """Have the service adopt a snapshot."""
        self.channel.put(
            ApplyMsg(SnapshotValid=True, Snapshot=data, SnapshotIndex=index)
        )


class Recorder:
    """A state machine whose state is the list of what it has performed."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def DoOp(self, req: str) -> str:
        """Perform a request."""
        self.done.append(req)
        return req.upper()

    def Snapshot(self) -> bytes:
        """The requests so far."""
        return " ".join(self.done).encode()

    def Restore(self, data: bytes) -> None:
        """Forget everything else."""
        self.done = data.decode().split()


@dataclass
class Bench:
    """An RSM under test with what is above and below it."""

    runtime: SimRuntime
    module: ModuleType
    raft: ScriptedRaft
    machine: Recorder
    rsm: Any

    def submit(self, request: str) -> Task:
        """Submit in the background; returns once the request is in the log."""
        task = self.runtime.spawn(self.rsm.Submit, request)
        self.runtime.sleep(0.001)
        return task

    def op(self, request: str) -> Any:
        """A command of another server."""
        return self.module.Op(9, 12345, request)


def with_rsm(
    body: Callable[[Bench], None], *, maxraftstate: int = -1, snapshot: bytes = b""
) -> None:
    """Run `body` with an RSM whose persister holds `snapshot`."""

    def set_up(runtime: SimRuntime, module: ModuleType) -> None:
        rafts: list[ScriptedRaft] = []

        def make(_peers: Any, _me: int, _disk: Any, channel: Any) -> ScriptedRaft:
            rafts.append(ScriptedRaft(channel))
            return rafts[0]

        vars(module)["Make"] = make
        persister, machine = Persister(), Recorder()
        persister.Save(b"", snapshot)
        rsm = module.MakeRSM([], 0, persister, maxraftstate, machine)
        body(Bench(runtime, module, rafts[0], machine, rsm))

    run_in_world("kvraft1.rsm.rsm", set_up)


def test_a_performed_request_is_answered() -> None:
    """Submit returns the reply of its own request, once that is performed."""

    def body(bench: Bench) -> None:
        first, second = bench.submit("a"), bench.submit("b")
        assert not first.done
        bench.raft.commit(1)
        bench.raft.commit(2)
        assert first.join(0.001)
        assert second.join(0.001)
        assert (first.result, second.result) == ((OK, "A"), (OK, "B"))
        assert bench.machine.done == ["a", "b"]

    with_rsm(body)


def test_a_follower_sends_away_at_once() -> None:
    """A server that does not lead does not let the caller wait."""

    def body(bench: Bench) -> None:
        bench.raft.leads = False
        assert bench.rsm.Submit("a") == FAILED
        assert bench.runtime.now() == 0

    with_rsm(body)


def test_a_cut_off_leader_waits() -> None:
    """As long as Raft believes that it leads, nobody knows better."""

    def body(bench: Bench) -> None:
        assert not bench.submit("a").join(5.0)

    with_rsm(body)


@pytest.mark.parametrize(("term", "leads"), [(1, False), (2, False), (2, True)])
def test_lost_leadership_is_noticed_without_a_message(term: int, leads: bool) -> None:
    """A term that has ended ends the wait, even if this server leads again."""

    def body(bench: Bench) -> None:
        task = bench.submit("a")
        bench.raft.term, bench.raft.leads = term, leads
        assert task.join(2 * WATCH_SECONDS)
        assert task.result == FAILED

    with_rsm(body)


def test_a_taken_index_is_told_at_once() -> None:
    """Another command at the index ends the wait of all who stood behind it."""

    def body(bench: Bench) -> None:
        tasks = [bench.submit(name) for name in "abc"]
        bench.raft.commit(1, bench.op("x"))
        for task in tasks:
            assert task.join(0.001)
            assert task.result == FAILED
        assert bench.machine.done == ["x"]

    with_rsm(body)


def test_a_stopped_server_releases_everybody() -> None:
    """A closed apply channel ends all waiting, and later Submits do not begin to."""

    def body(bench: Bench) -> None:
        task = bench.submit("a")
        bench.raft.channel.close()
        assert task.join(0.001)
        assert task.result == FAILED
        assert bench.rsm.Submit("b") == FAILED

    with_rsm(body)


def test_the_same_request_of_an_earlier_life_is_not_taken_for_a_new_one() -> None:
    """Equal requests at one index are told apart by the number of the command."""

    def body(bench: Bench) -> None:
        task = bench.submit("a")
        bench.raft.commit(1, bench.module.Op(0, 1, "a"))
        assert task.join(0.001)
        assert task.result == FAILED

    with_rsm(body)


def test_an_installed_snapshot_replaces_the_state() -> None:
    """The service is restored, and nobody waits for what the snapshot hides."""

    def body(bench: Bench) -> None:
        task = bench.submit("a")
        bench.raft.install(7, b"x y")
        assert task.join(0.001)
        assert task.result == FAILED
        bench.raft.commit(8, bench.op("z"))
        bench.raft.install(5, b"old")
        bench.runtime.sleep(0.001)
        assert bench.machine.done == ["x", "y", "z"]

    with_rsm(body)


def test_a_stored_snapshot_is_restored_first() -> None:
    """The service starts from the persister's snapshot."""

    def body(bench: Bench) -> None:
        assert bench.machine.done == ["p", "q"]

    with_rsm(body, snapshot=b"p q", maxraftstate=1000)


def test_a_snapshot_is_taken_when_the_log_outgrows_its_limit() -> None:
    """The snapshot holds what was applied, and names the last index of that."""

    def body(bench: Bench) -> None:
        for index in 1, 2, 3:
            bench.raft.size = 400 * index
            bench.raft.commit(index, bench.op(f"r{index}"))
        bench.runtime.sleep(0.001)
        assert bench.raft.snapshots == [(3, b"r1 r2 r3")]

    with_rsm(body, maxraftstate=1000)


def test_no_snapshot_is_taken_without_a_limit() -> None:
    """A maxraftstate of -1 means never, however large the log is."""

    def body(bench: Bench) -> None:
        bench.raft.size = 10**9
        bench.raft.commit(1, bench.op("r"))
        bench.runtime.sleep(0.001)
        assert bench.raft.snapshots == []

    with_rsm(body)
