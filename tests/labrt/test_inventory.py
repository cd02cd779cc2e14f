"""Nothing gets into a world that nobody has looked at."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from labrt import NotSimulable, SimRuntime
from labrt.sim.refusals import StandIn
from labrt.sim.world import SimWorld
from tests.labrt.inventory import (
    DECISIONS,
    FRESH_MODULES,
    REFUSED_MODULES,
    SHARED_MODULES,
    Decided,
)
from tests.labrt.library_scan import suspicious_modules


def in_a_world(use: Callable[[SimWorld], Any]) -> Any:
    """What `use` makes of a world."""
    runtime = SimRuntime(runaway_seconds=600)  # some import half of the library

    def main() -> Any:
        world = runtime.world("server", roots=[])
        task = runtime.spawn(use, world, world=world)
        task.join()
        return task.result

    return runtime.run(main)


def kind_of(original: ModuleType, module: ModuleType, name: str) -> str:
    """Whether a name is data, the process's own, the world's, or absent."""
    if not hasattr(module, name):
        return "absent"
    before, here = getattr(original, name), getattr(module, name)
    if isinstance(here, StandIn):
        return "world"
    if here is not before:
        return "world"
    is_error = isinstance(here, type) and issubclass(here, BaseException)
    plain = (bool, int, str, bytes, float, tuple, frozenset, type(None), ModuleType)
    return "data" if is_error or isinstance(here, plain) else "own"


def complaints(name: str, decided: Decided, world: SimWorld) -> list[str]:
    """What is not as it was decided, in one module."""
    original, module = importlib.import_module(name), world.find(name)
    allowed = {
        "world": set(decided.world.split()),
        "own": {word for words in decided.own.values() for word in words.split()},
        "absent": set(decided.absent.split()),
    }
    found = []
    for public in dir(original):
        if public.startswith("_"):
            continue
        kind = kind_of(original, module, public)
        if kind != "data" and public not in allowed[kind]:
            found.append(f"{name}.{public} is {kind}, which was not decided")
    return found


@pytest.mark.parametrize("name", DECISIONS)
def test_every_name_is_decided(name: str) -> None:
    """Each public name is what the inventory says, in this version of Python."""
    pytest.importorskip(name)
    assert in_a_world(lambda world: complaints(name, DECISIONS[name], world)) == []


@pytest.mark.parametrize("name", REFUSED_MODULES.split())
def test_modules_that_are_refused(name: str) -> None:
    """The import fails, and says what works instead."""

    def use(world: SimWorld) -> str:
        with pytest.raises(NotSimulable, match="--mode process") as failure:
            world.find(name)
        return str(failure.value)

    assert in_a_world(use).startswith(f"import {name.partition('.')[0]}")


@pytest.mark.parametrize("name", FRESH_MODULES.split())
def test_modules_that_are_run_afresh(name: str) -> None:
    """The world's is another module, in which every import is the world's."""

    def use(world: SimWorld) -> tuple[bool, bool]:
        module = world.find(name)
        own = vars(module)["__builtins__"] is world.builtins
        return module is importlib.import_module(name), own

    assert in_a_world(use) == (False, True)


REFUSED_CALLS = {
    name: decided.world.split()
    for name, decided in DECISIONS.items()
    if name in ("faulthandler", "fcntl", "os", "resource", "sys", "time")
}


@pytest.mark.parametrize("name", REFUSED_CALLS)
def test_refusals_name_the_function_and_what_to_do(name: str) -> None:
    """Whatever is refused says so in the same words, when it is called."""

    def use(world: SimWorld) -> list[str]:
        module = world.find(name)
        texts = []
        for public in REFUSED_CALLS[name]:
            function: Any = getattr(module, public, None)
            if getattr(function, "__qualname__", "").startswith("refuse."):
                with pytest.raises(NotSimulable) as failure:
                    function()
                texts.append(str(failure.value))
        return texts

    texts = in_a_world(use)
    assert texts
    for text in texts:
        assert text.startswith(f"{name}.")
        assert text.endswith(
            "(): a simulated run cannot use it; real processes can: --mode process"
        )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_suspicious_module_of_the_library_is_decided() -> None:
    """What tells time, waits, draws or prints is replaced, refused, or harmless."""
    found = suspicious_modules()
    shared = {word for words in SHARED_MODULES.values() for word in words.split()}

    def is_decided(world: SimWorld, name: str) -> bool:
        top = name.partition(".")[0]
        if top in shared:
            return True
        try:
            return world.find(name) is not importlib.import_module(name)
        except ImportError:
            return True

    def use(world: SimWorld) -> list[str]:
        return [name for name in found if not is_decided(world, name)]

    assert in_a_world(use) == []


def test_the_scan_sees_what_it_is_for() -> None:
    """The scan finds the modules that are known to matter."""
    found = suspicious_modules()
    assert {"threading", "time"} <= found["queue"] | found["sched"]
    assert "print" in found["pprint"] or "stdout" in found["pprint"]
    assert "random" in found["tempfile"]
    assert "operator" not in found
