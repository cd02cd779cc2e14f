"""Starts programs as processes: the `Host` of `--mode process`."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from labrpc import Dispatch
from labrt import ProgramStarted, Runtime
from tester1.contact.clients import Clnts
from tester1.contact.observations import Observations
from tester1.contact.services import TesterServices
from tester1.hosts.interface import ClientLaunch, Launch, Program
from tester1.hosts.process import fork_server
from tester1.hosts.process.boot import STATE_FILE, Boot, Role, ServerRole, pack
from tester1.hosts.process.frame_socket import FrameSocket
from tester1.hosts.process.loop import Loop
from tester1.hosts.process.program import ProcessProgram, Surroundings
from tester1.hosts.process.state_file import write_state
from tester1.lab import LabFailure
from tester1.sandbox.limits import Limits
from tester1.sandbox.workspace import WorkspaceError, unwritable, workspace
from tester1.solution import CodeUnderTest
from tester1.teardown import do_all

__all__ = ["ProcessHost"]


class ProcessHost:
    """Starts the processes of one test, and looks after them until it is closed."""

    def __init__(
        self,
        runtime: Runtime,
        code: CodeUnderTest,
        services: TesterServices,
        limits: Limits,
    ) -> None:
        self._runtime = runtime
        self._code = code
        self._services = services
        self._limits = limits
        self._workspace = workspace(on_disk=limits.fsync)
        self._loop = Loop(runtime.fail)
        facts = runtime.facts
        self._observations = None if facts is None else Observations(facts)
        self._incarnations: dict[str, int] = {}
        self._folders: list[Path] = []
        self._programs: list[ProcessProgram] = []

    def start_server(self, launch: Launch) -> ProcessProgram:
        """Start a server in a new process and wait until it has initialised."""
        role = ServerRole(launch.gid, launch.me, len(launch.ends))
        boot = self._boot(launch.name, launch.program, role)
        state = boot.folder / STATE_FILE
        # The tester writes the disk and the process finds it there: a restarted server
        # starts from what the test knows to be saved, and from nothing else.
        try:
            write_state(state, launch.persister, sync=self._limits.fsync)
        except OSError as error:
            raise LabFailure(
                f"{launch.name}: {unwritable(state, error)}", servers=[launch.name]
            ) from None
        return self._start(boot, [end.forward for end in launch.ends], None)

    def start_client(self, launch: ClientLaunch) -> ProcessProgram:
        """Start a client's program in a new process."""
        boot = self._boot(launch.name, launch.program, None)
        return self._start(boot, [], launch.clnts)

    def close(self) -> None:
        """End what still runs, and remove every file of the test's programs."""
        # In this order: programs are ended by way of the loop, and until they have
        # ended they may write to their folders.
        do_all(
            [
                *(program.kill for program in self._programs),
                self._loop.close,
                *(
                    partial(shutil.rmtree, folder, ignore_errors=True)
                    for folder in self._folders
                ),
            ]
        )

    def _boot(self, name: str, program: Program, role: Role) -> Boot:
        # A new folder each time: what else the last incarnation wrote is gone, as is
        # everything of a crashed server but its disk.
        incarnation = self._incarnations[name] = self._incarnations.get(name, 0) + 1
        try:
            folder = self._workspace.new_folder(name)
        except WorkspaceError as error:
            raise LabFailure(f"{name}: {error}", servers=[name]) from None
        self._folders.append(folder)
        return Boot(
            name=name,
            incarnation=incarnation,
            seed=self._runtime.seed,
            program=program,
            role=role,
            roots=self._code.roots,
            packages=self._code.packages,
            folder=folder,
            limits=self._limits,
            tells=self._runtime.facts is not None,
        )

    def _start(
        self, boot: Boot, ends: Sequence[Dispatch], clnts: Clnts | None
    ) -> ProcessProgram:
        # Before anything is opened: a test's program may be none that can travel.
        payload = pack(boot)
        if self._runtime.facts is not None:
            started = ProgramStarted(server=boot.name, incarnation=boot.incarnation)
            self._runtime.facts.emit(started)
        ours, theirs = socket.socketpair()
        output_reader, output_writer = os.pipe()
        with theirs:
            child = fork_server.start(
                boot.name,
                theirs,
                output_writer,
                boot.folder,
                boot.limits,
                payload,
                self._workspace.path,
            )
        # Held by the process alone from here on, or its end would not be the pipe's.
        os.close(output_writer)
        around = Surroundings(
            runtime=self._runtime,
            loop=self._loop,
            services=self._services,
            limits=boot.limits,
            socket=FrameSocket(self._loop, ours),
            output=output_reader,
            state_file=boot.folder / STATE_FILE,
            ends=ends,
            clnts=clnts,
            observations=self._observations,
        )
        program = ProcessProgram(boot.name, child, around)
        # Before anything is waited for: what has been started is ended by `close`.
        self._programs.append(program)
        self._loop.soon(program.open)
        self._await_start(program, boot)
        return program

    def _await_start(self, program: ProcessProgram, boot: Boot) -> None:
        # A program that fails meanwhile fails the test, which ends this waiting, too.
        if not program.ready.wait(boot.limits.start_s):
            raise LabFailure(
                f"{boot.name}: {boot.program.title} has not returned within "
                f"{boot.limits.start_s} s; it must start threads for whatever takes "
                "long, and return",
                servers=[boot.name],
            )
