"""`pickle` for one world: what is written names modules as the code knows them.

A class of a world lives in a module whose name in the process ends with the world. A
pickle that bore that name could be read for as long as the world lives, which is
not what pickles are for. So a class or function is written as the call
`pkgutil.resolve_name("program:Entry")`, which any Python can read; and whatever a
pickle names, in this way or in the usual one, is looked up by the world's own import.

The work is done by the C pickler and unpickler, in an inner object: a program may
derive from `Pickler` and `Unpickler` and override their methods as ever, and its
`find_class` is asked for `("program", "Entry")`.
"""

from __future__ import annotations

import _pickle
import copyreg as real_copyreg
import io
import pickle as real
import sys
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Callable
from pkgutil import resolve_name
from types import FunctionType, ModuleType
from typing import Any, cast

from labrt.loading.importing import ImportSystem
from labrt.loading.modulenames import ModuleName, plain_name
from labrt.loading.rebinding import rebound_function

_RESOLVER = (resolve_name.__module__, resolve_name.__name__)


def make_module(imports: ImportSystem) -> ModuleType:
    """Make the `pickle` module of one world."""
    # Classes of each world's own: by them its programs' subclasses know their world.
    module = ModuleType("pickle", real.__doc__)
    pickler = type("Pickler", (_Pickler,), {"_imports": imports, **_IN_PICKLE})
    unpickler = type("Unpickler", (_Unpickler,), {"_imports": imports, **_IN_PICKLE})
    vars(module).update(
        vars(real),
        Pickler=pickler,
        Unpickler=unpickler,
        **_functions(pickler, unpickler),
    )
    return module


_IN_PICKLE = {"__module__": "pickle"}


