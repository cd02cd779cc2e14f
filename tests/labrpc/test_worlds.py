"""Servers whose handlers run in worlds: copies, kills and incarnations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labrpc import (
    ClientEnd,
    HandlerError,
    MakeNetwork,
    MakeServer,
    MakeService,
    Network,
    TypeMismatchError,
)
from labrt import SimRuntime, World

SOLUTION = """
import threading
import time
from dataclasses import dataclass


@dataclass
class Args:
    Value: int = 0


@dataclass
class Reply:
    Count: int = 0


calls = 0
world = None
lock = threading.Lock()


class Counter:
    def Count(self, args: Args) -> Reply:
        global calls
        with lock:
            time.sleep(0.01)
            calls += args.Value
            return Reply(calls)

    def Hang(self, args: Args) -> Reply:
        with lock:
            time.sleep(1000)
        return Reply()

    def Fail(self, args: Args) -> Reply:
        raise ValueError(args.Value)

    def Die(self, args: Args) -> Reply:
        world.kill()
        return Reply(1 // args.Value)


def ask(end, method, value):
    reply = end.Call("Counter." + method, Args(value), Reply)
    return None if reply is None else reply.Count


def ask_wrongly(end, value):
    return end.Call("Counter.Count", Args(value), str)


def ask_twice(end, value):
    first = threading.Thread(target=ask, args=(end, "Count", value))
    first.start()
    first.join()
    return ask(end, "Count", value)
"""


class Cluster:
    """A network of counters, each in a world with modules of its own."""

    def __init__(self, runtime: SimRuntime, folder: Path) -> None:
        (folder / "counter.py").write_text(SOLUTION)
        self.runtime = runtime
        self.folder = folder
        self.net: Network = MakeNetwork(runtime)
        self.worlds: dict[str, World] = {}

    def start(self, name: str) -> None:
        """Start a server, or start it again."""
        world = self.runtime.world(name, roots=[self.folder])
        module: Any = world.load("counter")
        server = MakeServer(self.runtime, world=world)
        server.AddService(MakeService(module.Counter()))
        self.net.AddServer(name, server)
        self.worlds[name] = world

    def connect(self, source: str, target: str) -> ClientEnd:
        """Make an enabled end point between two servers."""
        name = f"{source}>{target}"
        end = self.net.MakeEnd(name)
        self.net.Connect(name, target)
        self.net.Enable(name, True)
        return end

    def run_in(self, name: str, function: str, *args: object) -> Any:
        """Start a function of a server's module as a task of its world."""
        module: Any = self.worlds[name].load("counter")
        target: Callable[..., object] = getattr(module, function)
        return self.runtime.spawn(target, *args, world=self.worlds[name])


@pytest.fixture
def cluster(sim: SimRuntime, tmp_path: Path) -> Cluster:
    """An empty cluster on virtual time."""
    return Cluster(sim, tmp_path)


def test_handlers_run_in_the_servers_world(cluster: Cluster) -> None:
    """Each server has its own module state; callers and handlers share no class."""

    def main() -> None:
        cluster.start("a")
        cluster.start("b")
        to_a, to_b = cluster.connect("b", "a"), cluster.connect("a", "b")
        in_a = cluster.run_in("a", "ask_twice", to_b, 5)
        in_b = cluster.run_in("b", "ask_twice", to_a, 3)
        assert in_a.join(10)
        assert in_b.join(10)
        assert (in_a.result, in_b.result) == (10, 6)

    cluster.runtime.run(main)


def test_a_killed_server_answers_nothing(cluster: Cluster) -> None:
    """The call fails when the server is deleted, and the next incarnation is new."""

    def main() -> None:
        cluster.start("a")
        cluster.start("b")
        end = cluster.connect("a", "b")
        assert cluster.run_in("a", "ask", end, "Count", 1).join(1)
        task = cluster.run_in("a", "ask", end, "Hang", 1)
        assert not task.join(1)
        cluster.worlds["b"].kill()
        cluster.net.DeleteServer("b")
        assert task.join(0)
        assert task.result is None
        cluster.start("b")
        task = cluster.run_in("a", "ask", end, "Count", 5)
        assert task.join(1)
        assert task.result == 5

    cluster.runtime.run(main)


def test_a_dead_world_fails_calls(cluster: Cluster) -> None:
    """Also between the end of a world and the deletion of its server."""

    def main() -> None:
        cluster.start("a")
        cluster.start("b")
        end = cluster.connect("a", "b")
        cluster.worlds["b"].kill()
        task = cluster.run_in("a", "ask", end, "Count", 1)
        assert task.join(1)
        assert task.result is None

    cluster.runtime.run(main)


@pytest.mark.parametrize("value", [1, 0])
def test_a_handler_is_not_heard_after_its_kill(cluster: Cluster, value: int) -> None:
    """What still runs of a killed server can neither reply nor fail the run."""

    def main() -> None:
        cluster.start("a")
        cluster.start("b")
        module: Any = cluster.worlds["b"].load("counter")
        module.world = cluster.worlds["b"]
        task = cluster.run_in("a", "ask", cluster.connect("a", "b"), "Die", value)
        assert not task.join(1)
        assert not cluster.worlds["b"].alive
        cluster.net.DeleteServer("b")
        assert task.join(0)
        assert task.result is None

    cluster.runtime.run(main)


def test_a_message_outlives_its_sender(cluster: Cluster) -> None:
    """What a server has sent arrives although the server is killed in between."""

    def main() -> None:
        cluster.start("a")
        cluster.start("b")
        end = cluster.connect("a", "b")
        cluster.run_in("a", "ask", end, "Count", 7)
        cluster.runtime.sleep(0)
        assert cluster.net.GetTotalCount() == 1
        cluster.worlds["a"].kill()
        cluster.net.DeleteServer("a")
        cluster.runtime.sleep(1)
        cluster.start("a")
        task = cluster.run_in("a", "ask", end, "Count", 0)
        assert task.join(1)
        assert task.result == 7

    cluster.runtime.run(main)


def test_an_exception_in_a_world(cluster: Cluster) -> None:
    """The error names the server and the line of its own file."""

    def main() -> None:
        cluster.start("a")
        cluster.start("b")
        task = cluster.run_in("a", "ask", cluster.connect("a", "b"), "Fail", 9)
        task.join()

    line = SOLUTION.splitlines().index("        raise ValueError(args.Value)") + 1
    with pytest.raises(HandlerError) as caught:
        cluster.runtime.run(main)
    assert str(caught.value) == (
        "b: handler Counter.Fail raised ValueError: 9 "
        f"(at {cluster.folder / 'counter.py'}:{line})"
    )
    assert caught.value.programs == ("b",)


def test_a_callers_mistake_names_the_caller(cluster: Cluster) -> None:
    """What it asks for is in its own code, and not in that of the server."""

    def main() -> None:
        cluster.start("a")
        cluster.start("b")
        cluster.run_in("a", "ask_wrongly", cluster.connect("a", "b"), 9).join()

    with pytest.raises(TypeMismatchError) as caught:
        cluster.runtime.run(main)
    assert caught.value.programs == ("a",)
