"""Private copies of modules: the import system of one world.

A world's modules get built-ins of their own, whose ``__import__`` is the world's.
So ``import`` means something else in a world than outside it, with nothing patched
in the process: a module found under the world's roots is loaded afresh for this
world alone, a substitute replaces what the runtime simulates, and everything else
is the process's own module.

A private module is in ``sys.modules`` under a unique name, ``raft1.raft@server#2``,
for as long as its world lives, so that dataclasses, typing and codecs can resolve
names in it. Its ``__package__`` is the plain one.
"""

from __future__ import annotations

import builtins
import importlib.util
import sys
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.machinery import ModuleSpec
from os import stat
from os.path import isdir, isfile
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from labrt.instrument import compile_library
from labrt.sourcefile import compile_file

Compiler = Callable[[bytes, str], CodeType]

# Compiled modules of this process, by file, time of change, size and compiler.
_compiled: dict[tuple[str, int, int, Compiler], CodeType] = {}


def plain_name(module: str) -> str:
    """Return a module's name without the mark of its world."""
    return module.partition("@")[0]


def compile_plain(source: bytes, filename: str) -> CodeType:
    """Compile a module's source as Python would."""
    code: CodeType = compile(source, filename, "exec", dont_inherit=True)
    return code


class Sources:
    """The source files of a run's worlds: where they are and what they compile to.

    A file is looked at once. If it changes while the run goes on, a world that starts
    later still runs what the others run.
    """

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._roots: dict[Path, str] = {}
        self._places: dict[tuple[tuple[str, ...], str], tuple[str, bool]] = {}
        self._code: dict[str, CodeType] = {}

    def root(self, folder: Path) -> str:
        """Return the path of a folder that modules are found in."""
        root = self._roots.get(folder)
        if root is None:
            root = self._roots[folder] = str(folder.resolve())
        return root

    def locate(self, roots: tuple[str, ...], name: str) -> tuple[str, bool] | None:
        """Return a module's file below one of the roots, and whether it is a package's.

        A file that is not there may still come.
        """
        place = self._places.get((roots, name)) or _locate(roots, name)
        if place is not None:
            self._places[roots, name] = place
        return place

    def code(self, filename: str) -> CodeType:
        """Return a file's code. Raises ``SyntaxError`` and ``OSError``."""
        code = self._code.get(filename)
        if code is None:
            code = self._code[filename] = _compile_file(filename, self._compiler)
        return code


