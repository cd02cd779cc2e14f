"""Watches over the process of one run until it has ended, and no longer than allowed.

The process runs code that nobody trusts, so what comes from it is taken for bytes: its
output is counted and its end kept, and its verdict is read to a limit and judged when
the process is gone.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labrt.texts import harmless_lines
from tester1.batch.runs.jobs import Bounds

__all__ = ["Ended", "Lines", "watch"]

MAX_VERDICT_BYTES: Final = 1 << 20
_OUTPUT_KEPT: Final = 16 << 10
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Lines:
    """The ends of the pipes that a run writes to: its verdict and its output."""

    verdict: int
    output: int


@dataclass(frozen=True, slots=True)
class Ended:
    """What is left of a run's process."""

    verdict: bytes
    """All that it wrote to the verdict's pipe."""
    output: str
    """The last of what it printed."""
    over: str
    """The bound that it was stopped for, as a sentence; empty if it was not."""
    exit_code: int
    """Its exit status, or minus the number of the signal that killed it."""
    wall_s: float
    """Until its verdict came, or else until its end."""
    cpu_s: float
    """Until its end."""

    def describe(self) -> str:
        """How the process has ended, as part of a sentence."""
        if self.exit_code >= 0:
            return f"exited by itself, with status {self.exit_code}"
        number = -self.exit_code
        if number == signal.SIGKILL:
            return "was killed by SIGKILL (out of memory?)"
        with contextlib.suppress(ValueError):
            return f"was killed by {signal.Signals(number).name}"
        return f"was killed by signal {number}"


class _Reader:
    """Takes what comes out of one pipe."""

    def __init__(self, descriptor: int, most: int, kept: int) -> None:
        self.descriptor = descriptor
        self._left = most
        self._kept = kept
        self.data = b""
        self.begun: float | None = None
        """When the first of it came."""
        os.set_blocking(descriptor, False)

    @property
    def overflowed(self) -> bool:
        """Whether there was more than there may be."""
        return self._left < 0

    def take(self) -> bool:
        """Read what there is; False at the end of the pipe."""
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(self.descriptor, _CHUNK)
            if self.begun is None and chunk:
                self.begun = time.monotonic()
            self._left -= len(chunk)
            self.data = (self.data + chunk)[-self._kept :]
            return bool(chunk)
        return True


def watch(pid: int, lines: Lines, bounds: Bounds, hangup: int) -> Ended:
    """Wait until the process `pid`, a child of this one, has ended; end it if need be.

    `hangup` is the file of the connection to whoever waits for the run: when it
    breaks, nobody does any more, and the process is ended.
    """
    begun = time.monotonic()
    with _closing(lines):
        verdict = _Reader(lines.verdict, MAX_VERDICT_BYTES, MAX_VERDICT_BYTES + 1)
        output = _Reader(lines.output, bounds.output_kib << 10, _OUTPUT_KEPT)
        over = _await_end([verdict, output], bounds, begun, hangup)
        _kill(pid)
        _, status, usage = os.wait4(pid, 0)
        # What it wrote last is still in the pipes.
        for reader in (verdict, output):
            _drain(reader)
    cpu_s = usage.ru_utime + usage.ru_stime
    exit_code = os.waitstatus_to_exitcode(status)
    if not over and exit_code == -signal.SIGKILL and cpu_s >= 0.95 * bounds.cpu_s:
        over = f"used more than {bounds.cpu_s} s of processor time"
    return Ended(
        verdict.data,
        _text(output.data),
        over,
        exit_code,
        (verdict.begun or time.monotonic()) - begun,
        cpu_s,
    )


@contextlib.contextmanager
def _closing(lines: Lines) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(lines.verdict)
        os.close(lines.output)


def _await_end(
    readers: list[_Reader], bounds: Bounds, begun: float, hangup: int
) -> str:
    """Read until a process closes its pipes; returns what it has to be stopped for."""
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader.descriptor, selectors.EVENT_READ, reader)
        selector.register(hangup, selectors.EVENT_READ)
        while True:
            left = begun + bounds.wall_s - time.monotonic()
            ready = selector.select(max(left, 0))
            if not ready:
                return f"took longer than {bounds.wall_s} s"
            for key, _ in ready:
                reader = key.data
                if reader is None:
                    return "was not needed any more"
                # A process that has ended has closed both, the verdict's being the one
                # that nobody else can hold open.
                if not reader.take():
                    if reader is readers[0]:
                        return ""
                    selector.unregister(reader.descriptor)
                if reader.overflowed:
                    return _overflow(reader is readers[0], bounds)


def _overflow(is_verdict: bool, bounds: Bounds) -> str:
    if is_verdict:
        return "wrote to the tester's own channel without end"
    return f"printed more than {bounds.output_kib} KiB"


def _drain(reader: _Reader) -> None:
    for _ in range((MAX_VERDICT_BYTES // _CHUNK) + 1):
        before = reader.data
        if not reader.take() or reader.data == before:
            return


def _kill(pid: int) -> None:
    """End the process and its group. One that is ending keeps its own exit status."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _text(data: bytes) -> str:
    return harmless_lines(data.decode(errors="replace"))
