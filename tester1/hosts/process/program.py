"""A program in a process of its own, as the tester sees it.

Everything that comes from the process is judged here. Rules:

- Whatever is wrong with a process is a failure of the test. It names the program, says
  what was wrong and shows what was printed last; and it ends the process at once.
- A process reaches its own ends and the services of the tester, and nothing else.
- Once `stop` has begun to end the process, nothing that it sends is heard.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec import MsgspecError
from msgspec.json import Decoder

from labgob import DecodeError, decode
from labgob.descriptions import Description, add_description
from labrpc import Dispatch, HandlerError, LabrpcError, OnDone
from labrt import ProgramEnded, Runtime, printed
from labrt.report import print_line
from labrt.texts import harmless
from tester1.contact.clients import Clnts
from tester1.contact.observations import Observations, WrongObservation
from tester1.contact.services import TesterServices
from tester1.hosts.persister import Persister
from tester1.hosts.process.fork_server import Child
from tester1.hosts.process.frame_socket import FrameSocket
from tester1.hosts.process.frames import (
    Failure,
    Frame,
    Kind,
    OpenEnd,
    encode_frame,
)
from tester1.hosts.process.loop import Loop
from tester1.hosts.process.state_file import DamagedState, read_sizes, read_state
from tester1.lab import LabFailure
from tester1.sandbox.limits import Limits
from tester1.sandbox.output import BoundedPipe, Lines

T = TypeVar("T")

_DESCRIPTION: Final = Decoder(Description)

__all__ = ["ProcessProgram", "Surroundings"]

MAX_ENDS: Final = 10_000
"""How many ends a client's program may open."""
MAX_CALLS: Final = 20_000
"""How many calls of one process may be under way."""
MAX_CALL_BYTES: Final = 256 << 20
"""How many bytes of arguments they may have in all."""
MAX_TYPES: Final = 1_000
"""How many types of messages a process may describe."""
MAX_FAILURE: Final = 20_000
"""How many characters of a failure are shown."""

_HANG_UP_GRACE_S: Final = 5.0
"""How long a process may take to end that has closed its connection: its exit status
says more than that it hung up."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a program runs among, on the tester's side: its files, network and services.

    `output` is an open file, which belongs to the program from then on.
    """

    runtime: Runtime
    loop: Loop
    services: TesterServices
    limits: Limits
    socket: FrameSocket
    output: int
    state_file: Path
    ends: Sequence[Dispatch]
    clnts: Clnts | None
    observations: Observations | None = None


