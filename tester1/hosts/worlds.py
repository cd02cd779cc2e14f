"""Programs under test as worlds in the tester's own process.

Every incarnation is a world of its own, with a private copy of the solution's modules,
its own registry of encodable classes and its own client of the tester. The persister
stays outside, and what a killed world still refers to can change nothing: the next
incarnation gets a copy.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import labgob
from labgob.sets import stand_in
from labrpc import (
    LabrpcError,
    MakeServer,
    MakeService,
    OnDone,
    Server,
    Service,
)
from labrt import Facts, Runtime, World
from labrt.ordered.sets import OrderedFrozenSet, OrderedSet
from tester1.contact import services as testerclient
from tester1.contact.observations import Observations
from tester1.contact.services import TesterClient, TesterServices
from tester1.facts.kinds import Saved
from tester1.hosts.interface import ClientLaunch, Launch, Program
from tester1.hosts.loading import load_problem, start_function
from tester1.hosts.lockwatch import LockWatch
from tester1.hosts.persister import Persister
from tester1.lab import LabFailure
from tester1.solution import CodeUnderTest

__all__ = ["START_LIMIT_S", "SimHost"]

# What worlds have for sets; the encoding knows nothing of them by itself.
stand_in(OrderedSet, OrderedFrozenSet)

START_LIMIT_S: Final = 60.0
"""How long a program may take until it has initialised, in seconds."""


@dataclass(eq=False, slots=True)
class SimProgram:
    """A world with a program in it: the `Handle` of a server or of a client."""

    host: SimHost
    world: World
    server: Server
    tester: TesterClient
    persister: Persister = field(default_factory=Persister)
    registry: labgob.Registry = field(
        default_factory=partial(labgob.Registry, ordered_sets=True)
    )

    @property
    def alive(self) -> bool:
        """Whether the world still runs."""
        return self.world.alive

    def dispatch(self, method: str, data: bytes, on_done: OnDone) -> None:
        """Run a handler in the world."""
        self.server.dispatch(method, data, on_done)

    def kill(self) -> None:
        """End the world: nothing in it ever runs again."""
        self.world.kill()
        self.host.forget(self)

    def stop(self) -> Persister:
        """Crash the server; returns a copy of its disk, which nobody else writes to."""
        # In this order there is no instant at which the world could save once more: it
        # runs in this thread, and nothing here lets it.
        saved = self.persister.checkpoint()
        self.kill()
        return saved

    def raft_size(self) -> int:
        """Bytes of Raft state on its disk now."""
        return self.persister.RaftStateSize()

    def snapshot_size(self) -> int:
        """Bytes of snapshot on its disk now."""
        return self.persister.SnapshotSize()


class SimHost:
    """Starts programs as worlds of `runtime`."""

    def __init__(
        self, runtime: Runtime, code: CodeUnderTest, services: TesterServices
    ) -> None:
        self._runtime = runtime
        self._code = code
        self._services = services
        facts = runtime.facts
        self._observations = None if facts is None else Observations(facts)
        if facts is not None and facts.keeps:
            LockWatch(runtime, facts)
        self._programs: dict[World, SimProgram] = {}
        # True while a handler of the tester runs, inside a call from a program.
        self._in_tester = False
        # The tester's own registry is the one that holds outside of every world. An
        # earlier test that was not cleaned up may have left its source behind.
        labgob.use_registry_source(None)
        self._tester_registry = labgob.current_registry()
        labgob.use_registry_source(self._current_registry)
        testerclient.use_client_source(self._current_client)

    def start_server(self, launch: Launch) -> SimProgram:
        """Start a server in a new world and wait until it has initialised."""
        if self._runtime.facts is not None:
            saved = partial(_note_save, self._runtime.facts, launch.name)
            launch.persister.observe(saved)
        program = self._make(launch.name, launch.persister)
        arguments = (
            program.tester,
            list(launch.ends),
            launch.gid,
            launch.me,
            launch.persister,
        )
        self._boot(program, launch.program, arguments)
        return program

    def start_client(self, launch: ClientLaunch) -> SimProgram:
        """Start a client's program in a new world."""
        # A client has no disk; one that nobody else knows does no harm.
        program = self._make(launch.name, Persister())
        self._boot(program, launch.program, (program.tester, launch.clnts))
        return program

    def forget(self, program: SimProgram) -> None:
        """Drop a program whose world has been killed."""
        self._programs.pop(program.world, None)

    def close(self) -> None:
        """Stop answering for the running program; there is none any more."""
        labgob.use_registry_source(None)
        testerclient.use_client_source(testerclient.no_client)

    def _make(self, name: str, persister: Persister) -> SimProgram:
        world = self._runtime.world(
            name, roots=self._code.roots, packages=self._code.packages
        )
        tell, facts = None, self._runtime.facts
        if self._observations is not None:
            tell = partial(self._observations.note, name)
        program = SimProgram(
            self,
            world,
            MakeServer(self._runtime, world=world, name=name),
            TesterClient(
                self._runtime,
                partial(self._forward, name),
                tell,
                keeps=facts is not None and facts.keeps,
            ),
            persister,
        )
        # Before anything of the program runs, since loading it may register classes.
        self._programs[world] = program
        return program

    def _boot(
        self, program: SimProgram, spec: Program, arguments: Sequence[object]
    ) -> None:
        """Have the program's world run its start function, and wait for that."""
        name = program.world.name
        task = self._runtime.spawn(
            _initialise, program, spec, arguments, name="start", world=program.world
        )
        if not task.join(START_LIMIT_S):
            raise LabFailure(
                f"{name}: {spec.title} has not returned within {START_LIMIT_S:g} s; "
                "it must start threads for whatever takes long, and return",
                servers=[name],
            )
        # Handed over as a result, not raised in the task: it is a failure of the test,
        # to be raised where the test has asked for the server.
        if isinstance(task.result, LabFailure):
            raise task.result

    # What code in a world reaches.

    def _current_registry(self) -> labgob.Registry:
        # A handler of the tester runs inside the calling program's task, but what it
        # decodes has to be built of the tester's classes.
        program = None if self._in_tester else self._current_program()
        return self._tester_registry if program is None else program.registry

    def _current_client(self) -> TesterClient | None:
        program = self._current_program()
        return None if program is None else program.tester

    def _current_program(self) -> SimProgram | None:
        world = self._runtime.current_world()
        return None if world is None else self._programs.get(world)

    def _forward(self, name: str, method: str, data: bytes, on_done: OnDone) -> None:
        """Run a handler of the tester on behalf of the program called `name`.

        Its failure is the run's, and the program must not be able to catch it.
        """
        reply = None
        self._in_tester = True
        try:
            reply = self._services.run(name, method, data)
        except LabrpcError as error:
            # What a handler raises to fail the test is that failure, and not a
            # handler's mistake that labrpc has wrapped.
            cause = error.__cause__
            self._runtime.fail(cause if isinstance(cause, LabFailure) else error)
        finally:
            self._in_tester = False
        on_done(reply)


def _note_save(
    facts: Facts, server: str, before: bytes, state: bytes, snapshot: bytes
) -> None:
    saved = Saved(
        server=server,
        state=len(state),
        snapshot=len(snapshot),
        new_state=state != before,
    )
    # Only who compares two records needs them.
    if facts.keeps:
        saved.state_digest = f"{zlib.crc32(state):08x}"
        saved.snapshot_digest = f"{zlib.crc32(snapshot):08x}"
    facts.emit(saved)


def _initialise(
    program: SimProgram, spec: Program, arguments: Sequence[object]
) -> LabFailure | None:
    """Load and call the start function, in the program's world.

    Returns the failure if the code cannot be loaded; what it raises besides that
    fails the run like an exception of any other task.
    """
    try:
        start = start_function(program.world, spec.start)
    except (ImportError, SyntaxError) as error:
        name = program.world.name
        return LabFailure(f"{name}: {load_problem(error)}", servers=[name])
    for service in start(*arguments, **spec.options):
        # `MakeService` gives a service another name than its class has.
        is_wrapped = isinstance(service, Service)
        program.server.AddService(service if is_wrapped else MakeService(service))
    return None
