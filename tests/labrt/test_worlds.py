"""Worlds: private modules, private randomness, and death at any instant."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labrt import Facts, Printed, SimRuntime, World

WriteProgram = Callable[..., Path]


def in_world(
    folder: Path, use: Callable[[SimRuntime, World], Any], **options: Any
) -> Any:
    """Make a world over `folder` and return what `use` makes of it."""
    runtime = SimRuntime(options.pop("seed", 0), **options)
    return runtime.run(lambda: use(runtime, runtime.world("server", roots=[folder])))


def test_module_state_is_private_to_a_world(write_program: WriteProgram) -> None:
    """Two worlds over one program share no module and no class."""
    folder = write_program("state = []\nclass Entry: pass")

    def use(runtime: SimRuntime, first: World) -> None:
        second = runtime.world("other", roots=[folder])
        one, two = first.load("program"), second.load("program")
        one.state.append(1)
        assert two.state == []
        assert one.Entry is not two.Entry
        assert first.load("program") is one

    in_world(folder, use)


def test_modules_have_unique_names_while_the_world_lives(
    write_program: WriteProgram,
) -> None:
    """Dataclasses and typing find a private module by its name; then it is gone."""
    folder = write_program(
        """
        from __future__ import annotations
        from dataclasses import dataclass
        from typing import get_type_hints

        @dataclass(frozen=True, slots=True)
        class Node:
            value: int
            following: Node | None = None

        hints = get_type_hints(Node)
        """
    )

    def use(runtime: SimRuntime, world: World) -> str:
        module = world.load("program")
        assert sys.modules[module.__name__] is module
        assert module.hints["following"] == module.Node | None
        assert module.Node(1) == module.Node(1)
        world.kill()
        return module.__name__

    name = in_world(folder, use)
    assert name == "program@server#1"
    assert name not in sys.modules


def test_packages_relative_imports_and_fallback(
    tmp_path: Path, write_program: WriteProgram
) -> None:
    """The first root wins file by file; the second fills in what is missing."""
    write_program(
        "from . import low\nfrom .low import NAME\nfrom app.deep.leaf import X",
        "first/app/top.py",
    )
    write_program("NAME = 'second'", "second/app/low.py")
    write_program("NAME = 'hidden'", "second/app/top.py")
    write_program("", "second/app/__init__.py")
    write_program("from ..low import NAME as X", "second/app/deep/leaf.py")
    write_program(
        "from os.path import join\nimport app.low\nval = app.low.NAME", "first/main.py"
    )

    def main() -> None:
        world = runtime.world("w", roots=[tmp_path / "first", tmp_path / "second"])
        top = world.load("app.top")
        assert (top.NAME, top.X, top.low.NAME) == ("second", "second", "second")
        assert world.load("main").val == "second"
        with pytest.raises(ModuleNotFoundError, match="no module named 'absent'"):
            world.load("absent")

    runtime = SimRuntime()
    runtime.run(main)


def test_only_named_packages_are_private(
    tmp_path: Path, write_program: WriteProgram
) -> None:
    """With `packages`, the rest under a root is not the world's."""
    write_program("", "app/__init__.py")
    write_program("", "other/__init__.py")

    def main() -> None:
        world = runtime.world("w", roots=[tmp_path], packages={"app"})
        assert world.load("app").__name__ == "app@w#1"
        with pytest.raises(ModuleNotFoundError):
            world.load("other")

    runtime = SimRuntime()
    runtime.run(main)


def test_a_killed_world_runs_nothing_more(write_program: WriteProgram) -> None:
    """No handler, no `finally`, no `__exit__`, no `__del__` of its code runs."""
    folder = write_program(
        """
        import contextlib, threading, time

        after, mu = [], threading.Lock()

        class Manager:
            def __enter__(self): return self
            def __exit__(self, *_): after.append("exit")

        class Object:
            def __del__(self): after.append("del")

        class Connection:
            def close(self): after.append("closed")

        @contextlib.contextmanager
        def managed():
            try:
                yield
            finally:
                after.append("generator")

        def numbers():
            try:
                yield 1
            finally:
                after.append("closed")

        def main():
            kept, suspended = Object(), numbers()
            next(suspended)
            stack = contextlib.ExitStack()
            stack.callback(after.append, "called back")
            closing = contextlib.closing(Connection())
            with Manager(), managed(), stack, closing, mu:
                while True:
                    try:
                        time.sleep(1)
                    except BaseException:
                        after.append("except")
                    finally:
                        if time.monotonic() > 1050:
                            after.append("finally")

        def other():
            with mu:
                after.append("got the lock")
        """
    )

    def use(runtime: SimRuntime, world: World) -> list[str]:
        module = world.load("program")
        runtime.spawn(module.main, world=world)
        runtime.sleep(0.5)
        runtime.spawn(module.other, world=world)
        runtime.sleep(10)
        world.kill()
        assert runtime.spawn(module.other, world=world).join()
        runtime.sleep(100)
        found: list[str] = module.after
        return found

    assert in_world(folder, use) == []


