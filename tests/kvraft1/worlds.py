"""Running solution code in a simulated world, for tests that look at waiting."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

from labrt import SimRuntime
from tester1.solution import LAB_PACKAGES, REFERENCE_ROOT

T = TypeVar("T")


def run_in_world(module: str, body: Callable[[SimRuntime, ModuleType], T]) -> T:
    """Run `body(runtime, module)` in a world with a copy of `module` of its own."""
    runtime = SimRuntime(seed=1)
    results: list[T] = []

    def main() -> None:
        world = runtime.world("test", roots=[REFERENCE_ROOT], packages=LAB_PACKAGES)
        task = runtime.spawn(
            lambda: results.append(body(runtime, world.load(module))), world=world
        )
        task.join()

    runtime.run(main)
    return results[0]
