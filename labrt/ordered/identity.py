"""`id`, `hash` and `repr` of one world: never an address, never a seed.

`id` counts the objects in the order in which they were first asked about. A number
stays with its object for as long as that lives and is not given away before: what can
be referred to weakly is, the rest is kept alive until it is seen that nobody else does.

`hash` depends on what an object holds, where equality does, and on its number
otherwise. It is what `hash(x)` says in world code. Dictionaries and sets go on with
the hashes of the process, which nobody sees: their order is that of insertion.

Both keep what Python promises: equal objects have equal hashes, for all that the
library makes equal; no two objects that live have one number; the exception for what
cannot be hashed is Python's own. And a `__hash__` may return what `hash` said.
"""

from __future__ import annotations

import builtins
import datetime
import gc
import hashlib
import re
import sys
import types
import weakref
from collections.abc import Callable
from dis import get_instructions
from functools import lru_cache
from types import FunctionType
from typing import Any, Final

from labrt.loading.modulenames import plain_name
from labrt.loading.rebinding import rebound_function

_real_id = builtins.id
_real_hash = builtins.hash
_real_repr = builtins.repr

# Numbers look like small addresses, which no real address is taken for.
_FIRST: Final = 0x10000
_STEP: Final = 0x10
_MANY_KEPT: Final = 4096

_Hash = Callable[[Any], int]


class Identities:
    """What one world has asked about: the numbers of its objects."""

    def __init__(self) -> None:
        self._next = _FIRST
        # By address: the number, and a weak reference or the object itself. What is
        # kept cannot die, so its address is its own; an entry of the other kind may
        # be left over from an object that had the address before.
        self._weakly: dict[int, tuple[int, weakref.ref[Any]]] = {}
        self._kept: dict[int, tuple[int, Any]] = {}
        self._kept_limit = _MANY_KEPT
        # By type, found out when it is first asked for: most worlds ask for none.
        self._hashes: dict[type, _Hash] = {}

    def id(self, thing: object, /) -> int:
        """An object's number."""
        address = _real_id(thing)
        kept = self._kept.get(address)
        if kept is not None:
            return kept[0]
        known = self._weakly.get(address)
        # In the finalizer of an object that a collection ends, weak references to it
        # are dead already, but the address is still its own.
        if known is not None and (known[1]() is thing or gc.is_finalized(thing)):
            return known[0]
        return self._register(thing, address)

    def _register(self, thing: object, address: int) -> int:
        number = self._next
        self._next += _STEP
        try:
            reference = weakref.ref(thing, self._forgetting(thing, address))
            self._weakly[address] = number, reference
        except TypeError:
            self._kept[address] = number, thing
            if len(self._kept) > self._kept_limit:
                self._drop_what_only_we_keep()
        return number

    def _forgetting(
        self, thing: object, address: int
    ) -> Callable[[weakref.ref[Any]], None] | None:
        if hasattr(type(thing), "__del__"):
            return None  # it may still ask for its number
        weakly = self._weakly

        def forget(reference: weakref.ref[Any]) -> None:
            # Another object may have the address, and its entry here, by now.
            if weakly.get(address, (0, None))[1] is reference:
                del weakly[address]

        return forget

    def _drop_what_only_we_keep(self) -> None:
        """Let objects go that nobody else refers to, so nobody can ask again."""
        self._kept = {
            address: entry
            for address, entry in self._kept.items()
            if sys.getrefcount(entry[1]) > _REFERENCES_OF_OURS
        }
        # Twice as many before the next look, or a world that holds on to many such
        # objects would have them all looked at with every new one.
        self._kept_limit = max(_MANY_KEPT, 2 * len(self._kept))

    def hash(self, thing: object, /) -> int:
        """An object's hash; raises what the real one raises."""
        kind = type(thing)
        known = self._hashes.get(kind)
        if known is None:
            known = self._hashes[kind] = self._hash_of(kind)
        return known(thing)

    def _hash_of(self, kind: type) -> _Hash:
        """How objects of a type are hashed, by where it has that from."""
        if kind in _BY_TYPE:
            return _BY_TYPE[kind](self)
        if any(_is_path(base) for base in kind.__mro__):
            return self._of_path
        # A class that says nothing of hashes has its method from one of these.
        method: Any = kind.__hash__
        for base, make in _BY_TYPE.items():
            if method is base.__hash__:
                return make(self)
        # In C and not in the table: numbers above all, whose hash is the same
        # everywhere. Or there is none, and the real one says so.
        if not isinstance(method, FunctionType):
            return _real_hash
        names = method.__globals__.get("__builtins__")
        if isinstance(names, dict) and names.get("hash") == self.hash:
            # The world's own, which comes to what it calls by itself.
            return _real_hash
        return self._of_library(method)

    def _of_library(self, method: FunctionType) -> _Hash:
        """Run a method that modules share with the process over this `hash`."""
        if any(step.opname == "STORE_ATTR" for step in get_instructions(method)):
            # What it remembers in the object, the process's dictionaries would find.
            return _real_hash
        names = {**vars(builtins), "hash": self.hash}
        ours = rebound_function(method, {**method.__globals__, "__builtins__": names})
        return lambda thing: _as_hash(ours(thing))

    def repr(self, thing: object, /) -> str:
        """An object's `repr`, with its number in place of its address."""
        text = _real_repr(thing)
        # Only its own address: whose the others are is not known here, and they are
        # left out where the text leaves the world.
        if " at 0x" in text:
            address = f" at {_real_id(thing):#x}"
            text = text.replace(address, f" at {self.id(thing):#x}")
        return text

    # Hashes by kind of object.

    def _of_parts(self, parts: tuple[Any, ...]) -> int:
        # A tuple of whole numbers has the same hash in every process.
        return _real_hash(tuple(map(self.hash, parts)))

    def _of_frozenset(self, items: frozenset[Any]) -> int:
        # Sorted, since equal sets may be in any order.
        return _real_hash(tuple(sorted(map(self.hash, items))))

    def _of_float(self, number: float) -> int:
        # NaN is equal to nothing: Python hashes it by its address.
        return self.id(number) if number != number else _real_hash(number)

    def _of_method(self, method: Any) -> int:
        # Bound methods are equal if they are of one object, the very same.
        function = getattr(method, "__func__", None) or method.__name__
        return self._of_parts((self.id(method.__self__), function))

    def _of_reference(self, reference: weakref.ref[Any]) -> int:
        thing = reference()
        return _real_hash(reference) if thing is None else self.hash(thing)

    def _of_path(self, path: object) -> int:
        # Windows's paths are equal whatever their case.
        text = str(path)
        return _text_hash(text.lower() if "Windows" in type(path).__name__ else text)

    def _of_alias(self, alias: types.GenericAlias) -> int:
        return self._of_parts((alias.__origin__, alias.__args__))

    def _of_view(self, view: memoryview) -> int:
        _real_hash(view)  # refuses what can be written to
        return _bytes_hash(view.tobytes())


