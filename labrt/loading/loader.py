"""Private copies of modules: the import system of one world.

A world's modules get built-ins of their own, whose `__import__` is the world's. So
`import` means something else in a world than outside it, with nothing patched in the
process: a module found under the world's roots is loaded afresh for this world
alone, a substitute replaces what the runtime simulates, and everything else is the
process's own module.

A private module is in `sys.modules` under a unique name, `raft1.raft@server#2`, for
as long as its world lives, so that dataclasses, typing and codecs can resolve names
in it. Its `__package__` is the plain one.
"""

from __future__ import annotations

import builtins
import importlib.util
import sys
import warnings
from _imp import get_frozen_object
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from os import stat
from os.path import isdir, isfile
from pathlib import Path
from threading import Event, get_ident
from types import CodeType, FunctionType, ModuleType
from typing import Any

from labrt.errors import NotSimulable
from labrt.loading.importing import Gate, ImportSystem
from labrt.loading.moduleloaders import PrivateLoader, SubstituteLoader
from labrt.loading.modulenames import ModuleName
from labrt.loading.rebinding import rebound_function
from labrt.loading.sourcefile import compile_file

Compiler = Callable[[bytes, str], CodeType]

_BUILT_IN = frozenset(sys.builtin_module_names)

# Compiled modules of this process, by file, time of change, size and compiler. Code is
# immutable: all worlds can share it, and so can processes forked from this one.
_compiled: dict[tuple[str, int, int, Compiler], CodeType] = {}


def compile_plain(source: bytes, filename: str) -> CodeType:
    """Compile a module's source as Python would."""
    # Not inherited: the `from __future__` of this file is not the program's.
    code: CodeType = compile(source, filename, "exec", dont_inherit=True)
    return code


class Sources:
    """The source files of a run's worlds: where they are and what they compile to.

    A file is looked at once. If it changes while the run goes on, a world that starts
    later still runs what the others run.
    """

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        # What was found out of the file system, which is asked once: a run restarts
        # its servers many times, and each would ask for every one of its modules.
        self._roots: dict[Path, str] = {}
        self._places: dict[tuple[tuple[str, ...], str], tuple[str, bool]] = {}
        self._code: dict[str, CodeType] = {}

    def root(self, folder: Path) -> str:
        """The path of a folder that modules are found in."""
        root = self._roots.get(folder)
        if root is None:
            root = self._roots[folder] = str(folder.resolve())
        return root

    def locate(self, roots: tuple[str, ...], name: str) -> tuple[str, bool] | None:
        """A module's file below one of the roots, and whether it is a package's.

        A file that is not there may still come.
        """
        place = self._places.get((roots, name)) or _locate(roots, name)
        if place is not None:
            self._places[roots, name] = place
        return place

    def code(self, filename: str) -> CodeType:
        """A file's code. Raises `SyntaxError` and `OSError`."""
        code = self._code.get(filename)
        if code is None:
            code = self._code[filename] = _compile_file(filename, self._compiler)
        return code


