"""Watches over the process of one run until it has ended, and no longer than allowed.

The process runs code that nobody trusts, so what comes from it is taken for bytes: its
output is counted and its end kept, and its verdict is read to a limit and judged when
the process is gone.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labrt.texts import harmless_lines
from tester1.batch.runs.jobs import Bounds
from tester1.sandbox import endings
from tester1.sandbox.output import BoundedPipe, Tail

__all__ = ["EndedRun", "RunPipes", "watch"]

MAX_VERDICT_BYTES: Final = 1 << 20
_OUTPUT_KEPT: Final = 16 << 10


@dataclass(frozen=True, slots=True)
class RunPipes:
    """One end each of the pipes that a run writes to: its verdict and its output."""

    verdict: int
    output: int


@dataclass(frozen=True, slots=True)
class EndedRun:
    """What is left of a run's process."""

    verdict: bytes
    """What it wrote to the verdict's pipe, up to the limit."""
    output: str
    """The last of what it printed."""
    over: str
    """The bound that it was stopped for, as a sentence; empty if it was not."""
    exit_code: int
    """See `endings.Ending`."""
    wall_s: float
    """Until its verdict came, or else until its end."""
    cpu_s: float
    """Until its end."""


def watch(pid: int, pipes: RunPipes, bounds: Bounds, hangup: int) -> EndedRun:
    """Wait until the process `pid`, a child of this one, has ended; end it if need be.

    `pipes` are the ends to read from, which are closed. `hangup` is the file of the
    connection to whoever waits for the run: when it breaks, nobody does any more, and
    the process is ended.
    """
    begun = time.monotonic()
    # A verdict has to be whole, and of what is printed the end tells most.
    said, printed = Tail(MAX_VERDICT_BYTES), Tail(_OUTPUT_KEPT)
    with _closing(pipes):
        verdict = BoundedPipe(pipes.verdict, MAX_VERDICT_BYTES, said.feed)
        output = BoundedPipe(pipes.output, bounds.output_kib << 10, printed.feed)
        over = _await_end(verdict, output, bounds, begun + bounds.wall_s, hangup)
        # Also when it has ended by itself: what it has started goes with it. And before
        # it is waited for: until then its number is nobody else's.
        endings.kill_group(pid)
        ending = endings.wait_for(pid)
        # What it wrote last is still in the pipes.
        verdict.read()
        output.read()
    if not over and ending.reached(bounds.cpu_s):
        over = f"used more than {bounds.cpu_s} s of processor time"
    return EndedRun(
        said.data,
        harmless_lines(printed.data.decode(errors="replace")),
        over,
        ending.exit_code,
        (verdict.first_at or time.monotonic()) - begun,
        ending.cpu_s,
    )


@contextlib.contextmanager
def _closing(pipes: RunPipes) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(pipes.verdict)
        os.close(pipes.output)


def _await_end(
    verdict: BoundedPipe,
    output: BoundedPipe,
    bounds: Bounds,
    deadline: float,
    hangup: int,
) -> str:
    """Read until a process closes its pipes; returns what it has to be stopped for.

    `deadline` is on the monotonic clock.
    """
    with selectors.DefaultSelector() as selector:
        for pipe in (verdict, output):
            selector.register(pipe.file, selectors.EVENT_READ, pipe)
        # Nothing is read from it here: orders come one by one, so until this one has
        # been answered there is nothing to read but its end.
        selector.register(hangup, selectors.EVENT_READ)
        while True:
            ready = selector.select(max(deadline - time.monotonic(), 0))
            if not ready:
                return f"took longer than {bounds.wall_s} s"
            for key, _ in ready:
                pipe = key.data
                if pipe is None:
                    return "was not needed any more"
                goes_on = pipe.read()
                if pipe.overflowed:
                    return _overflow(pipe is verdict, bounds)
                # The output's pipe may be held open by what the process has started, or
                # closed by code under test; the verdict's is the process's alone, so it
                # ends when the process does, or when there can be no verdict any more.
                if pipe is verdict and not goes_on:
                    return ""
                if not goes_on:
                    selector.unregister(pipe.file)


def _overflow(is_verdict: bool, bounds: Bounds) -> str:
    if is_verdict:
        return "wrote to the tester's own channel without end"
    return f"printed more than {bounds.output_kib} KiB"
