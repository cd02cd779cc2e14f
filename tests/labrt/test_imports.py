"""The import statement of a world does what Python's does, in both runtimes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labrt import RealRuntime, Runtime, SimRuntime
from tests.labrt.import_trees import TREES, Tree, python_outcomes

RUNTIMES = [SimRuntime, RealRuntime]


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write every tree."""
    folder = tmp_path_factory.mktemp("trees")
    return {tree.name: tree.write(folder) for tree in TREES}


@pytest.fixture(scope="module")
def expected(roots: dict[str, Path]) -> dict[str, list[Any]]:
    """What plain Python makes of every tree."""
    return python_outcomes(roots)


@pytest.mark.parametrize("make", RUNTIMES)
@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_imports_are_pythons(
    make: Callable[[], Runtime],
    tree: Tree,
    roots: dict[str, Path],
    expected: dict[str, list[Any]],
) -> None:
    """The same names are bound, or the same exception is raised in the same words."""
    runtime, root = make(), roots[tree.name]
    before = set(sys.modules)

    def main() -> list[Any]:
        world = runtime.world("server", roots=[root])
        outcome = tree.outcome(world.load, root)
        world.kill()
        return outcome

    assert runtime.run(main) == expected[tree.name]
    left = {name for name in set(sys.modules) - before if "@" in name}
    assert left == set()
