"""Which modules of the standard library tell time, wait, draw, print or start things.

It reads their source, so that a module of a new Python version is seen too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

# fmt: off
WATCHED = frozenset(
    {
        "_thread", "asyncio", "concurrent", "datetime", "multiprocessing", "queue",
        "random", "sched", "secrets", "select", "selectors", "signal", "socket",
        "socketserver", "subprocess", "threading", "time", "uuid",
    }
)
"""Modules that are not in a world what they are in a process."""

_STREAMS = frozenset({"stdin", "stdout", "stderr", "__stdout__", "__stderr__"})
_CALLS = frozenset({"input", "print"})
# Not part of what a program uses: the library's tests, tools and dead branches.
_LEFT_OUT = frozenset(
    {
        "__hello__", "__phello__", "antigravity", "distutils", "encodings", "ensurepip",
        "idlelib", "lib2to3", "msilib", "pip", "pydoc_data", "test", "tests", "this",
        "tkinter", "turtledemo", "venv",
    }
)
# fmt: on


def suspicious_modules() -> dict[str, set[str]]:
    """Return each module that uses something watched, and what it uses."""
    found = {}
    for name, path in _library():
        used = _used(ast.parse(path.read_bytes()))
        if used:
            found[name] = used
    return found


def _library() -> Iterator[tuple[str, Path]]:
    for top in sorted(sys.stdlib_module_names - _LEFT_OUT):
        spec = PathFinder.find_spec(top)
        if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
            continue
        path = Path(spec.origin)
        if path.name != "__init__.py":
            yield top, path
            continue
        for file in sorted(path.parent.rglob("*.py")):
            parts = file.relative_to(path.parent).with_suffix("").parts
            if not _LEFT_OUT.intersection(parts) and parts[-1] != "__main__":
                yield ".".join((top, *parts)).removesuffix(".__init__"), file


def _used(tree: ast.Module) -> set[str]:
    used: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                used |= WATCHED & {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=str(module), level=0):
                used |= WATCHED & {module.partition(".")[0]}
            case ast.Attribute(value=ast.Name(id="sys" | "_sys"), attr=attribute):
                used |= _STREAMS & {attribute}
            case ast.Call(func=ast.Name(id=name)):
                used |= _CALLS & {name}
    return used
