"""The tester: one test's network, servers, clients, annotations and limits.

A test makes a `Config`, which starts the servers on a reliable network, and ends with
`end` (the result line) and `cleanup`. Rules:

- the clean-up happens whatever the test or the limit of 120 seconds says, and all of
  it happens whatever becomes of a part;
- the limit is judged by the same clock as everything else, so that in simulation it
  never depends on the machine. A test that has reached it cannot pass any more, so it
  is ended there and then; whom it was waiting for is part of the message;
- nothing here knows whether a server is a world or a process.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, NoReturn, Self

from labrpc import MakeNetwork
from labrt import Task
from tester1.cluster.client_program import ClientProgram
from tester1.cluster.direct import PendingCall
from tester1.cluster.group import GRP0, ServerGrp, server_name
from tester1.cluster.results import Measurement, begin_line
from tester1.contact.clients import Clnt, Clnts
from tester1.contact.services import TesterRPC, TesterServices
from tester1.hosts.interface import ClientLaunch, Program
from tester1.hosts.loading import StartFunction
from tester1.hosts.modes import make_host
from tester1.lab import Lab, LabFailure
from tester1.rules.court import Court
from tester1.rules.raft.watch import RaftRules
from tester1.teardown import do_all, is_interrupt
from tester1.timeline.page import Outcome, Visualizer

if TYPE_CHECKING:
    from tester1.porcupine.model import Result

__all__ = ["TIME_LIMIT_S", "Config", "Lab", "LabFailure"]

TIME_LIMIT_S: Final = 120.0
"""How long a test may take from the end of its first start-up, in seconds."""


@dataclass(frozen=True, slots=True)
class _Begin:
    """The counters when the present measurement began."""

    time: float
    rpcs: int


class Config:
    """One test's environment; a context manager that ends and cleans up.

    `start` is the servers' program, a function or "module:function", called in each
    server with the keyword arguments `options`. `services` are receivers, or
    `PerProgram`s, that the servers reach through their client of the tester from their
    first moment on.
    `hop_delay` is the range of seconds that a message travels in simulation, None the
    network's own. `in_order` says that servers report all that their Rafts apply.
    """

    def __init__(
        self,
        lab: Lab,
        n: int,
        *,
        reliable: bool,
        start: str | StartFunction,
        options: Mapping[str, object] | None = None,
        services: Mapping[str, object] | None = None,
        hop_delay: tuple[float, float] | None = None,
        in_order: bool = False,
    ) -> None:
        self.lab = lab
        self.runtime = lab.runtime
        self.random = lab.runtime.stream("test")
        self.annotations = lab.new_annotations()
        self.visualizer = Visualizer(lab, self.annotations)
        # Reliable while the servers start, whatever the test asks for in the end: a
        # test begins with servers that have started.
        self.net = MakeNetwork(lab.runtime, hop_delay=hop_delay)
        self._services = TesterServices()
        self._services.add(TesterRPC(self.annotations))
        for name, receiver in (services or {}).items():
            self._services.add(receiver, name)
        self._host = make_host(lab, self._services)
        # From the first fact on, which is that a server is started.
        self.court: Court | None = None
        if lab.rules and lab.runtime.facts is not None:
            frames = lab.solution_frames if lab.debugged else tuple
            self.court = Court(lab.runtime.facts, lab.runtime.fail, frames)
            names = [server_name(GRP0, i) for i in range(n)]
            raft = RaftRules(
                self.court,
                names,
                simulated=lab.runtime.simulated,
                in_order=in_order,
            )
            lab.gaps = raft.reading.gaps
        self._groups: dict[int, ServerGrp] = {}
        self._clients: list[ClientProgram] = []
        self.clnts = Clnts(lab.runtime, self.net)
        self._failed = False  # by its own words; what it raised is handed in
        self._cleaned_up = False
        self._ops = 0
        self._mutex = lab.runtime.mutex()  # guards _ops
        lab.when_over(self.cleanup)  # from here on there is something to clean up
        self.make_group_start(GRP0, n, Program(start, dict(options or {})))
        # From the end of the start-up, as in the course: on a slow machine processes
        # take their time to start, and a test is not to pay for that.
        self._started = self.now()
        self._begun = _Begin(self._started, self.rpc_total())
        self.runtime.call_later(TIME_LIMIT_S, self._out_of_time)
        self.net.Reliable(reliable)

    # Groups and clients

    def group(self, gid: int = GRP0) -> ServerGrp:
        """The server group with that number."""
        return self._groups[gid]

    def make_group_start(self, gid: int, n: int, program: Program) -> ServerGrp:
        """Make a group of `n` servers, start them and attach them to the network."""
        group = ServerGrp(self.runtime, self.net, self._host, program, gid=gid, n=n)
        self._groups[gid] = group
        group.start_servers()
        return group

    def exit_group(self, gid: int) -> None:
        """Shut a group down and forget it."""
        self._groups.pop(gid).shutdown()

    def make_client(self) -> Clnt:
        """A client that may reach every server."""
        return self.clnts.make()

    def make_client_to(self, names: Iterable[str]) -> Clnt:
        """A client that may reach only the servers of these names."""
        return self.clnts.make(names)

    def delete_client(self, clnt: Clnt) -> None:
        """Remove a client's end points from the network."""
        self.clnts.delete(clnt)

    def start_client(self, program: Program, name: str = "client") -> ClientProgram:
        """Start a program that uses this test's clients, apart from the test.

        It is called as `function(tester, clnts, **options)`, where `clnts.get(name)`
        is the `Clnt` of that name, and returns the services through which the test
        drives it, by direct calls.
        """
        handle = self._host.start_client(ClientLaunch(name, program, self.clnts))
        client = ClientProgram(self.runtime, name, handle)
        self._clients.append(client)
        return client

    def add_service(self, receiver: object, name: str | None = None) -> None:
        """Let servers call the public methods of `receiver`, which must not block."""
        self._services.add(receiver, name)

    # Network

    def set_reliable(self, reliable: bool) -> None:
        """Choose between a reliable and an unreliable network."""
        self.net.Reliable(reliable)

    def is_reliable(self) -> bool:
        """Whether the network is reliable."""
        return self.net.IsReliable()

    def set_long_reordering(self, long: bool) -> None:
        """Delay many replies for a long time, or stop doing so."""
        self.net.LongReordering(long)

    def set_long_delays(self, long: bool) -> None:
        """Let calls that cannot be delivered take seconds to fail, or stop doing so."""
        self.net.LongDelays(long)

    def rpc_total(self) -> int:
        """Calls that the network has accepted."""
        return self.net.GetTotalCount()

    def bytes_total(self) -> int:
        """Bytes that the network has carried."""
        return self.net.GetTotalBytes()

    # Time and chance

    def now(self) -> float:
        """The time of the run, in seconds."""
        return self.runtime.now()

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass for the calling task."""
        self.runtime.sleep(seconds)

    def spawn(
        self, function: Callable[..., object], *args: object, name: str = ""
    ) -> Task:
        """Run `function(*args)` as a task of the test; if it raises, the test fails."""
        return self.runtime.spawn(function, *args, name=name)

    def randstring(self, n: int) -> str:
        """`n` random characters of URL-safe base64."""
        return base64.urlsafe_b64encode(self.random.randbytes(n))[:n].decode()

    # Results

    def op_inc(self, n: int = 1) -> None:
        """Count `n` operations of the test."""
        with self._mutex:
            self._ops += n

    def begin(self, text: str) -> None:
        """Print what begins, and measure from here on."""
        print(begin_line(text, reliable=self.is_reliable()))
        self._begun = _Begin(self.now(), self.rpc_total())
        self._ops = 0

    def end(self) -> None:
        """Check the time limit and print the result line; nothing after a failure."""
        self.check_timeout()
        if self._failed:
            return
        measured = Measurement(
            self.now() - self._begun.time,
            self.group().n,
            self.rpc_total() - self._begun.rpcs,
            self._ops,
        )
        print(measured.line())
        self.lab.results.append(str(measured))

    def check_timeout(self) -> None:
        """Fail if more than `TIME_LIMIT_S` have passed, unless the test has failed."""
        if not self._failed and self.now() - self._started > TIME_LIMIT_S:
            self.fatal(f"test took longer than {TIME_LIMIT_S:g} seconds")

    def fatal(self, message: str, *, servers: Iterable[int] = ()) -> NoReturn:
        """Fail the test with that message; the clean-up still happens.

        `servers` are the numbers of those that the failure is about.
        """
        self._failed = True
        # What has failed in this instant already, as when a rule is broken by what the
        # test was just told, is the failure: it is raised here.
        self.lab.runtime.sleep(0)
        raise LabFailure(message, servers=servers)

    def pending_calls(self) -> list[PendingCall]:
        """The direct calls to servers and clients that have not returned."""
        calls = [
            call for group in self._groups.values() for call in group.pending_calls()
        ]
        for client in self._clients:
            calls.extend(client.pending_calls())
        return calls

    def _out_of_time(self) -> None:
        """End a test at its limit, with what it is waiting for."""
        if self._cleaned_up:  # the timer outlives a test that was in time
            return
        self._failed = True
        calls = self.pending_calls()
        lines = [f"test took longer than {TIME_LIMIT_S:g} seconds"]
        lines.extend(f"  {call}" for call in calls)
        servers = [call.server for call in calls]
        self.runtime.fail(LabFailure("\n".join(lines), servers=servers))

    # The end of a test

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.finish(error)

    def finish(
        self, error: BaseException | None, *, checked: Result | None = None
    ) -> None:
        """End the test and clean up; `error` is what its block was left with.

        `checked` is the history that the timeline of a test that passes shows.
        """
        # The end is judged before anything is taken down, and fails the test like its
        # block. With a failure already under way it could only hide what came first.
        if error is None:
            try:
                self.end()
                if checked is not None:
                    self.visualizer.write(checked, Outcome.PASSED)
            except BaseException as failure:
                self.cleanup(failure)
                raise
        self.cleanup(error)

    def cleanup(self, error: BaseException | None = None) -> None:
        """Take everything down, in the course's order, and leave the timeline behind.

        `error` is what has ended the test, if anything has. It has to be handed in: a
        test may as well do all of its work in an `except` block, where another error
        is under way that it has dealt with. Called again, it does nothing.
        """
        # By the block's end, by the lab's, or by both: the lab takes down what was left
        # by a test that never got to the end of a block.
        if self._cleaned_up:
            return
        # Set before it is done: a part that fails must not have it begun anew.
        self._cleaned_up = True
        do_all(self._cleanup_steps(error), error)

    def _cleanup_steps(
        self, error: BaseException | None
    ) -> Iterator[Callable[[], object]]:
        # First the picture, while everybody still stands where the test has left them.
        yield self.lab.end
        # Clients before servers: what they still ask for would only be lost.
        yield self.clnts.cleanup
        for client in self._clients:
            yield client.kill
        for group in self._groups.values():
            for server in group.servers():
                yield partial(group.shutdown_server, server)
        # Not before the servers are gone, which may still call through it.
        yield self.net.Cleanup
        yield self._host.close
        yield partial(self.visualizer.write, None, self._outcome(error))

    def _outcome(self, error: BaseException | None) -> Outcome:
        if error is not None and is_interrupt(error):
            return Outcome.INTERRUPTED
        failed = self._failed or error is not None
        return Outcome.FAILED if failed else Outcome.PASSED