class Loader:
    """Loads modules for one world.

    ``key`` marks the world's modules in ``sys.modules``. ``substitute`` returns the
    module to use for a plain name, or None where there is nothing to replace; it
    may raise ``ImportError`` to refuse. ``sources`` are the run's.
    """

    def __init__(
        self,
        key: str,
        roots: Sequence[Path],
        packages: Collection[str] | None,
        *,
        substitute: Callable[[str, str], ModuleType | None],
        names: Mapping[str, Any],
        sources: Sources,
    ) -> None:
        self.modules: dict[str, ModuleType] = {}
        self._key = key
        self._files: set[str] = set()
        self._roots = tuple(map(sources.root, roots))
        self._packages = None if packages is None else frozenset(packages)
        self._substitute = substitute
        self._sources = sources
        self._builtins = {**vars(builtins), **names, "__import__": self._import}

    def load(self, name: str) -> ModuleType:
        """Import the module called ``name`` and return it."""
        found = self._find(name, importer="")
        if found is None:
            raise ModuleNotFoundError(
                f"no module named {name!r} in {', '.join(self._roots)}", name=name
            )
        return found

    def adopt(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a copy of a function whose import statements are the world's."""
        assert isinstance(function, FunctionType), "only plain functions can be adopted"
        own = {**function.__globals__, "__builtins__": self._builtins}
        copy = FunctionType(
            function.__code__,
            own,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        return copy

    def unload(self) -> None:
        """Take the modules out of ``sys.modules``; live references keep working."""
        for name in self.modules:
            sys.modules.pop(f"{name}@{self._key}", None)

    def owns(self, filename: str) -> bool:
        """Say whether a file is one of those that are private to the world."""
        return filename in self._files

    def shorten(self, filename: str) -> str:
        """Return a file's path below the root that it is in."""
        for root in self._roots:
            if filename.startswith(root + "/"):
                return filename[len(root) + 1 :]
        return filename

    def fresh_library_module(self, name: str) -> ModuleType:
        """Load a private copy of a module of the standard library."""
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"no module named {name!r}", name=name)
        is_package = spec.submodule_search_locations is not None
        code = _compile_file(spec.origin, compile_library)
        return self._execute(name, spec.origin, is_package, code)

    # The import statement.

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        absolute = _absolute(name, _package_of(globals), level) if level else name
        owner = globals.get("__name__", "") if globals else ""
        module = self._find(absolute, importer=owner)
        if module is None:
            if level:
                raise ModuleNotFoundError(
                    f"no module named {absolute!r}", name=absolute
                )
            return __import__(name, globals, locals, fromlist or (), 0)
        if not fromlist:
            top = absolute.partition(".")[0] if not level else absolute
            return module if top == absolute else self._require(top, owner)
        for attribute in fromlist:
            self._import_attribute(module, absolute, attribute, owner)
        return module

    def _import_attribute(
        self, module: ModuleType, name: str, attribute: str, importer: str
    ) -> None:
        """Load a submodule that a ``from package import submodule`` names."""
        missing = attribute != "*" and not hasattr(module, attribute)
        if missing and hasattr(module, "__path__"):
            self._find(f"{name}.{attribute}", importer=importer)

    def _require(self, name: str, importer: str) -> ModuleType:
        module = self._find(name, importer=importer)
        return module if module is not None else importlib.import_module(name)

    def _find(self, name: str, *, importer: str) -> ModuleType | None:
        """Return the world's own module of that name; None if it has none."""
        module = self.modules.get(name)
        if module is not None:
            return module
        module = self._substitute(name, importer) or self._load_private(name)
        if module is not None:
            self.modules[name] = module
            parent, _, child = name.rpartition(".")
            if parent:
                setattr(self._require(parent, importer), child, module)
        return module

    def _load_private(self, name: str) -> ModuleType | None:
        top = name.partition(".")[0]
        if self._packages is not None and top not in self._packages:
            return None
        location = self._sources.locate(self._roots, name)
        if location is None:
            return None
        parent = name.rpartition(".")[0]
        if parent:
            self._require(parent, name)
            if name in self.modules:
                return self.modules[name]
        filename, is_package = location
        self._files.add(filename)
        code = self._sources.code(filename) if filename.endswith(".py") else None
        return self._execute(name, filename, is_package, code)

    def _execute(
        self, name: str, filename: str, is_package: bool, code: CodeType | None
    ) -> ModuleType:
        unique = f"{name}@{self._key}"
        module = ModuleType(unique)
        parent = name if is_package else name.rpartition(".")[0]
        spec = ModuleSpec(unique, None, origin=filename, is_package=is_package)
        module.__dict__.update(
            __file__=filename,
            __package__=parent,
            __spec__=spec,
            __builtins__=self._builtins,
        )
        if is_package:
            module.__path__ = [filename.rpartition("/")[0]]
        sys.modules[unique] = self.modules[name] = module
        try:
            if code is not None:
                exec(code, module.__dict__)
        except BaseException:
            del self.modules[name], sys.modules[unique]
            raise
        return module


def precompile(path: Path, compiler: Compiler = compile_plain) -> None:
    """Compile a file, so that processes forked from this one need not."""
    _compile_file(str(path), compiler)


def _locate(roots: Sequence[str], name: str) -> tuple[str, bool] | None:
    path = name.replace(".", "/")
    for root in roots:
        base = f"{root}/{path}"
        if isfile(f"{base}.py"):
            return f"{base}.py", False
        if isfile(f"{base}/__init__.py"):
            return f"{base}/__init__.py", True
    for root in roots:
        if isdir(f"{root}/{path}"):
            return f"{root}/{path}", True
    return None


def _compile_file(filename: str, compiler: Compiler) -> CodeType:
    status = stat(filename)
    key = (filename, status.st_mtime_ns, status.st_size, compiler)
    code = _compiled.get(key)
    if code is None:
        source = Path(filename).read_bytes()
        with warnings.catch_warnings():
            # A session may turn warnings into errors, but not a "\d" in somebody's
            # program, or a return in its finally: Python runs it all the same.
            for category in (SyntaxWarning, DeprecationWarning):
                warnings.simplefilter("default", category)
            code = _compiled[key] = compile_file(compiler, source, filename)
    return code


def _package_of(namespace: Mapping[str, Any] | None) -> str:
    package = namespace.get("__package__") if namespace else None
    if not isinstance(package, str) or not package:
        raise ImportError("attempted relative import with no known parent package")
    return package


def _absolute(name: str, package: str, level: int) -> str:
    """Resolve a relative import against the package that it stands in."""
    parts = package.split(".")
    if level > len(parts):
        raise ImportError("attempted relative import beyond top-level package")
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{name}" if name else base
