"""Programs for worlds, written by the tests themselves into a folder."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from labrt import SimRuntime, World


class RunProgram(Protocol):
    """Runs `main()` of a program in a world and returns what it returned."""

    def __call__(self, source: str, /, *, seed: int = 0, **options: Any) -> Any: ...


@pytest.fixture
def write_program(tmp_path: Path) -> Callable[..., Path]:
    """Write a module into a fresh folder and return the folder."""

    def write(source: str, name: str = "program.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        return tmp_path

    return write


@pytest.fixture
def run_program(write_program: Callable[..., Path]) -> RunProgram:
    """Run a program's `main` as a task of a world called `server`.

    The scheduler's lists are checked after every switch, unless `debug` is False.
    """

    def run(
        source: str, /, *, seed: int = 0, debug: bool = True, **options: Any
    ) -> Any:
        folder = write_program(source)
        runtime = SimRuntime(seed, debug=debug, **options)

        def main() -> Any:
            world: World = runtime.world("server", roots=[folder])
            task = runtime.spawn(
                lambda: world.load("program").main(), name="main", world=world
            )
            task.join()
            return task.result

        return runtime.run(main)

    return run
