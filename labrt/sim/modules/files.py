"""What a world sees of the file system and of weak sets, in an order that repeats.

A folder's entries come in the file system's order, which differs from machine to
machine: here they are sorted by name. `glob` and `pathlib` are the standard
library's own source over that, and so is `WeakSet` over ordered sets. They hold
nothing of a world, so all worlds of the process share one copy, made when first asked.
"""

from __future__ import annotations

import os as real_os
from collections.abc import Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, Final

from labrt.loading.loader import Loader, Sources, compile_plain
from labrt.loading.rebinding import rebound_function
from labrt.ordered.rewriting import NAMES as REORDER_NAMES
from labrt.ordered.sets import NAMES as SET_NAMES
from labrt.sim.instrument import compile_ordered
from labrt.sim.modules.copies import copy_of

SHARED: Final = frozenset({"_weakrefset", "glob", "pathlib"})
"""The modules of the standard library that worlds share a copy of."""


def listdir(path: Any = None) -> Any:
    """The names in a folder, sorted."""
    return sorted(real_os.listdir(path))


class _Entries:
    """What `scandir` returns: an iterator that can be closed."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def close(self) -> None:
        """Yield no more."""
        self._entries = iter(())

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def scandir(path: Any = None) -> _Entries:
    """The entries of a folder, sorted by name."""
    # Read to the end at once, since sorting needs them all; so the folder is closed.
    with real_os.scandir(path) as entries:
        return _Entries(sorted(entries, key=lambda entry: entry.name))


def _walking() -> dict[str, Any]:
    """The functions of `os` that walk over folders, over sorted ones."""
    # Rebound over one namespace, for they call each other and themselves.
    names = {**vars(real_os), "listdir": listdir, "scandir": scandir}
    for name in ("walk", "_walk", "fwalk", "_fwalk"):
        real = names.get(name)
        if isinstance(real, FunctionType):
            names[name] = rebound_function(real, names)
    return {name: names[name] for name in ("fwalk", "walk") if name in names}


OS_NAMES: Final[dict[str, Any]] = {
    "listdir": listdir,
    "scandir": scandir,
    **_walking(),
}
"""What takes the place of functions of `os`."""


@cache
def shared_module(name: str) -> ModuleType:
    """The copy of one of `SHARED`, or of a submodule of one."""
    return _loader().fresh_library_module(name)


@cache
def _loader() -> Loader:
    return Loader(
        "ordered",
        (),
        (),
        substitute=_substitute,
        names={**SET_NAMES, **REORDER_NAMES},
        sources=Sources(compile_plain),
        compile_library=compile_ordered,
    )


def _substitute(name: str, importer: str) -> ModuleType | None:
    if name == "os":
        return copy_of(real_os, **OS_NAMES)
    return shared_module(name) if name.partition(".")[0] in SHARED else None


def weak_set() -> Any:
    """The `WeakSet` of worlds."""
    return vars(shared_module("_weakrefset"))["WeakSet"]
