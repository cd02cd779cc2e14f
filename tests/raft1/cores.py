"""A group of Raft cores in memory: virtual time, seeded messages, no threads.

The group lets tests play scenarios with a few words (`run`, `propose`, `cut`, `crash`,
`restart`) and checks the safety properties of the paper's figure 3 after every step of
every peer, so that a violation is reported at the step that commits it. A crash keeps
what the peer's storage holds and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from raft1.core import Core, Role
from raft1.leadership import Envelope
from raft1.log import LogEntry
from raft1.raftapi import ApplyMsg
from raft1.rpc import (
    AppendEntriesArgs,
    InstallSnapshotArgs,
    Reply,
    Request,
    RequestVoteArgs,
)
from raft1.storage import Storage


class MemoryPersister:
    """A persister in memory that counts its saves."""

    def __init__(self) -> None:
        self._raft_state = b""
        self._snapshot = b""
        self.saves = 0

    def Save(self, raftstate: bytes, snapshot: bytes | None, /) -> None:
        """Replace both."""
        self._raft_state = bytes(raftstate)
        self._snapshot = b"" if snapshot is None else bytes(snapshot)
        self.saves += 1

    def ReadRaftState(self) -> bytes:
        """The Raft state saved last."""
        return self._raft_state

    def ReadSnapshot(self) -> bytes:
        """The snapshot saved last."""
        return self._snapshot

    def RaftStateSize(self) -> int:
        """The length of the Raft state."""
        return len(self._raft_state)

    def SnapshotSize(self) -> int:
        """The length of the snapshot."""
        return len(self._snapshot)


@dataclass(frozen=True, slots=True)
class Weather:
    """What the network does to messages; chances are per message, times in seconds."""

    hop_s: tuple[float, float] = (0.0005, 0.003)
    loss: float = 0.0
    # Some replies take this much longer, and so overtake each other.
    late: float = 0.0
    late_s: tuple[float, float] = (0.2, 2.2)
    # How long it takes to give up on a message that did not arrive.
    give_up_s: tuple[float, float] = (0.0, 0.03)


@dataclass(slots=True, eq=False)
class Peer:
    """One peer of the group: the core while it is up, and its service."""

    number: int
    persister: MemoryPersister
    storage: Storage
    core: Core
    up: bool = True
    connected: bool = True
    # What the service has applied, from index 1 on, by messages or by snapshot.
    applied: list[Any] = field(default_factory=list)


class Group:
    """`size` peers under one seed. `snapshot_every` = 0: services take no snapshots."""

    def __init__(
        self,
        size: int,
        seed: int,
        *,
        weather: Weather | None = None,
        snapshot_every: int = 0,
    ) -> None:
        self.now = 0.0
        self.random = random.Random(seed)
        self.weather = weather or Weather()
        self._snapshot_every = snapshot_every
        self._size = size
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._events_made = 0
        # The group's history, against which every step is checked.
        self.leaders: dict[int, int] = {}
        self.committed: list[LogEntry] = []
        # For each of them, the term of the leader that committed it.
        self._commit_terms: list[int] = []
        self.requests_sent: list[Request] = []
        self.peers = [self._boot(i, MemoryPersister(), []) for i in range(size)]

    # The vocabulary of scenarios.

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.run_until(lambda: False, seconds, must=False)

    def run_until(
        self, condition: Callable[[], bool], seconds: float, *, must: bool = True
    ) -> None:
        """Let time pass until `condition` holds, which it has to within `seconds`."""
        end = self.now + seconds
        while not condition():
            due = self._next_time()
            if due > end:
                assert not must, f"nothing came of it within {seconds} s"
                self.now = end
                return
            self.now = max(self.now, due)
            self._step()

    def elect(self) -> Peer:
        """Run until a connected majority has a leader; returns it."""
        self.run_until(lambda: self.leader() is not None, 10)
        leader = self.leader()
        assert leader is not None
        return leader

    def leader(self) -> Peer | None:
        """The connected peer that leads in the highest term, if any."""
        leading = [
            p for p in self.peers if p.up and p.connected and p.core.role is Role.LEADER
        ]
        return max(leading, key=lambda p: p.core.state.current_term, default=None)

    def propose(self, peer: Peer, *commands: Any) -> int:
        """`Start` the commands on `peer`; the index of the last, -1 if it refused."""
        index = -1
        for command in commands:
            index, _, _ = peer.core.start(command, self.now)
            self._settle(peer)
        return index

    def cut(self, *peers: Peer) -> None:
        """Disconnect the peers from all others."""
        for peer in peers:
            peer.connected = False

    def join(self, *peers: Peer) -> None:
        """Connect the peers again."""
        for peer in peers:
            peer.connected = True

    def crash(self, *peers: Peer) -> None:
        """Stop the peers; only their storage remains."""
        for peer in peers:
            peer.up = False

    def restart(self, *peers: Peer) -> list[Peer]:
        """Start crashed peers again from their storage; returns the new ones."""
        fresh = []
        for peer in peers:
            assert not peer.up, "only a crashed peer can be restarted"
            applied = _decode(peer.persister.ReadSnapshot())
            new = self._boot(peer.number, peer.persister, applied)
            new.connected = peer.connected
            self.peers[peer.number] = new
            fresh.append(new)
        return fresh

    def others(self, *peers: Peer) -> list[Peer]:
        """All peers but these."""
        return [p for p in self.peers if p not in peers]

    def everybody_applied(self, commands: Iterable[Any]) -> bool:
        """Whether every peer that is up has applied exactly these commands."""
        expected = list(commands)
        return all(p.applied == expected for p in self.peers if p.up)

    # The machinery.

    def _boot(
        self, number: int, persister: MemoryPersister, applied: list[Any]
    ) -> Peer:
        storage = Storage(persister)
        core = Core(
            storage.load(), number, self._size, random=self.random.random, now=self.now
        )
        return Peer(number, persister, storage, core, applied=applied)

    def _next_time(self) -> float:
        times = [p.core.next_deadline() for p in self.peers if p.up]
        if self._events:
            times.append(self._events[0][0])
        return min(times)

    def _step(self) -> None:
        if self._events and self._events[0][0] <= self.now:
            heappop(self._events)[2]()
            return
        for peer in self.peers:
            if peer.up and peer.core.next_deadline() <= self.now:
                peer.core.tick(self.now)
                self._settle(peer)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._events_made += 1
        heappush(self._events, (self.now + seconds, self._events_made, action))

    def _settle(self, peer: Peer) -> None:
        """Save, check, send and apply, in this order."""
        peer.storage.save(peer.core.state)
        self._check(peer)
        for envelope in peer.core.take_outbox():
            self._send(peer, envelope)
        for message in peer.core.take_deliveries():
            self._apply(peer, message)

    def _send(self, sender: Peer, envelope: Envelope) -> None:
        self.requests_sent.append(envelope.request)
        if self.random.random() < self.weather.loss:
            self._give_up(sender, envelope)
            return
        hop = self.random.uniform(*self.weather.hop_s)
        self._later(hop, lambda: self._arrive(sender, envelope))

    def _arrive(self, sender: Peer, envelope: Envelope) -> None:
        receiver = self.peers[envelope.peer]
        if not (receiver.up and receiver.connected and sender.connected):
            self._give_up(sender, envelope)
            return
        reply = _handle(receiver.core, envelope.request, self.now)
        self._settle(receiver)
        if self.random.random() < self.weather.loss:
            self._give_up(sender, envelope)
            return
        delay = self.random.uniform(*self.weather.hop_s)
        if self.random.random() < self.weather.late:
            delay += self.random.uniform(*self.weather.late_s)
        self._later(delay, lambda: self._return(sender, envelope, reply))

    def _give_up(self, sender: Peer, envelope: Envelope) -> None:
        delay = self.random.uniform(*self.weather.give_up_s)
        self._later(delay, lambda: self._return(sender, envelope, None))

    def _return(self, sender: Peer, envelope: Envelope, reply: Reply | None) -> None:
        if sender.up:
            sender.core.replied(envelope.peer, envelope.request, reply, self.now)
            self._settle(sender)

    def _apply(self, peer: Peer, message: ApplyMsg) -> None:
        """Be the service: keep the commands, and take snapshots of them."""
        assert message.CommandValid != message.SnapshotValid
        if message.SnapshotValid:
            adopted = _decode(message.Snapshot)
            assert len(adopted) == message.SnapshotIndex
            assert len(adopted) > len(peer.applied), "a snapshot rolled a peer back"
            peer.applied = adopted
            return
        assert message.CommandIndex == len(peer.applied) + 1, "applied out of order"
        peer.applied.append(message.Command)
        if self._snapshot_every and len(peer.applied) % self._snapshot_every == 0:
            peer.core.compact(len(peer.applied), _encode(peer.applied))
            peer.storage.save(peer.core.state)

    # The properties of figure 3.

    def _check(self, peer: Peer) -> None:
        state = peer.core.state
        if peer.core.role is Role.LEADER:
            first = self.leaders.setdefault(state.current_term, peer.number)
            assert first == peer.number, f"two leaders in term {state.current_term}"
            self._check_completeness(peer)
        self._check_committed(peer)

    def _check_completeness(self, leader: Peer) -> None:
        """A leader has every entry that was committed in an earlier term.

        The term that counts is the one in which it was committed. A leader that was
        cut off may well lack an entry of an older term that its successor committed.
        """
        log = leader.core.state.log
        term = leader.core.state.current_term
        for index in range(log.base_index + 1, len(self.committed) + 1):
            if self._commit_terms[index - 1] < term:
                entry = self.committed[index - 1]
                assert log.has(index, entry.term), f"leader lacks entry {index}"

    def _check_committed(self, peer: Peer) -> None:
        """What one peer holds as committed is the same on all of them."""
        log, commit_index = peer.core.state.log, peer.core.state.commit_index
        assert log.base_index <= commit_index <= log.last_index
        for index in range(log.base_index + 1, commit_index + 1):
            if index <= len(self.committed):
                assert log.entry(index) == self.committed[index - 1]
            else:
                assert index == len(self.committed) + 1
                self.committed.append(log.entry(index))
                # Whoever sees it first is the leader that decided it.
                self._commit_terms.append(peer.core.state.current_term)

    def check_log_matching(self) -> None:
        """Logs that agree in one entry agree in all before it."""
        logs = [peer.core.state.log for peer in self.peers]
        for position, one in enumerate(logs):
            for other in logs[position + 1 :]:
                agreed = False
                first = max(one.base_index, other.base_index) + 1
                last = min(one.last_index, other.last_index)
                for index in range(last, first - 1, -1):
                    agreed = agreed or one.term_at(index) == other.term_at(index)
                    assert not agreed or one.entry(index) == other.entry(index)


def _handle(core: Core, request: Request, now: float) -> Reply:
    if isinstance(request, RequestVoteArgs):
        return core.request_vote(request, now)
    if isinstance(request, AppendEntriesArgs):
        return core.append_entries(request, now)
    assert isinstance(request, InstallSnapshotArgs)
    return core.install_snapshot(request, now)


def _encode(commands: list[Any]) -> bytes:
    """A snapshot of a service whose commands are words without blanks."""
    return " ".join(commands).encode()


def _decode(snapshot: bytes) -> list[Any]:
    return snapshot.decode().split()
