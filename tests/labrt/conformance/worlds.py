"""The worlds that CPython's tests run in, and one test's run in one of them.

Every test has a simulation to itself, so that what one leaves behind (a thread, a
failure that ends the run) touches no other. The tests, and those modules of the
library that they watch threads through, are private to the world.
"""

from __future__ import annotations

import sys
import unittest.mock
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TypeVar, cast

from labrt import RuntimeFailure, SimRuntime
from labrt.loading.loader import Sources
from labrt.sim.instrument import compile_source
from labrt.sim.world import SimWorld
from tests.labrt.conformance import processes, stand_ins, suite
from tests.labrt.conformance.suite import Kind, TestId

T = TypeVar("T")

_PRIVATE = {"test", "unittest", "doctest", "_threading_local", processes.PROGRAM}
# Processor seconds, not virtual ones: no test of threads computes for this long.
_RUNAWAY = 1.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test ended, and what it said."""

    kind: Kind
    text: str = ""


@cache
def list_tests(module: str) -> list[TestId]:
    """The tests of one of CPython's modules."""
    runtime = _simulation(0, [])
    return runtime.run(lambda: _in_world(runtime, partial(_tests, module=module)))


def run_test(test: TestId, seed: int = 0) -> Outcome:
    """Run one test in a simulation of its own.

    Under some seeds a test of CPython's loses a race of its own:
    `test_idle_thread_reuse` and `test_free_reference` take it that a worker who has
    delivered a result has got on with its loop as well.
    """
    printed: list[str] = []
    runtime = _simulation(seed, printed)
    try:
        outcome = runtime.run(lambda: _in_world(runtime, partial(_run, test=test)))
    except RuntimeFailure as failure:
        outcome = Outcome(Kind.FAILED, f"{type(failure).__name__}: {failure}")
    if outcome.kind is Kind.FAILED and printed:
        return Outcome(Kind.FAILED, "\n".join([outcome.text, "printed:", *printed]))
    return outcome


def _simulation(seed: int, printed: list[str]) -> SimRuntime:
    def keep(time: float, world: str, text: str) -> None:
        printed.append(text)

    runtime = SimRuntime(seed, runaway_seconds=_RUNAWAY, output=keep)
    runtime.sources = Sources(_compile)
    return runtime


# What is changed in CPython's files, each change with its reason.
_CHANGES = {
    # It refuses to be imported under a name that is not its own, and a world's private
    # modules bear the mark of their world.
    "test/support/__init__.py": (b"if __name__ != 'test.support':", b"if False:"),
    # It would skip the tests of the C queue: they are for the queue that programs get,
    # and are run over the one that a world has in its place.
    "test/test_queue.py": (b"('queue', fresh=['_queue'])", b"('queue')"),
}


def _compile(source: bytes, filename: str) -> CodeType:
    """Compile as for any world, with the changes."""
    for ending, (old, new) in _CHANGES.items():
        if filename.endswith(ending):
            assert old in source, f"{filename} has changed: it lacks {old!r}"
            source = source.replace(old, new, 1)
    return compile_source(source, filename, lines=False)


def _in_world(runtime: SimRuntime, use: Callable[[SimWorld], T]) -> T:
    world = make_world(runtime, "test")
    task = runtime.spawn(use, world, name="MainThread", world=world)
    task.join()
    return cast(T, task.result)


def make_world(runtime: SimRuntime, name: str, roots: Sequence[Path] = ()) -> SimWorld:
    """Make a world that finds the test package and the modules that it asks for."""
    library = suite.library()
    assert library is not None, "the installed Python has no test package"
    world = runtime.world(name, roots=[*roots, library], packages=_PRIVATE)
    world.modules.update(
        {
            **{name: stand_ins.Refusing(name) for name in stand_ins.C_MODULES},
            **stand_ins.multiprocessing(),
            "_testcapi": stand_ins.CThreads(runtime).module(
                run_in_subinterp=partial(
                    processes.run_in_subinterpreter, runtime, make_world
                )
            ),
            "signal": stand_ins.AlarmClock(runtime).module(),
            "subprocess": processes.subprocess_module(runtime, make_world),
            # It needs asyncio, and nothing of a world.
            "unittest.mock": unittest.mock,
        }
    )
    base = world.load("concurrent.futures._base")
    world.modules["concurrent.futures.process"] = stand_ins.process_pools(base)
    vars(world.load("unittest"))["mock"] = unittest.mock
    vars(world.load("os")).update(waitpid=stand_ins.no_children, pipe=stand_ins.pipe)
    _let_threads_fail(world.load("threading"))
    return world


def _let_threads_fail(threading: ModuleType) -> None:
    """Print what a thread raises and go on, as Python does.

    A world would end the run, unless the program has a hook of its own.
    """
    printing = threading.excepthook

    def excepthook(args: Any) -> None:
        printing(args)

    excepthook.__module__ = printing.__module__
    vars(threading).update(excepthook=excepthook, __excepthook__=excepthook)
    vars(threading).setdefault("_dangling", weakref.WeakSet())


def _tests(world: SimWorld, module: str) -> list[TestId]:
    return list(suite.tests(*_load(world, module)))


def _load(world: SimWorld, module: str) -> tuple[ModuleType, ModuleType]:
    return world.load("unittest"), world.load(f"test.{module}")


def _run(world: SimWorld, test: TestId) -> Outcome:
    framework, module = _load(world, test.module)
    case = suite.tests(framework, module)[test]
    result = framework.TestResult()
    with _values_shown_by(world):
        framework.TestSuite([case]).run(result)
    return _outcome(result)


@contextmanager
def _values_shown_by(world: SimWorld) -> Iterator[None]:
    """Have the interpreter show values, as doctests want, on the world's output."""
    shown, system = sys.displayhook, world.load("sys")

    def show(value: object) -> None:
        if value is not None:
            system.stdout.write(f"{value!r}\n")

    sys.displayhook = show
    try:
        yield
    finally:
        sys.displayhook = shown


def _outcome(result: unittest.TestResult) -> Outcome:
    for _, text in (*result.errors, *result.failures):
        return Outcome(Kind.FAILED, text)
    for _, reason in result.skipped:
        return Outcome(Kind.SKIPPED, reason)
    if result.unexpectedSuccesses:
        return Outcome(Kind.FAILED, "unexpected success")
    return Outcome(Kind.PASSED)
