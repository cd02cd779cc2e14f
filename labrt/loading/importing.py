"""The import statement of one world.

It means what it means in Python: the same module is found, the same names are bound,
the same exception is raised in the same words. What differs is the table of modules
that it looks in, which is the world's own, and where a missing module comes from,
which is for `Loader` to say.

The rules that are easy to lose:

- A module is in the table before its code runs, so that imports may run in a circle;
  a module that fails leaves the table, one that replaces itself there stays replaced.
- `from package import module` of a half-loaded package falls back on the table.
  The interpreter does that by itself, in the process's `sys.modules` and under the
  package's `__name__`: what it will look for is put there (`_publish`).
- A second thread that imports a module waits until the first has loaded it, unless
  the first waits for the second: then it gets the module as far as it is.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, Protocol

from labrt.loading.modulenames import ModuleName, ModuleTable, plain_name


class Gate(Protocol):
    """What those wait at who need a module that another thread loads."""

    def set(self) -> None:
        """Let everybody through, now and later."""

    def wait(self) -> object:
        """Block until the gate is open."""


class _Loading:
    """A module that is being loaded, by whom, and the gate that then opens."""

    __slots__ = ("gate", "owner")

    def __init__(self, owner: Hashable, gate: Gate) -> None:
        self.owner = owner
        self.gate = gate


class ImportSystem:
    """Finds modules in a world's table, and has them loaded that are missing.

    `load(name, importer)` makes a module and puts it into the table, or raises.
    `thread()` tells the threads of the world apart and `gate()` makes what they
    wait at.
    """

    def __init__(
        self,
        load: Callable[[str, str], ModuleType],
        *,
        thread: Callable[[], Hashable],
        gate: Callable[[], Gate],
    ) -> None:
        self.modules = ModuleTable(self.find)
        self._load = load
        self._thread = thread
        self._gate = gate
        # What is being loaded at this moment, and which module each thread waits for:
        # from thread to module to its owner they make the chains of who waits for whom.
        self._loading: dict[str, _Loading] = {}
        self._waiting: dict[Hashable, str] = {}
        # Two real threads must not begin to wait for each other at the same time.
        self._waits = allocate_lock()
        # The keys of `sys.modules` that are ours to take out again.
        self._published: set[str] = set()

    def close(self) -> None:
        """Take out of `sys.modules` what was put there for the interpreter."""
        for name in self._published:
            sys.modules.pop(name, None)

    def statement(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """What `__import__` gives for the same arguments."""
        if not level and name not in self._loading:
            # What is loaded and no package: most of all imports. What is only half
            # loaded may be another thread's, and takes the way on which one waits.
            module = self.modules.get(name)
            if (
                module is not None
                and (fromlist or "." not in name)
                and not (fromlist and _is_package(module))
            ):
                return module
        absolute = _absolute(name, globals, level)
        importer = globals.get("__name__", "") if globals else ""
        module = self.find(absolute, importer)
        if fromlist:
            if _is_package(module):
                self._load_names(module, fromlist, importer)
            return module
        if level and not name:
            # Only a direct call: the statement `from . import x` has names to load.
            return module
        if "." not in name:
            return module
        # `import a.b` binds `a`; relative to a package, what `a` is there.
        head = name.partition(".")[0]
        top = self.find(absolute[: len(absolute) - len(name) + len(head)], importer)
        self._publish_path(top, name)
        return top

    def find(self, name: str, importer: str = "") -> ModuleType:
        """The module of an absolute name, loaded if need be."""
        while self._loading and name in self._loading and self._await(name):
            # Whoever loaded it may have failed: then it is missing once more.
            pass
        module: ModuleType | None = self.modules.get(name, _MISSING)
        if module is _MISSING:
            return self._find_missing(name, importer)
        if module is None:
            raise ModuleNotFoundError(
                f"import of {name} halted; None in sys.modules", name=name
            )
        return module

    def _find_missing(self, name: str, importer: str) -> ModuleType:
        parent_name, _, child = name.rpartition(".")
        parent = None
        if parent_name:
            # A package's code runs before that of any module in it.
            parent = self.find(parent_name, importer)
            # The package may have loaded it in passing.
            if name in self.modules:
                return self.find(name, importer)
            if not hasattr(parent, "__path__") and not _is_in_process(parent, name):
                raise ModuleNotFoundError(
                    f"No module named {name!r}; {parent_name!r} is not a package",
                    name=name,
                )
        module = self._load_alone(name, importer)
        if parent is not None and parent is not sys.modules.get(parent_name):
            # A package of the process's has its modules bound by the process.
            setattr(parent, child, module)
        return module

    def _load_alone(self, name: str, importer: str) -> ModuleType:
        loading = _Loading(self._thread(), self._gate())
        if self._loading.setdefault(name, loading) is not loading:
            # Another thread has just begun. Unless it waits for this one: after it.
            if self._await(name):
                return self.find(name, importer)
            # The wait would end at this thread, and the module is not in the table
            # yet: there is nothing to hand out but one that is loaded here.
            return self._load(name, importer)
        try:
            # A real thread may have been here between the look at the table and this.
            loaded = self.modules.get(name)
            return self._load(name, importer) if loaded is None else loaded
        finally:
            # In this order: who comes through the gate looks whether it still loads.
            del self._loading[name]
            loading.gate.set()

    def _await(self, name: str) -> bool:
        """Wait until another thread has loaded a module; False if it waits for this."""
        me = self._thread()
        with self._waits:
            loading = self._loading.get(name)
            # No circle, and the wait is noted before anybody else looks for one.
            if loading is not None and self._ends_at(me, name):
                return False
            self._waiting[me] = name
        try:
            # Without the lock: a simulation goes on with another task of this very
            # thread, which would wait for the lock for ever.
            if loading is not None:
                loading.gate.wait()
        finally:
            del self._waiting[me]
        return True

    def _ends_at(self, thread: Hashable, name: str) -> bool:
        """Whether waiting for a module is, in the end, waiting for `thread`."""
        following: str | None = name
        while following is not None:
            loading = self._loading.get(following)
            if loading is None:
                return False
            if loading.owner == thread:
                return True
            following = self._waiting.get(loading.owner)
        return False

    # The names after `from … import`.

    def _load_names(
        self, module: ModuleType, names: Iterable[str], importer: str
    ) -> None:
        for name in names:
            if not isinstance(name, str):
                raise TypeError(
                    f"Item in ``from list'' must be str, not {type(name).__name__}"
                )
            if name == "*":
                self._load_all(module, importer)
            else:
                self._load_name(module, name, importer)

    def _load_all(self, module: ModuleType, importer: str) -> None:
        for name in getattr(module, "__all__", ()):
            if not isinstance(name, str):
                raise TypeError(
                    f"Item in {module.__name__}.__all__ must be str, "
                    f"not {type(name).__name__}"
                )
            if name != "*":
                self._load_name(module, name, importer)

    def _load_name(self, module: ModuleType, name: str, importer: str) -> None:
        """Load the submodule that a name may mean; the interpreter reads the name."""
        if hasattr(module, name):
            return
        full = f"{plain_name(module.__name__)}.{name}"
        try:
            self.find(full, importer)
        except ModuleNotFoundError as error:
            # That there is no such module is for the interpreter to say, in its words.
            # That it fails to import another one, or is barred, is said here.
            if error.name != full or self.modules.get(full, _MISSING) is None:
                raise
        self._publish(module, name)

    def _publish_path(self, module: ModuleType, name: str) -> None:
        """Publish what `import a.b.c as d` reads, attribute by attribute."""
        for child in name.split(".")[1:]:
            self._publish(module, child)
            full = f"{plain_name(module.__name__)}.{child}"
            following = self.modules.get(full)
            if following is None:
                return
            module = following

    def _publish(self, module: ModuleType, name: str) -> None:
        """Put a module where the interpreter looks that finds no such attribute."""
        unique = getattr(module, "__name__", "")
        # The modules of a shared package are where the interpreter looks anyway.
        if type(unique) is not ModuleName or name in vars(module):
            return
        found = self.modules.get(f"{plain_name(unique)}.{name}")
        # Added, not formatted: a formatted name is a plain one.
        place = unique + "." + name
        if found is not None:
            sys.modules[place] = found
            self._published.add(place)
        elif place in self._published:
            # The program has taken it out of its table since.
            sys.modules.pop(place, None)


def _is_package(module: ModuleType) -> bool:
    if type(module) is ModuleType and "__getattr__" not in module.__dict__:
        # As below, without the cost of an AttributeError that nobody sees.
        return "__path__" in module.__dict__
    return hasattr(module, "__path__")


def _is_in_process(parent: ModuleType, name: str) -> bool:
    """Whether a library module has a module in it without being a package.

    `os.path` is one.
    """
    return type(parent.__name__) is not ModuleName and name in sys.modules


# No module is this; None in a table of modules means that the import is barred.
_MISSING: Any = object()


def _absolute(name: str, globals: Mapping[str, Any] | None, level: int) -> str:
    """The absolute name that an import statement asks for."""
    if not isinstance(name, str):
        raise TypeError("module name must be a string")
    if level < 0:
        raise ValueError("level must be >= 0")
    if level:
        return resolve(name, _package_of(globals or {}), level)
    if not name:
        raise ValueError("Empty module name")
    return name


def resolve(name: str, package: str, level: int) -> str:
    """The absolute name of what is imported relative to a package."""
    if not package:
        raise ImportError("attempted relative import with no known parent package")
    # One dot is the package itself; each further one goes up by one.
    parts = package.rsplit(".", level - 1)
    if len(parts) < level:
        raise ImportError("attempted relative import beyond top-level package")
    return f"{parts[0]}.{name}" if name else parts[0]


def _package_of(namespace: Mapping[str, Any]) -> str:
    """The package that a module's relative imports start from."""
    # `__package__` and a spec's parent are plain; only `__name__` bears the mark.
    package = namespace.get("__package__")
    if package is None:
        spec = namespace.get("__spec__")
        if spec is not None:
            package = spec.parent
        elif "__path__" in namespace:
            package = plain_name(namespace["__name__"])
        else:
            package = plain_name(namespace.get("__name__", "")).rpartition(".")[0]
    if not isinstance(package, str):
        raise TypeError("package must be a string")
    return package
