"""What runs a program under test: the strategy behind `Config` and `ServerGrp`.

A program is student code with the test's own services on top. In simulation an
incarnation of it is a world in the tester's process; with `--mode process` it is a
process of the operating system. Whoever starts programs knows only this module.

The rule that makes a crash atomic: nothing that a program does after `stop` has
returned its checkpoint can be seen by anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from labrpc import ClientEnd, Dispatcher, OnDone
from tester1.contact.clients import Clnts
from tester1.hosts.loading import StartFunction
from tester1.hosts.persister import Persister

__all__ = ["ClientLaunch", "Handle", "Host", "Launch", "Program", "ServerHandle"]


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: a function, or "module:function", and its keyword options."""

    start: str | StartFunction
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What messages call the function."""
        start = self.start
        return start if isinstance(start, str) else getattr(start, "__name__", "start")


@dataclass(frozen=True, slots=True)
class Launch:
    """What one incarnation of a server is started with.

    The program is called as `function(tester, ends, gid, me, persister, **options)`
    and returns its RPC services.
    """

    name: str
    program: Program
    ends: Sequence[ClientEnd]
    gid: int
    me: int
    persister: Persister


@dataclass(frozen=True, slots=True)
class ClientLaunch:
    """What a client program is started with.

    The program is called as `function(tester, clnts, **options)` and returns the
    services through which the test drives it.
    """

    name: str
    program: Program
    clnts: Clnts


class Handle(Protocol):
    """A program that runs, or has run."""

    @property
    def alive(self) -> bool:
        """Whether it still runs."""

    def dispatch(self, method: str, data: bytes, on_done: OnDone) -> None:
        """Run a handler directly; `on_done` gets its reply, or None if it is gone."""

    def kill(self) -> None:
        """End it now."""


class ServerHandle(Handle, Protocol):
    """A server's incarnation."""

    @property
    def server(self) -> Dispatcher:
        """What the network delivers calls to."""

    def stop(self) -> Persister:
        """Crash it; returns what was on its disk at that instant."""

    def raft_size(self) -> int:
        """Bytes of Raft state that it has persisted."""

    def snapshot_size(self) -> int:
        """Bytes of snapshot that it has persisted."""


class Host(Protocol):
    """Starts programs and returns once they have initialised."""

    def start_server(self, launch: Launch) -> ServerHandle:
        """Start a server; raises `LabFailure` if its code cannot be loaded."""

    def start_client(self, launch: ClientLaunch) -> Handle:
        """Start a client program; raises as `start_server` does."""

    def close(self) -> None:
        """The test is over: let go of what the host has set up for its programs."""
