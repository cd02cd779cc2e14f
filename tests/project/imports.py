"""Who imports whom, read from the sources: every import counts, wherever it stands.

An import inside a function, or for type checkers only, ties two modules together just
as well: neither can be understood without the other.
"""

from __future__ import annotations

import ast
import contextlib
import graphlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Graph = Mapping[str, frozenset[str]]
"""Each module's name, and the modules of the same sources that it imports."""


def import_graph(root: Path, packages: Sequence[str]) -> Graph:
    """The graph of the modules in some packages, which lie in one folder."""
    trees = dict(_modules(root, packages))
    return {
        module: frozenset(_imported(module, tree, trees))
        for module, tree in trees.items()
    }


def circle(graph: Graph) -> list[str]:
    """The modules of a circle of imports, each of which imports the next; or none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []


def _modules(root: Path, packages: Sequence[str]) -> Iterator[tuple[str, ast.Module]]:
    for package in packages:
        for file in sorted((root / package).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            # Some files are there to be refused: they are no Python.
            with contextlib.suppress(SyntaxError):
                tree = ast.parse(file.read_bytes())
                yield ".".join(parts).removesuffix(".__init__"), tree


def _imported(
    module: str, tree: ast.Module, known: Mapping[str, object]
) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: a relative import"
            base = node.module or ""
            # A name may be that of a module in the package, or of something in it.
            names = [
                inner if (inner := f"{base}.{alias.name}") in known else base
                for alias in node.names
            ]
        else:
            continue
        yield from (name for name in names if name in known and name != module)