def _is_path(kind: type) -> bool:
    # A path remembers its hash in itself, so its own method must not be used.
    return kind.__name__ == "PurePath" and plain_name(kind.__module__)[:7] == "pathlib"


# Of their arguments alone, so that all worlds can share what is remembered.
@lru_cache(maxsize=4096)
def _text_hash(text: str) -> int:
    return _digest(text.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=4096)
def _bytes_hash(data: bytes) -> int:
    return _digest(data)


def _digest(data: bytes) -> int:
    digest = hashlib.blake2b(data, digest_size=8).digest()
    return _as_hash(int.from_bytes(digest, "big", signed=True))


def _as_hash(number: int) -> int:
    """Make a hash of what a `__hash__` returns, as Python does."""
    if -(2**63) <= number < 2**63:
        return -2 if number == -1 else number  # -1 is no hash
    return _real_hash(number)


def _moment(moment: datetime.datetime | datetime.time) -> tuple[Any, ...]:
    """What a moment is equal by: its time, in UTC where it has a zone."""
    # Moments that differ in `fold` alone are equal.
    bare = moment.replace(tzinfo=None, fold=0)
    offset = moment.replace(fold=0).utcoffset()
    if isinstance(bare, datetime.time):
        bare = datetime.datetime.combine(datetime.date(1, 1, 2), bare)
    since = bare - datetime.datetime(1, 1, 1) - (offset or datetime.timedelta())
    return (since.days, since.seconds, since.microseconds)


def _range(numbers: range) -> tuple[Any, ...]:
    # Ranges are equal if they are as sequences: (0, 3, 2) and (0, 4, 2) are.
    size = len(numbers)
    return (size, numbers[0] if size else 0, numbers.step if size > 1 else 0)


def _constant(text: str) -> Callable[[Identities], _Hash]:
    return lambda _: lambda __: _text_hash(text)


def _parts(take: Callable[[Any], tuple[Any, ...]]) -> Callable[[Identities], _Hash]:
    return lambda identities: lambda thing: identities._of_parts(take(thing))


# How the objects of a type are hashed, and those of every type that has its `__hash__`
# from there.
_BY_TYPE: Final[dict[type, Callable[[Identities], _Hash]]] = {
    object: lambda identities: identities.id,
    str: lambda _: lambda text: _text_hash(str.__str__(text)),
    bytes: lambda _: lambda data: _bytes_hash(bytes(data)),
    float: lambda identities: identities._of_float,
    tuple: lambda identities: identities._of_parts,
    frozenset: lambda identities: identities._of_frozenset,
    type(None): _constant("None"),
    type(...): _constant("Ellipsis"),
    type(NotImplemented): _constant("NotImplemented"),
    types.MethodType: lambda identities: identities._of_method,
    types.BuiltinFunctionType: lambda identities: identities._of_method,
    types.MethodWrapperType: lambda identities: identities._of_method,
    weakref.ref: lambda identities: identities._of_reference,
    memoryview: lambda identities: identities._of_view,
    types.GenericAlias: lambda identities: identities._of_alias,
    types.UnionType: _parts(lambda union: (frozenset(union.__args__),)),
    types.CodeType: _parts(lambda code: (code.co_name, code.co_firstlineno)),
    re.Pattern: _parts(lambda pattern: (pattern.flags, pattern.pattern)),
    range: _parts(_range),
    datetime.datetime: _parts(_moment),
    datetime.time: _parts(_moment),
    datetime.date: _parts(lambda day: (day.toordinal(),)),
}


def _references_of_ours() -> int:
    """What `getrefcount` says of an object that only `_kept` refers to."""
    entry: tuple[int, list[None]] = 0, []
    return sys.getrefcount(entry[1])


_REFERENCES_OF_OURS: Final = _references_of_ours()