class ProcessProgram:
    """A process with a program in it: the `Handle` of a server or of a client."""

    def __init__(self, name: str, child: Child, around: Surroundings) -> None:
        self.name = name
        self._child = child
        self._runtime = around.runtime
        self._loop = around.loop
        self._services = around.services
        self._limits = around.limits
        self._socket = around.socket
        self._state_file = around.state_file
        self._clnts = around.clnts
        self._observations = around.observations
        self._ends = list(around.ends)
        self._lines = Lines(self._show)
        self._output = BoundedPipe(
            around.output, around.limits.output_kib << 10, self._lines.feed
        )
        # Guards `_ending` and the two counts, which are changed on the test's threads,
        # on the network's and on the loop's. Nothing is called while it is held.
        self._mutex = around.runtime.mutex()
        self._ending = False  # it was killed, or its failure is known
        self._let_go = False
        self._damaged = False  # its disk, as the test has been told
        self._types = 0  # that it has described
        self._calls = 0  # of its calls, those under way, and the bytes that they carry
        self._call_bytes = 0
        self._tags = itertools.count(1)
        self._pending: dict[int, OnDone] = {}
        self.ready = around.runtime.future()

    def open(self) -> None:
        """Begin to hear; on the loop's thread."""
        self._socket.open(self)
        self._loop.watch(self._output.file, self._printed)
        self._loop.watch(self._child.sentinel, self._exited)

    # The tester's side

    @property
    def alive(self) -> bool:
        """Whether it still runs, as far as the tester knows."""
        return not self._ending

    @property
    def server(self) -> ProcessProgram:
        """What the network delivers calls to."""
        return self

    def dispatch(self, method: str, data: bytes, on_done: OnDone) -> None:
        """Run a handler in the process."""
        tag = next(self._tags)
        self._pending[tag] = on_done  # before its reply can come
        self._socket.send(encode_frame(Kind.DISPATCH, tag, data, method=method))

    def kill(self) -> None:
        """End the process; returns when it has ended and everything is let go."""
        if self._let_go:
            return
        self._let_go = True
        self._begin_to_end()
        if self._runtime.facts is not None:
            self._runtime.facts.emit(ProgramEnded(server=self.name))
        # First nothing more is heard, then the process ends: what it sends from here on
        # was never seen by the test, as if it had crashed at this moment.
        self._loop.now(self._close_socket)
        self._child.kill()
        if not self._child.wait():
            self._runtime.fail(self._wrong("its process cannot be killed"))
        self._loop.now(self._close_files)

    def stop(self) -> Persister:
        """Crash the server; returns what its state file holds then."""
        # Only of a process that has ended it is known that it saves nothing more.
        self.kill()
        saved = Persister()
        try:
            saved.Save(*read_state(self._state_file))
        except DamagedState as error:
            if not self._damaged:  # or the test has failed of it already
                self._runtime.fail(self._damage(error))
        return saved

    def raft_size(self) -> int:
        """Bytes of Raft state in the state file now."""
        return self._sizes()[0]

    def snapshot_size(self) -> int:
        """Bytes of snapshot in the state file now."""
        return self._sizes()[1]

    def _sizes(self) -> tuple[int, int]:
        try:
            return read_sizes(self._state_file)
        except DamagedState as error:
            raise self._damage(error) from None

    def _wrong(self, problem: str) -> LabFailure:
        return LabFailure(f"{self.name}: {problem}", servers=[self.name])

    def _damage(self, error: DamagedState) -> LabFailure:
        self._damaged = True
        return self._wrong(f"its disk is damaged: {error}")

    # What comes from the process; on the loop's thread.

    def received(self, frame: Frame) -> None:
        """Do what a frame asks for."""
        # A table, not a method's name made of what came: a process can ask for nothing
        # that is not listed there.
        handle = _HANDLERS.get(frame.kind)
        if handle is None:
            self.broken(f"sent a frame of kind {frame.kind}, which only it receives")
        else:
            handle(self, frame)

    def hung_up(self) -> None:
        """The connection has ended; that the process has ended as well will be told."""
        self._runtime.call_later(
            _HANG_UP_GRACE_S, self.broken, "closed its connection to the tester"
        )

    def broken(self, problem: str) -> None:
        """End the process and the test, because of what it has done."""
        # The first that is wrong is told; the rest follows from it.
        if self._begin_to_end():
            self._child.kill()
            # Later, on the loop's thread, which alone reads its output.
            self._loop.soon(partial(self._fail, problem))

    def _fail(self, problem: str) -> None:
        """End the test; what the process has printed up to its end belongs to it."""
        self._read_output()
        self._runtime.fail(self._wrong(f"{problem}{self._lines.last()}"))

    def _reply(self, frame: Frame) -> None:
        on_done = self._pending.pop(frame.tag, None)
        # Tags are the tester's own, so a process can only make up one that is not
        # there, or answer a request of its own once.
        if on_done is None:
            self.broken(f"sent a reply to a request that it never got ({frame.tag})")
        else:
            on_done(frame.data if frame.kind == Kind.REPLY else None)

    def _call(self, frame: Frame) -> None:
        # Its own ends alone, by number: whose message it is was settled when the end
        # was made, and nothing in the frame can say otherwise. (It is unsigned.)
        if frame.target >= len(self._ends):
            self.broken(
                f"sent a call through end {frame.target}, but it has {len(self._ends)}"
            )
        elif self._count_call(len(frame.data)):
            answer = partial(self._answer, frame.tag, len(frame.data))
            self._ends[frame.target](frame.method, frame.data, answer)

    def _count_call(self, size: int) -> bool:
        # Calls wait in the tester's memory, so there has to be a bound to them.
        with self._mutex:
            self._calls += 1
            self._call_bytes += size
            too_many = self._calls > MAX_CALLS or self._call_bytes > MAX_CALL_BYTES
        if too_many:
            self.broken(
                f"has {self._calls} calls under way, with {self._call_bytes} bytes"
            )
        return not too_many

    def _answer(self, tag: int, size: int, reply: bytes | None) -> None:
        """The network is done with a call; on any thread."""
        with self._mutex:
            self._calls -= 1
            self._call_bytes -= size
        self._send_reply(tag, reply)

    def _send_reply(self, tag: int, reply: bytes | None) -> None:
        if reply is None:
            self._socket.send(encode_frame(Kind.NO_REPLY, tag))
        else:
            self._socket.send(encode_frame(Kind.REPLY, tag, reply))

    def _tester_call(self, frame: Frame) -> None:
        """Run a handler of the tester, whose failure is the test's."""
        reply = None
        try:
            reply = self._services.run(self.name, frame.method, frame.data)
        except HandlerError as error:
            # A service of the test has found something wrong: that is the failure, not
            # that a handler raised it.
            cause = error.__cause__
            self._runtime.fail(cause if isinstance(cause, LabFailure) else error)
        except LabrpcError as error:
            self.broken(f"called the tester wrongly: {error}")
        self._send_reply(frame.tag, reply)

    def _open_end(self, frame: Frame) -> None:
        # Servers have got their ends already; only clients' programs ask for more.
        wanted = self._decoded(frame, OpenEnd)
        if wanted is None:
            return
        if self._clnts is None or len(self._ends) >= MAX_ENDS:
            self.broken(f"asked for one more end, to {harmless(wanted.server)!r}")
            return
        # By the test's own list: a client that it has not made cannot be named.
        try:
            clnt = self._clnts.get(wanted.client)
        except KeyError:
            self.broken(f"asked for an end of a client {harmless(wanted.client)!r}")
            return
        self._ends.append(partial(clnt.forward, wanted.server))

    def _told(self, frame: Frame) -> None:
        values = self._decoded(frame, list[Any])
        if values is None or self._observations is None:
            return
        try:
            self._observations.told(self.name, frame.method, values)
        except WrongObservation as error:
            self.broken(str(error))

    def _type(self, frame: Frame) -> None:
        # Strings, which say how to read what the process sends, and nothing else.
        try:
            described = _DESCRIPTION.decode(frame.data)
        except MsgspecError as error:
            self.broken(f"sent a frame that holds something else: {error}")
            return
        self._types += 1
        if self._types > MAX_TYPES:
            self.broken(f"described {self._types} types of messages")
        else:
            add_description(described)

    def _is_ready(self, frame: Frame) -> None:
        self.ready.set()

    def _failure(self, frame: Frame) -> None:
        failure = self._decoded(frame, Failure)
        if failure is not None:
            self.broken(_shown(failure.text, self.name))

    def _decoded(self, frame: Frame, kind: type[T]) -> T | None:
        try:
            return decode(frame.data, kind)
        except DecodeError as error:
            self.broken(f"sent a frame that holds something else: {error}")
            return None

    # Its output and its end; on the loop's thread.

    def _printed(self, events: int) -> None:
        if not self._read_output():
            self._loop.unwatch(self._output.file)

    def _read_output(self) -> bool:
        """Read what there is; False if there will be no more."""
        goes_on = self._output.read()
        if not goes_on:
            self._lines.finish()
        if self._output.overflowed:
            self.broken(f"printed more than {self._limits.output_kib} KiB")
        return goes_on

    def _show(self, line: str) -> None:
        runtime = self._runtime
        print_line(runtime.now(), self.name, line)
        if runtime.facts is not None:
            runtime.facts.emit(printed(self.name, line))

    def _exited(self, events: int) -> None:
        self._loop.unwatch(self._child.sentinel)  # it stays readable from here on
        # However it ended: a program has no reason to, unless it was killed from here,
        # and then this is not the first that is known.
        self.broken(self._child.ending())

    def _begin_to_end(self) -> bool:
        """Take note that the process is ended; False if that is known."""
        with self._mutex:
            known, self._ending = self._ending, True
        return not known

    def _close_socket(self) -> None:
        self._socket.close()

    def _close_files(self) -> None:
        self._loop.unwatch(self._child.sentinel)
        self._loop.unwatch(self._output.file)
        # What it printed last may still be in the pipe.
        self._read_output()
        os.close(self._output.file)
        self._child.close()


_HANDLERS: Final[dict[int, Callable[[ProcessProgram, Frame], None]]] = {
    Kind.READY: ProcessProgram._is_ready,
    Kind.FAILURE: ProcessProgram._failure,
    Kind.OPEN: ProcessProgram._open_end,
    Kind.CALL: ProcessProgram._call,
    Kind.TESTER_CALL: ProcessProgram._tester_call,
    Kind.REPLY: ProcessProgram._reply,
    Kind.NO_REPLY: ProcessProgram._reply,
    Kind.TOLD: ProcessProgram._told,
    Kind.TYPE: ProcessProgram._type,
}


def _shown(text: str, name: str) -> str:
    """A failure that the process tells of, as the tester shows it."""
    # A text by the process about itself: it may say anything, but do nothing to the
    # terminal that shows it.
    lines = text[:MAX_FAILURE].removeprefix(f"{name}: ").splitlines()
    return "\n".join(harmless(line) for line in lines)
