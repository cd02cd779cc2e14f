"""What runs in a process: the solution's program, behind a link to the tester.

In this order: cut loose from the tester's files and terminal, be confined, load the
solution, start its program, answer. Whatever goes wrong in the program's threads is
told to the tester, which ends the test and this process with it.

Up to `confine` nothing of the solution has run, and after it nothing runs that the
solution could not do itself. So what is on this side of the link is no part of the
judgement: the solution may change any of it, and only harms itself.
"""

from __future__ import annotations

import faulthandler
import os
import random
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Final, NoReturn, TypeVar

import msgspec

import labgob
from labgob.descriptions import Description, on_new_description
from labrpc import (
    ClientEnd,
    LabrpcError,
    MakeServer,
    MakeService,
    OnDone,
    Service,
)
from labrt import RealRuntime, derive, report
from labrt.real import RealWorld
from labrt.texts import harmless_lines, message_of
from tester1.contact import services as testerclient
from tester1.contact.services import TesterClient
from tester1.hosts.loading import load_problem, start_function
from tester1.hosts.process.boot import STATE_FILE, Boot, unpack
from tester1.hosts.process.frames import (
    Failure,
    FrameError,
    Kind,
    OpenEnd,
    Ready,
    encode_frame,
)
from tester1.hosts.process.link import Link
from tester1.hosts.process.state_file import FilePersister
from tester1.sandbox.confine import confine, die_with_parent
from tester1.sandbox.limits import Limits
from tester1.sandbox.loose import KEPT, cut_loose

R = TypeVar("R")

__all__ = ["main"]

THREAD_STACK: Final = 1 << 20
"""The stack of a thread, in bytes: it counts as memory whether it is used or not."""
# Made while there is memory, for when there is none. It is the first of its kind as
# well: all later ones are made with what labgob has learnt of the type by then.
_OUT_OF_MEMORY: Final = encode_frame(
    Kind.FAILURE,
    0,
    labgob.encode(
        Failure("MemoryError: a thread has failed, and no memory is left to say how")
    ),
)
_NO_TERMINAL: Final = (
    "a server's process has no terminal, for a debugger or for input(); run the test "
    "in simulation (without --mode process), where breakpoint() works, or print"
)


def main(
    connection: socket.socket,
    output: int,
    folder: Path,
    limits: Limits,
    payload: bytes,
) -> NoReturn:
    """Run a program until the process is killed.

    `connection` leads to the tester, `output` is where to print, `folder` is where to
    write, and `payload` is a `Boot`.
    """
    # A group, so that it can be killed as a whole. Not a session: Linux shares the
    # processors out by session first, which would starve the tester: it is one, and its
    # servers would be several.
    os.setpgid(0, 0)
    # The parent is the fork server, which has one thread and ends with the tester.
    die_with_parent()
    cut_loose(kept=connection.detach(), output=output, advice=_NO_TERMINAL)
    # To where a crash is told of that Python does not survive: the new standard error.
    faulthandler.enable()
    # Relative names lead to the only place where writing is allowed.
    os.chdir(folder)
    threading.stack_size(THREAD_STACK)
    confine(limits, folder)
    # Only now: to unpack it may import modules, and what they do then shall be
    # confined, too.
    boot = unpack(payload)
    # The solution has Python's own `random` here: from the seed, so that a run repeats
    # its choices, and for each incarnation anew, since all are forked from one state.
    random.seed(derive(boot.seed, f"world {boot.name}#{boot.incarnation}"))
    program = ChildProgram(boot, socket.socket(fileno=KEPT))
    program.start()
    # This thread must not return: the interpreter would begin to shut down.
    program.hear_of_dropped()


class ProgramRuntime(RealRuntime):
    """The runtime of a program: its failures end the test, not this process."""

    def __init__(self, seed: int, report_failure: Callable[[BaseException], None]):
        super().__init__(seed)
        self._report_failure = report_failure

    def fail(self, error: BaseException) -> None:
        """Tell the tester."""
        self._report_failure(error)


@dataclass(frozen=True, slots=True)
class RunningThread:
    """The thread of the program that an error comes from, for its report."""

    name: str
    world: RealWorld


class ProcessClnt:
    """A client's access to the network: an end to each server, made when needed."""

    def __init__(self, program: ChildProgram, name: str) -> None:
        self._program = program
        self._name = name
        self._lock = threading.Lock()  # guards the ends: one for each server
        self._ends: dict[str, ClientEnd] = {}

    def call(
        self, server: str, method: str, args: object, reply_type: type[R], /
    ) -> R | None:
        """Call a method of `server` through the network; None if no reply came."""
        # An end costs a message to the tester, and there is a bound to how many there
        # may be; the call itself is made without the lock, since it may take seconds.
        with self._lock:
            end = self._ends.get(server)
            if end is None:
                end = self._ends[server] = self._program.open_end(self._name, server)
        return end.Call(method, args, reply_type)


class ProcessClnts:
    """The clients of the test, for the program that uses them."""

    def __init__(self, program: ChildProgram) -> None:
        self._program = program

    def get(self, name: str) -> ProcessClnt:
        """The client of that name."""
        return ProcessClnt(self._program, name)