def test_a_killed_worlds_executor_runs_no_further_job(
    write_program: WriteProgram,
) -> None:
    """A worker survives whatever its job raises, but not the end of its world."""
    folder = write_program(
        """
        import time
        from concurrent.futures import ThreadPoolExecutor

        def main(log):
            pool = ThreadPoolExecutor(1)
            pool.submit(time.sleep, 10)
            pool.submit(log.append, "a job after the crash")
        """
    )
    log: list[str] = []

    def use(runtime: SimRuntime, world: World) -> None:
        runtime.spawn(world.load("program").main, log, world=world).join()
        world.kill()
        runtime.sleep(100)

    in_world(folder, use)
    assert log == []


def test_killing_wakes_who_joins_and_spares_other_worlds(
    write_program: WriteProgram,
) -> None:
    """A crash ends the world's own tasks only, whatever they were waiting for."""
    folder = write_program(
        """
        import time
        beats = 0
        def main():
            global beats
            while True:
                time.sleep(1)
                beats += 1
        """
    )

    def use(runtime: SimRuntime, first: World) -> tuple[float, int, int]:
        second = runtime.world("other", roots=[folder])
        one, two = first.load("program"), second.load("program")
        task = runtime.spawn(one.main, world=first)
        runtime.spawn(two.main, world=second)
        runtime.call_later(4.5, first.kill)
        task.join()
        ended = runtime.now()
        runtime.sleep(5)
        return ended, one.beats, two.beats

    assert in_world(folder, use) == (4.5, 4, 9)


def test_a_world_can_be_killed_by_its_own_task(write_program: WriteProgram) -> None:
    """The running task of a killed world ends at its next blocking call."""
    folder = write_program(
        """
        import time
        reached = []
        def main(kill):
            reached.append("before")
            kill()
            time.sleep(0.1)
            reached.append("after")
        """
    )

    def use(runtime: SimRuntime, world: World) -> list[str]:
        module = world.load("program")
        runtime.spawn(module.main, world.kill, world=world).join()
        runtime.sleep(1)
        found: list[str] = module.reached
        return found

    assert in_world(folder, use) == ["before"]


def test_randomness_belongs_to_seed_and_incarnation(
    write_program: WriteProgram,
) -> None:
    """Equal seeds draw equal numbers; each incarnation draws others."""
    folder = write_program(
        """
        import os, random, secrets, uuid
        def draw():
            return (random.random(), random.Random().random(), str(uuid.uuid4()),
                    os.urandom(4), secrets.token_hex(4), random.SystemRandom().random())
        """
    )

    def use(runtime: SimRuntime, world: World) -> list[object]:
        again = runtime.world("server", roots=[folder])
        return [
            runtime_task(runtime, world.load("program").draw, world),
            runtime_task(runtime, again.load("program").draw, again),
        ]

    first, second = in_world(folder, use, seed=1), in_world(folder, use, seed=1)
    assert first == second
    assert all(a != b for a, b in zip(first[0], first[1], strict=True))
    assert in_world(folder, use, seed=2)[0] != first[0]


def runtime_task(
    runtime: SimRuntime, function: Callable[[], object], world: World
) -> object:
    """Run a function as a task of a world and return its result."""
    task = runtime.spawn(function, world=world)
    task.join()
    return task.result


def test_output_is_stamped_with_time_and_world(write_program: WriteProgram) -> None:
    """`print`, `sys.stdout` and `logging` become whole lines with their time."""
    folder = write_program(
        """
        import logging, sys, time
        def main():
            print("one", "two", sep="-", end="")
            time.sleep(1.5)
            print("!")
            sys.stdout.write("raw\\n")
            logging.basicConfig()
            logging.getLogger("raft").warning("careful")
        """
    )
    lines: list[tuple[float, str, str]] = []
    facts = Facts(most=None)

    def use(runtime: SimRuntime, world: World) -> None:
        runtime.spawn(lambda: world.load("program").main(), world=world).join()

    in_world(folder, use, output=lambda *line: lines.append(line), facts=facts)
    assert lines == [
        (1.5, "server", "one-two!"),
        (1.5, "server", "raw"),
        (1.5, "server", "WARNING:raft:careful"),
    ]
    printed = [fact.line for fact in facts.kept if isinstance(fact, Printed)]
    assert printed == [text for _, _, text in lines]


def test_the_process_keeps_its_own_modules(write_program: WriteProgram) -> None:
    """Nothing outside the world is patched, whatever the world does to its modules."""
    import random
    import threading
    import time

    folder = write_program(
        """
        import random, threading, time
        time.sleep = random.random = threading.Thread = None
        """
    )
    before = (time.sleep, random.random, threading.Thread)

    def use(runtime: SimRuntime, world: World) -> None:
        world.load("program")
        other = runtime.world("other", roots=[folder])
        other.load("program")

    in_world(folder, use)
    assert (time.sleep, random.random, threading.Thread) == before