class Loader:
    """Loads modules for one world.

    `key` marks the world's modules in `sys.modules`. `substitute` returns the module
    to use for a plain name, or None where there is nothing to replace; it may raise
    `ImportError` to refuse. `names` are further built-ins, `sources` the run's, and
    `compile_library` is for modules of the standard library that the world runs.
    `thread` and `gate` are those of `ImportSystem`.
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
        compile_library: Compiler = compile_plain,
        thread: Callable[[], Hashable] = get_ident,
        gate: Callable[[], Gate] = Event,
    ) -> None:
        self._key = key
        self._files: set[str] = set()  # of the private modules loaded so far
        self._roots = tuple(map(sources.root, roots))
        self._packages = None if packages is None else frozenset(packages)
        self._substitute = substitute
        self._sources = sources
        self._compile_library = compile_library
        self._private: set[str] = set()  # found below the roots
        self._unique: list[str] = []  # all that are in `sys.modules`
        self.imports = ImportSystem(self._load_missing, thread=thread, gate=gate)
        self.modules = self.imports.modules
        # The `sys.path` of the world. What its code adds is searched like a root.
        self.path = [*self._roots, *sys.path]
        self._known_path = (*self.path,)
        # One namespace is both the built-ins that the world's code runs over and what
        # `import builtins` gives it, so that what it sets there it also sees.
        own = ModuleType("builtins", builtins.__doc__)
        self.builtins = vars(own)
        self.builtins.update(vars(builtins))
        self.builtins.update(names, __import__=self.imports.statement)
        self.modules["builtins"] = own

    def load(self, name: str) -> ModuleType:
        """Import the module called `name` and return it."""
        try:
            return self.imports.find(name)
        except ModuleNotFoundError as error:
            # A module that the named one imports is missing to it, not to the caller.
            if error.name != name or isinstance(error, NotSimulable):
                raise
            places = ", ".join(self._roots)
            raise ModuleNotFoundError(
                f"no module named {name!r} in {places}", name=name
            ) from None

    def adopt(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A copy of a function whose import statements are the world's."""
        assert isinstance(function, FunctionType), "only plain functions can be adopted"
        own = {**function.__globals__, "__builtins__": self.builtins}
        return rebound_function(function, own)

    def unload(self) -> None:
        """Take the modules out of `sys.modules`; live references keep working."""
        for name in (*self._unique, *(f"{name}@{self._key}" for name in self.modules)):
            sys.modules.pop(name, None)
        self.imports.close()

    def owns(self, filename: str) -> bool:
        """Whether a file is one of those that are private to the world."""
        return filename in self._files

    def shorten(self, filename: str) -> str:
        """A file's path below the root that it is in."""
        for root in self._roots:
            if filename.startswith(root + "/"):
                return filename[len(root) + 1 :]
        return filename

    def fresh_library_module(self, name: str) -> ModuleType:
        """Load a private copy of a module of the standard library."""
        spec = importlib.util.find_spec(name)
        filename = None if spec is None else spec.origin
        if filename == "frozen":
            # The interpreter has its code inside; it can be read all the same.
            filename = importlib.import_module(name).__file__
        if spec is None or filename is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        # `_files` and `_private` hear nothing of it: its lines are not the program's.
        is_package = spec.submodule_search_locations is not None
        code = _compile_file(filename, self._compile_library)
        return self._execute(self.spec_of(name, filename, is_package), code)

    def code_of(self, filename: str) -> CodeType | None:
        """The code of a file of the world's modules; None for a folder."""
        if filename in self._files:
            return self._sources.code(filename) if filename[-3:] == ".py" else None
        return _compile_file(filename, self._compile_library)

    def run_frozen(self, name: str, **replaced: object) -> ModuleType:
        """Run a module that is part of the interpreter, over other globals."""
        module = ModuleType(name)
        vars(module).update(replaced, __builtins__=self.builtins)
        exec(get_frozen_object(name), vars(module))
        # Once more: the code sets some to None, for the interpreter to fill in.
        vars(module).update(replaced)
        return module

    # Where a module comes from that is not in the table.

    def _load_missing(self, name: str, importer: str) -> ModuleType:
        # As in Python a file comes before the library.
        place = self.place_of(name)
        if place is not None:
            return self._load_private(name, *place)
        module = self.replacement(name, importer)
        if module is not None:
            # A library module that was run afresh may have replaced itself.
            return self.modules.setdefault(name, module)
        if name.rpartition(".")[0] in self._private:
            # Another module of this name may be in the process: not the world's.
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        shared = sys.modules.get(name) or importlib.import_module(name)
        self.modules[name] = shared
        return shared

    def replacement(self, name: str, importer: str) -> ModuleType | None:
        """What the world has in place of a library module, with its spec."""
        module = self._substitute(name, importer)
        if module is not None and not isinstance(module.__loader__, PrivateLoader):
            # The original's would lead back to the original.
            module.__spec__ = ModuleSpec(name, SubstituteLoader(module))
        return module

    def place_of(self, name: str) -> tuple[str, bool] | None:
        """Where a private module is; None for a module that is not private.

        What is built into the interpreter comes before any file, and any file or
        package of the process before a mere folder.
        """
        if name in _BUILT_IN:
            return None
        place = self.locate(name)
        if place is None or place[0].endswith(".py") or not self._is_regular(name):
            return place
        return None

    def locate(self, name: str) -> tuple[str, bool] | None:
        """The file of a private module, and whether it is a package's.

        The file of a package that is only a folder is that folder.
        """
        found = None
        if self._packages is None or name.partition(".")[0] in self._packages:
            found = self._sources.locate(self._roots, name)
        # The rest of the path is the process's, and so are the modules there.
        if found is None and (*self.path,) != self._known_path:
            added = tuple(path for path in self.path if path not in self._known_path)
            found = self._sources.locate(added, name)
        return found

    def _is_regular(self, name: str) -> bool:
        """Whether the process has a module that comes before a mere folder."""
        # `packages` names what is private, a mere folder too; and a module in a
        # package comes from where the package does.
        if self._packages is not None or "." in name:
            return False
        spec = importlib.util.find_spec(name)
        return spec is not None and spec.origin is not None

    def _load_private(self, name: str, filename: str, is_package: bool) -> ModuleType:
        self._files.add(filename)
        self._private.add(name)
        spec = self.spec_of(name, filename, is_package)
        return self._execute(spec, self.code_of(filename))

    def spec_of(self, name: str, filename: str, is_package: bool) -> ModuleSpec:
        """The spec of a private module, as the import system would make it."""
        is_file = filename.endswith(".py")
        loader = PrivateLoader(name, filename, self) if is_file else None
        spec = ModuleSpec(name, loader, origin=filename if is_file else None)
        spec.has_location = is_file
        if is_package:
            folder = filename.rpartition("/")[0] if is_file else filename
            spec.submodule_search_locations = [folder]
        return spec

    def _execute(self, spec: ModuleSpec, code: CodeType | None) -> ModuleType:
        name = spec.name
        module = self.prepare(ModuleType(name), spec)
        # In both tables before its code runs, which may import it in a circle.
        unique = f"{name}@{self._key}"
        sys.modules[unique] = self.modules[name] = module
        self._unique.append(unique)
        # By this the interpreter tells a circular import from a missing name. The
        # stubs leave it out, as it is the interpreter's own.
        spec._initializing = True  # type: ignore[attr-defined]
        try:
            if code is not None:
                exec(code, module.__dict__)
        except BaseException:
            # Whoever asks next has it loaded anew; the code may have been here too.
            self.modules.pop(name, None)
            del sys.modules[unique]
            raise
        finally:
            spec._initializing = False  # type: ignore[attr-defined]
        # Not `module`: it may have put another one in its own place.
        return self.modules[name]

    def prepare(self, module: ModuleType, spec: ModuleSpec) -> ModuleType:
        """Give a module the names that its code finds there when it begins."""
        # The name alone bears the world's mark: relative imports start from the
        # package, and ask for plain names.
        own = module.__dict__
        own["__name__"] = ModuleName(f"{spec.name}@{self._key}")
        own["__package__"] = spec.parent
        own["__spec__"] = spec
        own["__loader__"] = spec.loader
        own["__builtins__"] = self.builtins
        own["__file__"] = spec.origin
        if spec.submodule_search_locations is not None:
            own["__path__"] = spec.submodule_search_locations
        return module


def precompile(path: Path, compiler: Compiler = compile_plain) -> None:
    """Compile a file, so that processes forked from this one need not."""
    _compile_file(str(path), compiler)


def _locate(roots: Sequence[str], name: str) -> tuple[str, bool] | None:
    path = name.replace(".", "/")
    for root in roots:
        base = f"{root}/{path}"
        # As Python has it: of a package and a module of one name, the package.
        if isfile(f"{base}/__init__.py"):
            return f"{base}/__init__.py", True
        if isfile(f"{base}.py"):
            return f"{base}.py", False
    # A folder without `__init__.py` counts only where no root has a file.
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