class ChildProgram:
    """The program of this process, and its ways to the tester."""

    def __init__(self, boot: Boot, connection: socket.socket) -> None:
        self._boot = boot
        self._runtime = ProgramRuntime(boot.seed, self._failed)
        self._world = self._runtime.world(
            boot.name, roots=boot.roots, packages=boot.packages
        )
        self._server = MakeServer(self._runtime, name=boot.name)
        self._link = Link(connection, self._serve)
        tell = self._tell if boot.tells else None
        self._tester = TesterClient(self._runtime, self._call_tester, tell)
        testerclient.use_client_source(lambda: self._tester)
        # Python's own hook would print and go on; in simulation a thread that raises
        # ends the test, and so it must here.
        threading.excepthook = self._thread_raised
        # No function of ours: a thread that has no memory for its first steps has none
        # for a call of Python's either. To put into this queue is a step in C.
        self._dropped: SimpleQueue[sys.UnraisableHookArgs] = SimpleQueue()
        sys.unraisablehook = self._dropped.put

    def start(self) -> None:
        """Load the program, call its start function, and say that it can be called."""
        # Before the program, which may call the tester or its peers while it starts.
        self._link.start()
        # Each before the first message that it describes, and those of the program's
        # handlers as soon as they are known.
        if self._boot.tells:
            on_new_description(self._send_type)
        try:
            services = self._call_start_function()
        except (ImportError, SyntaxError) as error:
            self._report(load_problem(error))
            return
        except BaseException as error:  # `SystemExit` is a failure like any other
            self._raised(error, "start")
            return
        for service in services:
            if not isinstance(service, Service):
                service = MakeService(service)
            self._server.AddService(service)
        self._link.send(Kind.READY, labgob.encode(Ready()))

    def _tell(self, kind: str, *values: object) -> None:
        data = labgob.encode(list(values))
        self._link.write(encode_frame(Kind.TOLD, 0, data, method=kind))

    def _send_type(self, description: Description) -> None:
        self._link.send(Kind.TYPE, msgspec.json.encode(description))

    def hear_of_dropped(self) -> NoReturn:
        """Take what no thread could catch, for as long as the process lives."""
        while True:
            self._tell_of_dropped(self._dropped.get())

    def open_end(self, client: str, server: str) -> ClientEnd:
        """A new end from one of the test's clients to a server."""
        number = self._link.open_end(labgob.encode(OpenEnd(client, server)))
        return self._end(f"{client}>{server}", number)

    def _call_start_function(self) -> list[object]:
        boot = self._boot
        start = start_function(self._world, boot.program.start)
        return start(*self._start_arguments(boot), **boot.program.options)

    def _start_arguments(self, boot: Boot) -> tuple[object, ...]:
        # What the program gets is what it gets in simulation, behind the same
        # interface: it cannot tell in which mode it runs.
        role = boot.role
        if role is None:
            return self._tester, ProcessClnts(self)
        # In the order in which the tester has numbered them.
        ends = [
            self._end(f"{boot.name}>{peer}", self._link.add_end())
            for peer in range(role.ends)
        ]
        disk = FilePersister(boot.folder / STATE_FILE, sync=boot.limits.fsync)
        return self._tester, ends, role.gid, role.me, disk

    def _end(self, name: str, number: int) -> ClientEnd:
        def forward(method: str, data: bytes, on_done: OnDone) -> None:
            self._request(Kind.CALL, data, on_done, target=number, method=method)

        return ClientEnd(self._runtime, name, forward)

    def _call_tester(self, method: str, data: bytes, on_done: OnDone) -> None:
        self._request(Kind.TESTER_CALL, data, on_done, target=0, method=method)

    def _request(
        self, kind: Kind, data: bytes, on_done: OnDone, *, target: int, method: str
    ) -> None:
        try:
            self._link.request(kind, data, on_done, target=target, method=method)
        except FrameError as error:  # more than can travel; nothing was sent
            self._failed(LabrpcError(f"{self._boot.name}: a call with {error}"))

    def _serve(self, method: str, data: bytes, on_done: OnDone) -> None:
        try:
            self._server.serve(method, data, on_done)
        # It would end one of the link's threads, which others wait for to read.
        except BaseException as error:
            self._raised(error, method)

    # Failures

    def _thread_raised(self, what: threading.ExceptHookArgs) -> None:
        # A thread may end itself by `SystemExit`, as under Python's own hook.
        if what.exc_value is not None and what.exc_type is not SystemExit:
            self._raised(what.exc_value, what.thread.name if what.thread else "?")

    def _tell_of_dropped(self, what: sys.UnraisableHookArgs) -> None:
        """An exception that nobody can catch: of a finalizer, or of a thread's start.

        A thread of `_thread`, and any thread that has no memory for its first steps,
        ends here and not at `threading.excepthook`. It may have been to read.
        """
        error, message = what.exc_value, what.err_msg or ""
        if error is None or not message.startswith(report.THREAD_DROPPED):
            sys.__unraisablehook__(what)
        elif not isinstance(error, SystemExit):
            outermost = what.exc_traceback
            name = outermost.tb_frame.f_code.co_name if outermost else "?"
            self._raised(error, name)

    def _raised(self, error: BaseException, thread: str) -> None:
        """An exception has ended a thread, as it ends a task of a simulated world."""
        try:
            text = report.task_failed(RunningThread(thread, self._world), error)
            self._report(text, error)
        # Or the hook that has called this would print that, and the process stay.
        except MemoryError:
            self._link.write(_OUT_OF_MEMORY)

    def _failed(self, error: BaseException) -> None:
        """A call was wrong, or a handler was; the message says all of it."""
        self._report(message_of(error), error.__cause__)

    def _report(self, text: str, cause: BaseException | None = None) -> None:
        # The tester takes this for a text, and shows it; it cannot look at the
        # exception.
        if cause is not None:
            text += "".join(f"\n{line}" for line in self._stack(cause))
        self._link.send(Kind.FAILURE, labgob.encode(Failure(harmless_lines(text))))

    def _stack(self, error: BaseException) -> list[str]:
        """The lines of the solution that an exception has passed through."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if self._world.owns(frame.filename)]
        return [
            f"  {self._world.shorten(frame.filename)}:{frame.lineno} "
            f"in {frame.name}: {frame.line}"
            for frame in own
        ]
