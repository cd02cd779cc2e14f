"""What a world's modules are called, in the process and to their own code.

Two worlds have modules of the same name, and `sys.modules` is one table: so a
private module's `__name__` bears the mark of its world, and the world has a table of
its own in which the names are plain.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType, ModuleType


class ModuleName(str):
    """The `__name__` of a private module: unique in the process, plain to a reader.

    As a string it is `raft1.raft@server#2`, by which the process finds the module.
    Where it is shown, in an `ImportError` of the interpreter or in a log, it is
    `raft1.raft`, which is what the code was told to import.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(plain_name(self))

    def __str__(self) -> str:
        return plain_name(self)

    def __format__(self, layout: str) -> str:
        return format(plain_name(self), layout)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        # A world does not outlive its name; what is written to a disk does.
        return str, (plain_name(self),)


def plain_name(module: str) -> str:
    """A module's name without the mark of its world."""
    # No statement can import a name with an "@" in it: no plain name has one.
    return module.partition("@")[0]


def world_module(frame: FrameType) -> str | None:
    """The plain name of the world's own module that a frame runs code of.

    None: the code is the process's, and so is shared by all worlds.
    """
    name = frame.f_globals.get("__name__")
    return plain_name(name) if isinstance(name, ModuleName) else None


class ModuleTable(dict[str, ModuleType]):
    """The `sys.modules` of a world: its modules under their plain names.

    It fills as the world imports. What every Python process has from its start is
    there when it is asked for.
    """

    def __init__(self, find: Callable[[str], ModuleType]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, name: str) -> ModuleType:
        # Only `sys.modules[name]` comes here. `get` and `in` tell what is loaded, and
        # the import statement relies on that.
        if name in _AT_START:
            return self._find(name)
        raise KeyError(name)


_AT_START = frozenset({"_thread", "builtins", "io", "os", "os.path", "sys", "time"})
