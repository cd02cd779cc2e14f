"""Groups of `raft1.raft` on the simulated network, in virtual time or in real.

Each incarnation of a peer is a world with a private copy of the modules, as in the
labs, but nothing of the tester is involved: the service is a list of what was applied.
A crash abandons the world; its successor starts from a copy of the persister.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from labrpc import ClientEnd, MakeNetwork, MakeServer, MakeService, Network
from labrt import Future, Runtime, World
from raft1.raftapi import Raft
from tester1.hosts.persister import Persister

T = TypeVar("T")

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(slots=True, eq=False)
class Incarnation:
    """One life of a peer: its world, its Raft, its disk, and what it applied."""

    number: int
    world: World
    persister: Persister
    raft: Raft
    channel: Any
    # The commands from index 1 on, whether they came singly or by snapshot.
    applied: list[str]
    # While this is set and not done, the service does not read its channel.
    hold: Future | None = None


@dataclass(slots=True, eq=False)
class Cluster:
    """`size` peers and the network between them; use it inside of `runtime.run`."""

    runtime: Runtime
    size: int
    snapshot_every: int = 0
    net: Network = field(init=False)
    # None for a peer that is down.
    peers: list[Incarnation | None] = field(init=False)
    # What every service has ever applied, by index: the truth to compare with.
    history: dict[int, str] = field(default_factory=dict)
    disks: list[Persister] = field(init=False)
    connected: list[bool] = field(init=False)
    _ends: dict[tuple[int, int], ClientEnd] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.net = MakeNetwork(self.runtime)
        self.net.LongDelays(True)
        self.disks = [Persister() for _ in range(self.size)]
        self.connected = [True] * self.size
        self.peers = [None] * self.size
        for number in range(self.size):
            for other in range(self.size):
                end = self.net.MakeEnd((number, other), f"{number}>{other}")
                self._ends[number, other] = end
                self.net.Connect((number, other), other)
        for number in range(self.size):
            self.start(number)

    # What can happen to a peer.

    def start(self, number: int) -> None:
        """Start a peer from its disk."""
        assert self.peers[number] is None, "the peer runs already"
        world = self.runtime.world(
            f"peer-{number}", roots=[PROJECT], packages={"raft1"}
        )
        peer = self._within(world, lambda: self._boot(number, world))
        server = MakeServer(self.runtime, world=world)
        server.AddService(MakeService(peer.raft, "Raft"))
        self.net.AddServer(number, server)
        self.peers[number] = peer
        self._enable(number)

    def crash(self, number: int) -> None:
        """Stop a peer at once; its successor gets a copy of the disk as it is now."""
        peer = self.running(number)
        self.net.DeleteServer(number)
        peer.world.kill()
        self.disks[number] = peer.persister.checkpoint()
        self.peers[number] = None

    def connect(self, number: int, yes: bool) -> None:
        """Plug a peer into the network or pull it out."""
        self.connected[number] = yes
        self._enable(number)

    def running(self, number: int) -> Incarnation:
        """The present life of a peer that is up."""
        peer = self.peers[number]
        assert peer is not None, f"peer {number} is down"
        return peer

    # What a client does.

    def leader(self) -> Incarnation | None:
        """The connected peer that claims to lead in the highest term, if any."""
        claims = []
        for peer in self.peers:
            if peer is not None and self.connected[peer.number]:
                term, is_leader = peer.raft.GetState()
                if is_leader:
                    claims.append((term, peer.number))
        terms = [term for term, _ in claims]
        assert len(set(terms)) == len(terms), f"two leaders in a term: {claims}"
        return self.running(max(claims)[1]) if claims else None

    def await_leader(self) -> Incarnation:
        """Wait for a leader, 10 s at most."""
        self.wait_for(lambda: self.leader() is not None, 10)
        leader = self.leader()
        assert leader is not None
        return leader

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> None:
        """Let time pass until `condition` holds; fail if it takes longer."""
        deadline = self.runtime.now() + seconds
        while not condition():
            assert self.runtime.now() < deadline, f"not within {seconds} s"
            self.runtime.sleep(0.01)

    def agree(self, command: str, seconds: float = 10) -> None:
        """Have every peer apply `command`, proposing it again once in a while."""
        deadline = self.runtime.now() + seconds
        while not self.all_applied(command):
            assert self.runtime.now() < deadline, f"no agreement on {command}"
            self.await_leader().raft.Start(command)
            again = self.runtime.now() + 1
            while self.runtime.now() < again and not self.all_applied(command):
                self.runtime.sleep(0.01)

    def all_applied(self, command: str) -> bool:
        """Whether every peer is up and has applied `command`."""
        return all(p is not None and command in p.applied for p in self.peers)

    # The machinery.

    def _boot(self, number: int, world: World) -> Incarnation:
        persister = self.disks[number]
        api, module = world.load("raft1.raftapi"), world.load("raft1.raft")
        channel = api.ApplyChannel()
        ends = [self._ends[number, other] for other in range(self.size)]
        applied = persister.ReadSnapshot().decode().split()
        raft = module.Make(ends, number, persister, channel)
        peer = Incarnation(number, world, persister, raft, channel, applied)
        self.runtime.spawn(self._serve, peer, world=world)
        return peer

    def _serve(self, peer: Incarnation) -> None:
        """Be the service of one peer: apply what comes, and take snapshots."""
        for message in peer.channel:
            if message.SnapshotValid:
                adopted = message.Snapshot.decode().split()
                assert len(adopted) == message.SnapshotIndex > len(peer.applied)
                peer.applied = adopted
            else:
                assert message.CommandIndex == len(peer.applied) + 1, "out of order"
                peer.applied.append(message.Command)
            for index, command in enumerate(peer.applied, start=1):
                assert self.history.setdefault(index, command) == command
            if self.snapshot_every and len(peer.applied) % self.snapshot_every == 0:
                snapshot = " ".join(peer.applied).encode()
                peer.raft.Snapshot(len(peer.applied), snapshot)
            if peer.hold is not None:
                peer.hold.wait()

    def _within(self, world: World, function: Callable[[], T]) -> T:
        """Run a function in a world, and wait for it."""
        results: list[T] = []
        task = self.runtime.spawn(lambda: results.append(function()), world=world)
        task.join()
        return results[0]

    def _enable(self, number: int) -> None:
        for other in range(self.size):
            both = self.connected[number] and self.connected[other]
            self.net.Enable((number, other), both)
            self.net.Enable((other, number), both)
