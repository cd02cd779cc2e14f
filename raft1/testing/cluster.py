"""A Raft group under test: its servers, the faults done to them, and their reports.

`RaftCluster` is the part of the scaffold that acts: it starts, crashes and restarts
servers, calls them directly, and receives what they report to have applied. What a test
may conclude from that is `raft1.testing.scaffold`'s part.

Rules that keep it honest:

- A report that breaks the apply contract ends the run at once, whatever the test is
  waiting for just then.
- A server's log begins anew before the server does, so that no report of the new
  incarnation can be taken for one of the old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import labgob
from labrt import Runtime
from labrt.runtime import Future
from raft1.testing.applied import AppliedLogs, ApplyMismatch, shortened
from tester1.cluster.config import Config
from tester1.cluster.group import server_name, server_number
from tester1.cluster.testcase import LabTest
from tester1.contact import raft_messages as testrpc
from tester1.contact.bounds import bounded
from tester1.contact.services import PerProgram
from tester1.facts.kinds import Applied, Proposed, SnapshotAdopted, StateTold
from tester1.lab import Lab, LabFailure

NOT_STARTED = testrpc.StartReply(index=-1, term=-1, is_leader=False)


class RaftCluster(LabTest):
    """`n` Raft servers on a network with long delays.

    `title` is what is printed when the test begins. With `snapshots` the service on
    each server snapshots every few entries. `hop_delay` is the range of a message's
    travelling time in simulation, in seconds; None is the network's own.
    """

    def __init__(
        self,
        lab: Lab,
        n: int,
        title: str,
        *,
        reliable: bool = True,
        snapshots: bool = False,
        hop_delay: tuple[float, float] | None = None,
    ) -> None:
        self.n = n
        # Before the servers, whose first reports may come while they are started.
        self.logs = AppliedLogs(n)
        # Guards `logs`, which the servers' reports and the test's checks share.
        self.mutex = lab.runtime.mutex()
        self._first_appliers: dict[int, Future] = {}
        self._encoded: dict[tuple[type, object], bytes] = {}
        config = Config(
            lab,
            n,
            reliable=reliable,
            hop_delay=hop_delay,
            start="raft1.testing.inside:start_raft",
            options={"snapshots": snapshots},
            services={"Test": PerProgram(partial(ApplyReports, self, lab.runtime))},
            in_order=True,
        )
        # In every test of Raft, as in the course: a call that cannot be delivered takes
        # up to seven seconds to fail.
        config.set_long_delays(True)
        super().__init__(config, lab.name)
        self.begin(title)

    # Chance and verdicts

    def command(self) -> int:
        """A new command, different from all others."""
        # As many bits as in the course: two equal ones are not to be expected.
        return self.random.getrandbits(63)

    def chance(self, per_mille: int) -> bool:
        """Whether a draw falls among `per_mille` of a thousand."""
        return self.random.randrange(1000) < per_mille

    def first_applier(self, index: int) -> Future:
        """A future that gets the next server which applies `index`, at that instant."""
        future = self.runtime.future()
        with self.mutex:
            self._first_appliers[index] = future
        return future

    def applied(self, server: int, index: int) -> None:
        """Take note that `server` has reported a command which is in order."""
        with self.mutex:
            future = self._first_appliers.pop(index, None)
        # Outside the mutex: whoever waits for it may go on at once, and ask.
        if future is not None:
            future.set(server)

    def apply_error(self, text: str, *, servers: Iterable[int]) -> None:
        """End the test, here and now: a server broke the apply contract."""
        # Not by raising: this is called for a server's report, and the test's own task
        # may be waiting for something else.
        self.annotations.checker_failure("apply error", text)
        self.config.runtime.fail(LabFailure(f"apply error: {text}", servers=servers))

    # Faults

    def servers(self) -> range:
        """The numbers of all servers."""
        return range(self.n)

    def peer(self, server: int, steps: int) -> int:
        """The server `steps` after `server`, counting round."""
        return (server + steps) % self.n

    def crash(self, *servers: int) -> None:
        """Crash `servers`; only what their persisters hold survives."""
        self.group.kill(servers)
        self.annotations.shutdown(servers)

    def restart(self, *servers: int) -> None:
        """Start the crashed `servers` again and attach them to the network."""
        for server in servers:
            with self.mutex:
                self.logs.restart(server)
        self.group.start_many(servers)
        for server in servers:
            # These alone: others may be cut off, and the test wants them to stay so.
            self.group.connect_one(server)
        self.annotations.restart(servers)
        # A server that was cut off and then crashed is attached now as well.
        self.annotations.connection(self.group.get_connected())

    def is_up(self, server: int) -> bool:
        """Whether `server` runs (connected or not)."""
        return self.group.alive(server)

    def is_connected(self, server: int) -> bool:
        """Whether the test considers `server` attached to the network."""
        return self.group.is_connected(server)

    # Direct calls, which do not go through the simulated network

    def start(self, server: int, command: int | str) -> testrpc.StartReply:
        """Call `Start(command)` on `server`; one that is down does not lead."""
        reply = self.group.call(
            server, testrpc.START, testrpc.StartArgs(command), testrpc.StartReply
        )
        if reply is None:
            return NOT_STARTED
        facts = self.runtime.facts
        if facts is not None:
            facts.emit(
                Proposed(
                    server=server_name(self.group.gid, server),
                    data=self.encoded(command),
                    index=reply.index,
                    term=reply.term,
                    is_leader=reply.is_leader,
                )
            )
        return reply

    def encoded(self, command: object) -> bytes:
        """A command as a message: it is started once, and applied by every server."""
        kind = type(command)
        # Of others nobody knows whether they can be looked up, or stay what they are.
        if kind is not int and kind is not str:
            return labgob.encode(command)
        # By type too: for a dict 1 and 1.0 are one key, and for labgob two.
        data = self._encoded.get((kind, command))
        if data is None:
            data = self._encoded[kind, command] = labgob.encode(command)
        return data

    def start_all(self, server: int, commands: Iterable[int | str]) -> None:
        """Call `Start` with each of `commands` on `server`, whatever it answers."""
        begin = self.now()
        started = [(self.start(server, command), command) for command in commands]
        self.annotations.info_interval(
            begin,
            f"start {len(started)} commands on {server}",
            ", ".join(
                f"{shortened(command)} at {reply.index if reply.is_leader else 'none'}"
                for reply, command in started
            ),
        )

    def get_state(self, server: int) -> testrpc.StateReply | None:
        """Call `GetState` on `server`; None if it is down."""
        reply = self.group.call(
            server, testrpc.GET_STATE, testrpc.GetStateArgs(), testrpc.StateReply
        )
        facts = self.runtime.facts
        if reply is not None and facts is not None:
            facts.emit(
                StateTold(
                    server=server_name(self.group.gid, server),
                    term=reply.term,
                    is_leader=reply.is_leader,
                )
            )
        return reply

    def states(self, servers: Iterable[int]) -> dict[int, testrpc.StateReply]:
        """The states of those of `servers` that answer."""
        replies = {server: self.get_state(server) for server in servers}
        return {server: reply for server, reply in replies.items() if reply is not None}


class ApplyReports:
    """The tester's service `Test`: what one server applies is reported here."""

    def __init__(self, cluster: RaftCluster, runtime: Runtime, program: str) -> None:
        self._cluster = cluster
        self._facts = runtime.facts
        self._program = program
        self._server = server_number(program)

    def CheckLogs(self, entry: testrpc.AppliedEntry) -> testrpc.ReportReply:
        """Judge one applied command."""
        index, command = bounded(entry.index), entry.command
        # Noted before it is judged, so that the fact is there if it ends the run.
        if self._facts is not None:
            data = self._cluster.encoded(command)
            self._facts.emit(Applied(server=self._program, index=index, data=data))
        apply = partial(self._cluster.logs.apply, self._server, index, command)
        reply = self._judge(apply)
        if reply.accepted:
            self._cluster.applied(self._server, index)
        return reply

    def IngestLog(self, log: testrpc.AppliedLog) -> testrpc.ReportReply:
        """Judge a log that the server took over from a snapshot."""
        if self._facts is not None:
            index = len(log.commands) - 1
            self._facts.emit(SnapshotAdopted(server=self._program, index=index))
        return self._judge(
            partial(self._cluster.logs.adopt, self._server, log.commands)
        )

    def ApplyErr(self, error: testrpc.ApplyError) -> testrpc.ReportReply:
        """Take note of something that the server could not use at all."""
        self._cluster.apply_error(
            f"server {self._server} {error.text}", servers=[self._server]
        )
        return testrpc.ReportReply(accepted=False)

    def _judge(self, record: Callable[[], None]) -> testrpc.ReportReply:
        try:
            with self._cluster.mutex:
                record()
        except ApplyMismatch as mismatch:
            self._cluster.apply_error(str(mismatch), servers=mismatch.servers)
            return testrpc.ReportReply(accepted=False)
        return testrpc.ReportReply(accepted=True)
