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
from typing import Final, TypeVar

from labgob import DecodeError, decode
from labrpc import Dispatch, HandlerError, LabrpcError, OnDone
from labrt import Runtime
from labrt.report import print_line
from labrt.texts import harmless
from tester1.contact.clients import Clnts
from tester1.contact.services import TesterServices
from tester1.hosts.persister import Persister
from tester1.hosts.process.channel import Channel
from tester1.hosts.process.fork_server import Child
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
from tester1.sandbox.output import Output

T = TypeVar("T")

__all__ = ["Equipment", "ProcessProgram"]

MAX_ENDS: Final = 10_000
MAX_CALLS: Final = 20_000
"""How many calls of one process may be under way."""
MAX_CALL_BYTES: Final = 256 << 20
"""How many bytes of arguments they may have in all."""
MAX_FAILURE: Final = 20_000
"""How many characters of a failure are shown."""

_HANG_UP_GRACE_S: Final = 5.0
_OUTPUT_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a program is started with: the files that lead to it, and its surroundings.

    `output` is an open file, which belongs to the program from then on.
    """

    runtime: Runtime
    loop: Loop
    services: TesterServices
    limits: Limits
    channel: Channel
    output: int
    state_file: Path
    ends: Sequence[Dispatch]
    clnts: Clnts | None


class ProcessProgram:
    """A process with a program in it: the `Handle` of a server or of a client."""

    def __init__(self, name: str, child: Child, equipment: Equipment) -> None:
        self.name = name
        self._child = child
        self._runtime = equipment.runtime
        self._loop = equipment.loop
        self._services = equipment.services
        self._limits = equipment.limits
        self._channel = equipment.channel
        self._output_file = equipment.output
        self._state_file = equipment.state_file
        self._clnts = equipment.clnts
        self._ends = list(equipment.ends)
        self._output = Output(self._show, equipment.limits.output_kib << 10)
        self._mutex = equipment.runtime.mutex()
        self._ending = False  # it was killed, or its failure is known
        self._let_go = False
        self._damaged = False  # its disk, as the test has been told
        self._calls = 0  # of its calls, those under way, and the bytes that they carry
        self._call_bytes = 0
        self._tags = itertools.count(1)
        self._pending: dict[int, OnDone] = {}
        self.ready = equipment.runtime.future()
        os.set_blocking(self._output_file, False)

    def open(self) -> None:
        """Begin to hear; on the loop's thread."""
        self._channel.open(self)
        self._loop.watch(self._output_file, self._printed)
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
        self._pending[tag] = on_done
        self._channel.send(encode_frame(Kind.DISPATCH, tag, data, method=method))

    def kill(self) -> None:
        """End the process; returns when it has ended and everything is let go."""
        if self._let_go:
            return
        self._let_go = True
        self._begin_to_end()
        self._loop.now(self._close_channel)
        self._child.kill()
        if not self._child.wait():
            self._runtime.fail(LabFailure(f"{self.name}: its process cannot be killed"))
        self._loop.now(self._close_files)

    def stop(self) -> Persister:
        """Crash the server; returns what its state file holds then."""
        self.kill()
        saved = Persister()
        try:
            saved.Save(*read_state(self._state_file))
        except DamagedState as error:
            if not self._damaged:
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

    def _damage(self, error: DamagedState) -> LabFailure:
        self._damaged = True
        return LabFailure(f"{self.name}: its disk is damaged: {error}")

    # What comes from the process; on the loop's thread.

    def received(self, frame: Frame) -> None:
        """Do what a frame asks for."""
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
        if self._begin_to_end():
            self._child.kill()
            self._loop.soon(partial(self._fail, problem))

    def _fail(self, problem: str) -> None:
        """End the test; what the process has printed up to its end belongs to it."""
        self._read_output()
        self._runtime.fail(LabFailure(f"{self.name}: {problem}{self._output.last()}"))

    def _reply(self, frame: Frame) -> None:
        on_done = self._pending.pop(frame.tag, None)
        if on_done is None:
            self.broken(f"sent a reply to a request that it never got ({frame.tag})")
        else:
            on_done(frame.data if frame.kind == Kind.REPLY else None)

    def _call(self, frame: Frame) -> None:
        if frame.target >= len(self._ends):
            self.broken(
                f"sent a call through end {frame.target}, but it has {len(self._ends)}"
            )
        elif self._count_call(len(frame.data)):
            answer = partial(self._answer, frame.tag, len(frame.data))
            self._ends[frame.target](frame.method, frame.data, answer)

    def _count_call(self, size: int) -> bool:
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
            self._channel.send(encode_frame(Kind.NO_REPLY, tag))
        else:
            self._channel.send(encode_frame(Kind.REPLY, tag, reply))

    def _tester_call(self, frame: Frame) -> None:
        """Run a handler of the tester, whose failure is the test's."""
        reply = None
        try:
            reply = self._services.run(self.name, frame.method, frame.data)
        except HandlerError as error:
            cause = error.__cause__
            self._runtime.fail(cause if isinstance(cause, LabFailure) else error)
        except LabrpcError as error:
            self.broken(f"called the tester wrongly: {error}")
        self._send_reply(frame.tag, reply)

    def _open_end(self, frame: Frame) -> None:
        wanted = self._decoded(frame, OpenEnd)
        if wanted is None:
            return
        if self._clnts is None or len(self._ends) >= MAX_ENDS:
            self.broken(f"asked for one more end, to {harmless(wanted.server)!r}")
            return
        try:
            clnt = self._clnts.get(wanted.client)
        except KeyError:
            self.broken(f"asked for an end of a client {harmless(wanted.client)!r}")
            return
        self._ends.append(partial(clnt.forward, wanted.server))

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
            self._loop.unwatch(self._output_file)

    def _read_output(self) -> bool:
        """Read what there is; False if there will be no more."""
        try:
            while data := os.read(self._output_file, _OUTPUT_CHUNK):
                if not self._output.feed(data):
                    self.broken(f"printed more than {self._limits.output_kib} KiB")
                    return False
        except BlockingIOError:
            return True
        self._output.finish()
        return False

    def _show(self, line: str) -> None:
        runtime = self._runtime
        print_line(runtime.now(), self.name, line)
        if runtime.trace is not None:
            runtime.trace.add("print", self.name, line)

    def _exited(self, events: int) -> None:
        self._loop.unwatch(self._child.sentinel)
        self.broken(self._child.ending())

    def _begin_to_end(self) -> bool:
        """Take note that the process is ended; False if that is known."""
        with self._mutex:
            known, self._ending = self._ending, True
        return not known

    def _close_channel(self) -> None:
        self._channel.close()

    def _close_files(self) -> None:
        self._loop.unwatch(self._child.sentinel)
        self._loop.unwatch(self._output_file)
        self._read_output()
        os.close(self._output_file)
        self._child.close()


_HANDLERS: Final[dict[int, Callable[[ProcessProgram, Frame], None]]] = {
    Kind.READY: ProcessProgram._is_ready,
    Kind.FAILURE: ProcessProgram._failure,
    Kind.OPEN: ProcessProgram._open_end,
    Kind.CALL: ProcessProgram._call,
    Kind.TESTER_CALL: ProcessProgram._tester_call,
    Kind.REPLY: ProcessProgram._reply,
    Kind.NO_REPLY: ProcessProgram._reply,
}


def _shown(text: str, name: str) -> str:
    """A failure that the process tells of, as the tester shows it."""
    lines = text[:MAX_FAILURE].removeprefix(f"{name}: ").splitlines()
    return "\n".join(harmless(line) for line in lines)
