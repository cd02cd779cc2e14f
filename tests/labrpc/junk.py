"""The test service of the course's labrpc tests, and the set-up they share."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from labrpc import ClientEnd, MakeNetwork, MakeServer, MakeService, Network, Server
from labrt import Runtime


@dataclass
class JunkArgs:
    """Arguments that a handler may try to change."""

    X: int = 0


@dataclass(frozen=True)
class JunkValue:
    """Arguments that nobody can change."""

    X: int = 0


@dataclass
class JunkReply:
    """A reply of one text."""

    X: str = ""


class JunkServer:
    """Seven handlers, and a log of what the first two were asked."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.mutex = runtime.mutex()
        self.log1: list[str] = []
        self.log2: list[int] = []

    def Handler1(self, args: str) -> int:
        """Log a numeral and return its value."""
        with self.mutex:
            self.log1.append(args)
        return int(args)

    def Handler2(self, args: int) -> str:
        """Log a number and return it in words."""
        with self.mutex:
            self.log2.append(args)
        return f"handler2-{args}"

    def Handler3(self, args: int) -> int:
        """Take 20 seconds."""
        self.runtime.sleep(20)
        return -args

    def Handler4(self, args: JunkArgs) -> JunkReply:
        """Write to the arguments."""
        args.X = -1
        return JunkReply("pointer")

    def Handler5(self, args: JunkValue) -> JunkReply:
        """Leave the arguments alone."""
        return JunkReply("no pointer")

    def Handler6(self, args: str) -> int:
        """The length of a text."""
        return len(args)

    def Handler7(self, args: int) -> str:
        """A text of a given length."""
        return "y" * args


@dataclass
class Setup:
    """A network with one server and one end point, connected and enabled."""

    runtime: Runtime
    net: Network
    end: ClientEnd
    junk: JunkServer
    server: Server


def make_setup(
    runtime: Runtime,
    *,
    end_name: Hashable = "end1-99",
    server_name: Hashable = "server99",
    hop_delay: tuple[float, float] | None = None,
) -> Setup:
    """Make the usual set-up of a test."""
    net = MakeNetwork(runtime, hop_delay=hop_delay)
    end = net.MakeEnd(end_name)
    junk = JunkServer(runtime)
    server = MakeServer(runtime)
    server.AddService(MakeService(junk))
    net.AddServer(server_name, server)
    net.Connect(end_name, server_name)
    net.Enable(end_name, True)
    return Setup(runtime, net, end, junk, server)