def _functions(
    pickler: type[_Pickler], unpickler: type[_Unpickler]
) -> dict[str, Callable[..., Any]]:
    def dump(
        obj: object,
        file: Any,
        protocol: int | None = None,
        *,
        fix_imports: bool = True,
        buffer_callback: Any = None,
    ) -> None:
        options = {"fix_imports": fix_imports, "buffer_callback": buffer_callback}
        pickler(file, protocol, **options).dump(obj)

    def dumps(obj: object, protocol: int | None = None, **options: Any) -> bytes:
        file = io.BytesIO()
        dump(obj, file, protocol, **options)
        return file.getvalue()

    def load(file: Any, **options: Any) -> Any:
        return unpickler(file, **options).load()

    def loads(data: Any, /, **options: Any) -> Any:
        if isinstance(data, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        return load(io.BytesIO(data), **options)

    return {"dump": dump, "dumps": dumps, "load": load, "loads": loads}


class _Pickler:
    """What `pickle.Pickler` is in a world."""

    _imports: ImportSystem

    def __init__(self, file: Any, protocol: int | None = None, **options: Any) -> None:
        self._inner = inner = _InnerPickler(file, protocol, **options)
        inner.imports = self._imports
        # `__reduce_ex__` wants the number, and the C pickler does not tell it.
        inner.protocol = real.DEFAULT_PROTOCOL if protocol is None else protocol
        if inner.protocol < 0:
            inner.protocol = real.HIGHEST_PROTOCOL

    def dump(self, obj: object) -> None:
        """Write an object."""
        inner = self._inner
        # What a subclass or its owner adds is looked for as late as Python does.
        inner.override = getattr(self, "reducer_override", None)
        # Without a table the C pickler would take that of the process's `copyreg`.
        table = getattr(self, "dispatch_table", None)
        if table is None:
            table = self._imports.find("copyreg").dispatch_table
        inner.dispatch_table = table
        # Only where there is one: the C pickler calls it for every single object.
        if hasattr(self, "persistent_id"):
            # To mypy it is a method, which one does not assign.
            setattr(inner, "persistent_id", self.persistent_id)  # noqa: B010
        inner.dump(obj)

    def clear_memo(self) -> None:
        """Forget which objects were written already."""
        self._inner.clear_memo()

    @property
    def memo(self) -> Any:
        """The objects that were written already."""
        return self._inner.memo

    @memo.setter
    def memo(self, memo: Any) -> None:
        self._inner.memo = memo

    @property
    def fast(self) -> bool:
        """Whether nothing is remembered."""
        return bool(self._inner.fast)

    @fast.setter
    def fast(self, fast: bool) -> None:
        self._inner.fast = fast


class _InnerPickler(_pickle.Pickler):
    """The C pickler, which asks here about every object that is not built in."""

    imports: ImportSystem
    protocol: int
    override: Callable[[object], Any] | None = None

    def reducer_override(self, obj: Any) -> Any:
        """How to write an object; `NotImplemented` for the usual way."""
        if self.override is not None:
            reduced = self.override(obj)
            if reduced is not NotImplemented:
                return reduced
        kind = type(obj)
        if kind is FunctionType or issubclass(kind, type):
            return self._by_name(obj, obj.__qualname__)
        # The C pickler does the rest: it comes back here for the object's class.
        if type(kind.__module__) is not ModuleName or kind in self.dispatch_table:
            return NotImplemented
        if not _reduces_itself(kind):
            return NotImplemented
        reduced = obj.__reduce_ex__(self.protocol)
        # A string is the name of a global, which is in a module of this world.
        return self._by_name(obj, reduced) if isinstance(reduced, str) else reduced

    def _by_name(self, obj: Any, name: str) -> Any:
        """Write a global by the plain name of its module."""
        module = obj.__module__
        # What has no name that can be looked up is the C pickler's to refuse.
        if not isinstance(module, str) or "<locals>" in name:
            return NotImplemented
        plain = plain_name(module)
        # The process has it under that name: written as ever, and read anywhere.
        if plain == module and _attribute(sys.modules.get(module), name) is obj:
            return NotImplemented
        if _attribute(self._module(plain), name) is obj:
            return resolve_name, (f"{plain}:{name}",)
        if plain == module:
            return NotImplemented
        raise real.PicklingError(
            f"Can't pickle {obj!r}: it's not the same object as {plain}.{name}"
        )

    def _module(self, name: str) -> ModuleType | None:
        try:
            return self.imports.find(name)
        except ImportError:
            return None


class _Unpickler:
    """What `pickle.Unpickler` is in a world."""

    _imports: ImportSystem

    def __init__(self, file: Any, **options: Any) -> None:
        self._inner = inner = _InnerUnpickler(file, **options)
        inner.outer = self
        self._fix_imports = options.get("fix_imports", True)

    def load(self) -> Any:
        """Read the next object."""
        if hasattr(self, "persistent_load"):
            # As above.
            setattr(self._inner, "persistent_load", self.persistent_load)  # noqa: B010
        return self._inner.load()

    def find_class(self, module: str, name: str, /) -> Any:
        """The global of that name of a module of the world."""
        sys.audit("pickle.find_class", module, name)
        try:
            return self._find(module, name)
        except (ImportError, AttributeError):
            # Protocols below 3 use the names of Python 2 for what has moved since. Only
            # the inner object knows the protocol, so the name as it is comes first.
            moved = _moved(module, name) if self._fix_imports else (module, name)
            if moved == (module, name):
                raise
            return self._find(*moved)

    def _find(self, module_name: str, name: str) -> Any:
        module = self._imports.find(module_name)
        found = _attribute(module, name)
        if found is _ABSENT:
            raise AttributeError(f"Can't get attribute {name!r} on {module!r}")
        return found

    @property
    def memo(self) -> Any:
        """The objects that were read already."""
        return self._inner.memo

    @memo.setter
    def memo(self, memo: Any) -> None:
        self._inner.memo = memo


class _InnerUnpickler(_pickle.Unpickler):
    """The C unpickler, which has the outer one find what a pickle names."""

    outer: _Unpickler

    def find_class(self, module: str, name: str, /) -> Any:
        """The global of that name; for `resolve_name`, what does its work here."""
        if (module, name) == _RESOLVER:
            return self._resolve
        return self.outer.find_class(module, name)

    def _resolve(self, path: str) -> Any:
        module, _, name = path.partition(":")
        return self.outer.find_class(module, name)


def _reduces_itself(kind: type) -> bool:
    """Whether a class has its own idea of how its objects are written."""
    base: Any = object
    return (
        kind.__reduce__ is not base.__reduce__
        or kind.__reduce_ex__ is not base.__reduce_ex__
    )


_ABSENT: Any = object()


def _attribute(module: ModuleType | None, path: str) -> Any:
    """What a dotted name means in a module, `_ABSENT` if nothing."""
    found: Any = module
    for name in path.split("."):
        # What is absent has nothing that is called so, and stays absent.
        found = getattr(found, name, _ABSENT)
    return found


def _moved(module: str, name: str) -> tuple[str, str]:
    """The present names of what Python 2 had elsewhere."""
    moved: tuple[str, str] | None = NAME_MAPPING.get((module, name))
    return moved or (IMPORT_MAPPING.get(module, module), name)


def make_copyreg() -> ModuleType:
    """Make the `copyreg` of one world, with a table of its own."""
    module = ModuleType("copyreg", real_copyreg.__doc__)
    own = vars(module)
    own.update(vars(real_copyreg), dispatch_table={**real_copyreg.dispatch_table})
    # The function that registers finds the table among its globals.
    own["pickle"] = rebound_function(cast(FunctionType, real_copyreg.pickle), own)
    return module
