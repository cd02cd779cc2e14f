"""A Raft group under test: its servers, the faults done to them, and their reports.

`RaftCluster` is the part of the scaffold that acts: it starts, crashes, cuts off and
reconnects servers, calls them directly, and receives what their appliers report. What a
test may conclude from that is `raft1.testing.scaffold`'s part.

Rules that keep it honest:

- Every fault is annotated the moment it is done, so that the timeline of a failure
  shows what the servers were exposed to.
- A report that breaks the apply contract ends the run at once, whatever the test is
  waiting for just then.
- Every exit of a test ends the measurement, then cleans up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import NoReturn, Self, TypeVar

from labrt import Runtime
from raft1.testing.applied import AppliedLogs, ApplyMismatch, shortened
from tester1.cluster.config import Config
from tester1.cluster.group import server_number
from tester1.contact import raft_messages as testrpc
from tester1.contact.services import PerProgram
from tester1.lab import Lab, LabFailure

T = TypeVar("T")

NOT_STARTED = testrpc.StartReply(index=-1, term=-1, is_leader=False)


class RaftCluster:
    """`n` Raft servers on a network with long delays; a context manager.

    `title` is what is printed when the test begins. With `snapshots` the service on
    each server snapshots every few entries. `hop_delay_s` is the range of a message's
    travelling time in simulation; None is the network's own.
    """

    def __init__(
        self,
        lab: Lab,
        n: int,
        title: str,
        *,
        reliable: bool = True,
        snapshots: bool = False,
        hop_delay_s: tuple[float, float] | None = None,
    ) -> None:
        self.n = n
        self.logs = AppliedLogs(n)
        # Guards `logs`, which the servers' reports and the test's checks share.
        self.mutex = lab.runtime.mutex()
        self.config = Config(
            lab,
            n,
            reliable=reliable,
            hop_delay=hop_delay_s,
            start="raft1.testing.inside:start_raft",
            options={"snapshots": snapshots},
            services={"Test": PerProgram(partial(ApplierReports, self, lab.runtime))},
        )
        self.random = self.config.random
        self.annotations = self.config.annotations
        self.group = self.config.group()
        self.config.set_long_delays(True)
        self.annotations.test(lab.name, n)
        self.config.begin(title)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.config.finish(error)

    # Time, chance and verdicts

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.config.sleep(seconds)

    def concurrently(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """Make all `calls` at once, wait for them, and return their results."""
        results: dict[int, T] = {}

        def run(position: int) -> None:
            results[position] = calls[position]()

        tasks = [self.config.spawn(run, position) for position in range(len(calls))]
        for task in tasks:
            task.join()
        return [results[position] for position in range(len(calls))]

    def command(self) -> int:
        """A new command, different from all others."""
        return self.random.getrandbits(63)

    def chance(self, per_mille: int) -> bool:
        """True in `per_mille` of a thousand cases."""
        return self.random.randrange(1000) < per_mille

    def passed(self, what: str, details: str) -> None:
        """Put a check that has passed on the timeline."""
        self.annotations.checker_success(what, details)

    def fail(self, what: str, message: str) -> NoReturn:
        """Put a check that has failed on the timeline, and end the test."""
        self.annotations.checker_failure(what, message)
        self.config.fatal(message)

    def require(self, condition: bool, message: str) -> None:
        """End the test as failed unless `condition` holds."""
        if not condition:
            self.fail("requirement not met", message)

    def apply_error(self, text: str) -> None:
        """A server broke the apply contract: the test has failed, here and now."""
        self.annotations.checker_failure("apply error", text)
        self.config.runtime.fail(LabFailure(f"apply error: {text}"))

    # Faults

    def servers(self) -> range:
        """The numbers of all servers."""
        return range(self.n)

    def peer(self, server: int, steps: int) -> int:
        """The server `steps` after `server`, counting round."""
        return (server + steps) % self.n

    def connect(self, *servers: int) -> None:
        """Attach `servers` to the network again."""
        for server in servers:
            self.group.connect_one(server)
        self.annotations.connection(self.group.get_connected())

    def disconnect(self, *servers: int) -> None:
        """Cut `servers` off from every server, themselves included."""
        for server in servers:
            self.group.disconnect_all(server)
        self.annotations.connection(self.group.get_connected())

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
            self.group.connect_one(server)
        self.annotations.restart(servers)
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
        return NOT_STARTED if reply is None else reply

    def start_all(self, server: int, commands: Iterable[int | str]) -> None:
        """Call `Start` with each of `commands` on `server`, whatever it answers."""
        begin = self.config.now()
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
        return self.group.call(
            server, testrpc.GET_STATE, testrpc.GetStateArgs(), testrpc.StateReply
        )

    def states(self, servers: Iterable[int]) -> dict[int, testrpc.StateReply]:
        """The states of those of `servers` that answer."""
        replies = {server: self.get_state(server) for server in servers}
        return {server: reply for server, reply in replies.items() if reply is not None}


class ApplierReports:
    """The tester's service `Test`: what one server's applier reports arrives here."""

    def __init__(self, cluster: RaftCluster, runtime: Runtime, program: str) -> None:
        self._cluster = cluster
        self._runtime = runtime
        self._program = program
        self._server = server_number(program)

    def CheckLogs(self, entry: testrpc.AppliedEntry) -> testrpc.Verdict:
        """Judge one applied command."""
        index, command = entry.index, entry.command
        if self._runtime.trace is not None:
            self._trace("apply", f"{index}: {shortened(command)}")
        apply = partial(self._cluster.logs.apply, self._server, index, command)
        return self._judge(apply)

    def IngestLog(self, log: testrpc.AppliedLog) -> testrpc.Verdict:
        """Judge a log that the server took over from a snapshot."""
        if self._runtime.trace is not None:
            last_index = len(log.commands) - 1
            self._trace("adopt", f"snapshot up to {last_index}")
        return self._judge(
            partial(self._cluster.logs.adopt, self._server, log.commands)
        )

    def ApplyErr(self, error: testrpc.ApplyError) -> testrpc.Verdict:
        """Take note of something that the server could not use at all."""
        self._cluster.apply_error(f"server {self._server} {error.text}")
        return testrpc.Verdict(accepted=False)

    def _judge(self, record: Callable[[], None]) -> testrpc.Verdict:
        try:
            with self._cluster.mutex:
                record()
        except ApplyMismatch as mismatch:
            self._cluster.apply_error(str(mismatch))
            return testrpc.Verdict(accepted=False)
        return testrpc.Verdict(accepted=True)

    def _trace(self, kind: str, text: str) -> None:
        assert self._runtime.trace is not None
        self._runtime.trace.add(kind, self._program, text)
