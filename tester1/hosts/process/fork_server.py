"""Starting processes from a warm fork server, and ending them for good.

`multiprocessing` runs the fork server: a process that has imported what every program
needs (`warm`), that has one thread, and that forks whenever it is asked to. It ends
with the tester, and what it has forked ends with it.

Why not fork the tester itself: it has many threads, of which a fork copies one and the
locks of all, and it holds files that no solution may have. Why not start Python anew:
that takes hundreds of milliseconds, where a fork takes a few.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import sys
import threading
import types
from collections.abc import Iterator, Mapping
from multiprocessing import forkserver, reduction
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from tester1.hosts.process import child
from tester1.sandbox import endings
from tester1.sandbox.limits import Limits
from tester1.solution import REFERENCE_ROOT

__all__ = ["WORKSPACE_VARIABLE", "Child", "start"]

_PRELOAD: Final = "tester1.hosts.process.warm"
WORKSPACE_VARIABLE: Final = "RAFTLAB_WORKSPACE"
"""The environment variable that tells the fork server the tester's workspace."""

_END_LIMIT_S: Final = 10.0
_starting: Final = threading.Lock()
"""Held while a process is started, which for a moment changes what is one to all
threads: the environment and the main module."""


class Child:
    """A process that was started, until it has ended and been waited for."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    @property
    def sentinel(self) -> int:
        """A file that becomes readable when the process has ended."""
        return self._process.sentinel

    def kill(self) -> None:
        """End the process and its whole group at once, unless it has ended."""
        # The fork server waits for what has ended, and then the number may be another
        # process's. It tells by way of the exit code, so until that is known here the
        # number is its own, but for an instant.
        if self._process.exitcode is None:
            endings.kill_group(self.pid)

    def wait(self) -> bool:
        """Wait for a process that was killed; False if it does not end."""
        self._process.join(_END_LIMIT_S)
        return self._process.exitcode is not None

    def ending(self) -> str:
        """How the process has ended, as part of a sentence."""
        code = self._process.exitcode
        return "has not ended" if code is None else endings.describe(code)

    def close(self) -> None:
        """Let go of what the tester holds for a process that has ended."""
        self._process.close()


def start(
    name: str,
    connection: socket.socket,
    output: int,
    folder: Path,
    limits: Limits,
    payload: bytes,
    workspace: Path,
) -> Child:
    """Start a process that runs `payload` (see `child.main`)."""
    context = multiprocessing.get_context("forkserver")
    with _starting, _without_main_module():
        context.set_forkserver_preload([_PRELOAD])
        # What matters to it is its environment when it starts, with the first process.
        variables = {
            "PYTHONPATH": str(REFERENCE_ROOT),
            # The folder of a solution may be the current one.
            "PYTHONSAFEPATH": "1",
            WORKSPACE_VARIABLE: str(workspace),
        }
        with _environment(variables):
            forkserver.ensure_running()
        process = context.Process(
            target=child.main,
            args=(connection, _Passed(output), folder, limits, payload),
            name=name,
            # A tester that ends must not wait for it: it runs until it is killed.
            daemon=True,
        )
        process.start()
    return Child(process)


class _Passed:
    """A file descriptor among the arguments of a process, which gets a copy of it.

    `multiprocessing` does that by itself for sockets, but not for a bare number.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return _received, (reduction.DupFd(self._descriptor),)


def _received(duplicate: object) -> int:
    descriptor: int = duplicate.detach()  # type: ignore[attr-defined]
    # typeshed does not say what reduction.DupFd returns.
    return descriptor


@contextlib.contextmanager
def _without_main_module() -> Iterator[None]:
    """Keep the processes from importing the tester's main module, such as pytest."""
    # `multiprocessing` does that so that what is sent can refer to what is defined
    # there. Nothing here does, and it would run the tester's main file once more in
    # each.
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
