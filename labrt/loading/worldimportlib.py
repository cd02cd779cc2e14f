"""`importlib` and what else imports modules by name, for one world.

The library's own source runs once more, over the frozen heart of the import system,
which also runs once more: with the world's table of modules, one finder that knows
the world's modules, and the world's way to find and load. So `import_module`,
`reload`, `find_spec` and `run_module` do in a world what they do in Python.
"""

from __future__ import annotations

import _imp
import _thread
import _warnings
import _weakref
import importlib._bootstrap_external
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from labrt.loading.loader import Loader

FRESH = frozenset({"importlib", "pkgutil", "runpy"})
HEART = "_frozen_importlib"


def make_heart(
    loader: Loader, system: ModuleType, thread: ModuleType = _thread
) -> ModuleType:
    """Make a world's `importlib._bootstrap`, over its `sys` and `_thread`."""
    imports = loader.imports
    heart = loader.run_frozen(
        HEART,
        sys=system,
        _imp=_imp,
        _thread=thread,
        _warnings=_warnings,
        _weakref=_weakref,
        _bootstrap_external=importlib._bootstrap_external,
    )
    # All that the library offers for importing by name comes down to these two.
    vars(heart).update(
        __import__=imports.statement,
        _find_and_load=lambda name, _: imports.find(name),
    )
    if hasattr(heart, "_WeakValueDictionary"):
        # From 3.12 on who waits for which module is noted in a table that the
        # interpreter makes when it starts.
        vars(heart)["_blocking_on"] = heart._WeakValueDictionary()
    return heart


class WorldFinder:
    """Finds modules as the world's import statement does; its `sys.meta_path`."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        """The spec of a module of an absolute name; None if there is none."""
        # In the order in which `Loader` looks for what is missing.
        loader = self._loader
        place = loader.place_of(name)
        if place is not None:
            return loader.spec_of(name, *place)
        module = loader.modules.get(name) or loader.replacement(name, "")
        return importlib.util.find_spec(name) if module is None else module.__spec__


class SystemView(ModuleType):
    """The process's `sys`, but for what says which modules there are.

    Whatever is set here is set in the process: a program that puts a stream of its
    own in the place of `sys.stdout` means that of `print`.
    """

    def __new__(cls, *args: Any, **own: object) -> Any:
        # `type(sys)` is the library's way to say "module". What comes of that is no
        # view, so `__init__` is not called.
        return ModuleType(*args) if args else super().__new__(cls)

    def __init__(self, **own: object) -> None:
        super().__init__("sys", sys.__doc__)
        _own_names(self).update(own)

    def __getattribute__(self, name: str) -> Any:
        own = _own_names(self)
        return own[name] if name in own else getattr(sys, name)

    def __setattr__(self, name: str, value: object) -> None:
        own = _own_names(self)
        if name in own:
            own[name] = value
        else:
            # The built-in functions look there, `print` for `sys.stdout`.
            setattr(sys, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(sys, name)

    def __dir__(self) -> list[str]:
        return dir(sys)


def _own_names(view: SystemView) -> dict[str, Any]:
    # Not `vars(view)`: that asks the view, which answers for the process.
    names: dict[str, Any] = ModuleType.__getattribute__(view, "__dict__")
    return names
