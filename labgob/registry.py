"""Which classes may travel inside an `Any` field, and under which name.

A name on the wire is looked up here and nowhere else: it is never imported, so bytes
can only ask for what this process has registered. Each simulated server has a registry
of its own, because each has its own copies of the classes; `use_registry_source` tells
labgob how to find the one that belongs to the running code.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from typing import Any, Final

from labgob.errors import EncodeError, type_name
from labgob.sets import FROZENSETS, SETS, SetKind, stand_in_of

# fmt: off
_BUILTIN: Final = frozenset(
    (
        bool, int, float, str, bytes, type(None), list, dict, tuple,
    )
)
# fmt: on
MAX_NAME_BYTES: Final = 255  # the length of a name on the wire is one byte


def wire_name(cls: type) -> str:
    """Module and qualified name; what follows an `@` in the module is left out.

    A module that is loaded once per server is called `raft1.raft@server-0-1#2`; all
    its copies share one wire name.
    """
    return f"{cls.__module__.partition('@')[0]}.{cls.__qualname__}"


def is_record(kind: object) -> bool:
    """Whether `kind` is a dataclass (the class, not an instance)."""
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


class Registry:
    """Names for classes, both ways. A name belongs to the class registered last.

    `ordered_sets`: whether the code that this belongs to, a simulated server's, has
    sets that keep an order.
    """

    def __init__(self, *, ordered_sets: bool = False) -> None:
        self.ordered_sets = ordered_sets
        self._class_of: dict[str, type] = {}
        self._name_of: dict[type, str] = {}
        # Kept by the codec for what it has looked up here; emptied on any change.
        # headers: what announces an instance of a class on the wire.
        # plans: the plan of the class that such a header announces.
        self.headers: dict[type, bytes] = {}
        self.plans: dict[bytes, Any] = {}

    def register(self, cls: type, name: str | None = None) -> None:
        """Let instances of `cls` (a dataclass or an enum) travel in `Any` fields.

        Plain data needs no registration; asking for it is accepted and does nothing.
        Raises EncodeError for any other class.
        """
        if cls in _BUILTIN or cls in SETS or cls in FROZENSETS:
            return
        if not is_record(cls) and not issubclass(cls, enum.Enum):
            raise EncodeError(
                f"{type_name(cls)} is neither a dataclass nor an enum, so it cannot be "
                "registered: decorate it with @dataclass"
            )
        name = name or wire_name(cls)
        if len(name.encode()) > MAX_NAME_BYTES:
            raise EncodeError(f"the name {name[:40]!r}... is over 255 bytes long")
        self.headers.clear()
        self.plans.clear()
        self._forget(self._class_of.get(name))
        self._forget(cls)
        self._class_of[name] = cls
        self._name_of[cls] = name

    def _forget(self, cls: type | None) -> None:
        if cls is not None and cls in self._name_of:
            del self._class_of[self._name_of.pop(cls)]

    def class_of(self, name: str) -> type | None:
        """The class registered under `name`."""
        return self._class_of.get(name)

    def name_of(self, cls: type) -> str | None:
        """The name `cls` is registered under."""
        return self._name_of.get(cls)

    def classes(self) -> tuple[type, ...]:
        """All registered classes, in the order of their registration."""
        return tuple(self._name_of)


_default = Registry()


def _default_source() -> Registry:
    return _default


_source: Callable[[], Registry] = _default_source


def use_registry_source(source: Callable[[], Registry] | None) -> None:
    """Have `source` say which registry is the current one; None: one for all."""
    global _source
    _source = source or _default_source


def current_registry() -> Registry:
    """The registry that encoding, decoding and `Register` use now."""
    return _source()


def local_kind(kind: SetKind) -> SetKind:
    """What the running code knows a kind of set as.

    A class that came from outside, by way of `typing.Set` for instance, is Python's own
    in a simulated server too.
    """
    return stand_in_of(kind) if current_registry().ordered_sets else kind
