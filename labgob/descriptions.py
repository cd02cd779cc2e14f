"""What the types of messages look like, for whoever reads a message without the types.

A record travels as its tag and the values of its fields. Whoever has the class makes a
`Description` of it when its plan is made; with that, the tester can name every field of
what two servers say to each other, and runs no code of theirs to do so. A process sends
the descriptions of its types to the tester, which knows its own by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from msgspec.msgpack import Ext

from labgob.containers import DICT_CODE, FixedTuplePlan, ListPlan, TuplePlan
from labgob.dynamic import (
    FROZENSET_CODE,
    SET_CODE,
    TABLE_CODE,
    TUPLE_CODE,
    AnyPlan,
)
from labgob.plan import Plan
from labgob.records import RECORD_CODE, RecordPlan
from labgob.scalars import BIG_INT_CODE, ENUM_CODE, ScalarPlan
from labgob.unions import RecursivePlan, UnionPlan

__all__ = [
    "Description",
    "Field",
    "Shape",
    "add_description",
    "description_of",
    "descriptions",
    "header_of_record",
    "on_new_description",
    "plain",
    "tag_of",
]


class Shape(msgspec.Struct, frozen=True):
    """The type of a field, as far as a reader of the bytes has to know it.

    `kind` is `int`, `bool`, `str`, `bytes`, `float`, `None`, `any`, `list` (of the one
    item), `tuple` (of the items in turn), `union` (of one of the items), `record` (of
    that tag), or `other`.
    """

    kind: str
    items: tuple[Shape, ...] = ()
    tag: str = ""


class Field(msgspec.Struct, frozen=True):
    """A field of a record: its name and its type."""

    name: str
    shape: Shape


class Description(msgspec.Struct, frozen=True):
    """A record's tag, which names its class, and its fields as they travel."""

    tag: str
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.tag.partition(":")[0]


# A few strings for each class, whichever server it belongs to: equal classes of several
# servers have one tag, and nothing here holds on to a class.
_known: Final[dict[str, Description]] = {}
_listeners: Final[list[Callable[[Description], object]]] = []
_telling: Final = threading.RLock()


def describe(plan: Plan) -> None:
    """Take note of a record's type; of any other there is nothing to note."""
    if not isinstance(plan, RecordPlan):
        return
    with _telling:
        if plan.tag not in _known:
            fields = zip(plan.names, plan.children, strict=True)
            shapes = tuple(Field(name, _shape(child)) for name, child in fields)
            add_description(Description(plan.tag, shapes))


def add_description(description: Description) -> None:
    """Take note of a description, which may come from another process.

    The first of a tag stays.
    """
    # Whoever finds it known may rely on its having been told to all.
    with _telling:
        if description.tag not in _known:
            _known[description.tag] = description
            for listener in _listeners:
                listener(description)


def on_new_description(listener: Callable[[Description], object]) -> None:
    """Have `listener` called with all descriptions, those known already at once."""
    with _telling:
        for description in list(_known.values()):
            listener(description)
        _listeners.append(listener)


def description_of(tag: str) -> Description | None:
    """The description with that tag, None if there is none."""
    return _known.get(tag)


def descriptions() -> Iterator[Description]:
    """All that are known, in the order in which they became so."""
    return iter(list(_known.values()))


def tag_of(data: bytes) -> str:
    """The tag of the record that a message holds, empty if it holds none."""
    # msgspec finds where the items of the array end, and decodes nothing else.
    try:
        items = _RAW_ARRAY.decode(data)
        return _STRING.decode(items[0]) if items else ""
    except msgspec.MsgspecError:
        return ""


def header_of_record(body: bytes) -> tuple[str, int]:
    """The tag of a value that travels under its name, and where its body begins.

    The tag is empty if the class is not known.
    """
    end = 1 + body[0]
    name = body[1:end].decode(errors="replace")
    digits = f"{int.from_bytes(body[end : end + 2]):04x}"
    tag = f"{name.rpartition('.')[2]}:{digits}"
    if tag not in _known:
        # Registered under a name of its own; the digits are the class's in any case.
        alike = [known for known in _known if known.endswith(f":{digits}")]
        tag = alike[0] if len(alike) == 1 else ""
    return tag, end + 2


def plain(data: bytes) -> object:
    """What a message holds, as plain data: a record is a dict with its class first.

    Byte strings are told by their length. None if the bytes are no message.
    """
    try:
        value = _GENERIC.decode(data)
        if not isinstance(value, list):
            return _plain(value, _ANY)
        description = _known.get(value[0]) if value and type(value[0]) is str else None
        if description is None:
            return _plain(value[0] if len(value) == 1 else value, _ANY)
        return _record(description, value[1:])
    except (msgspec.MsgspecError, IndexError, RecursionError):
        return None


_MOST_OF_AN_INTEGER: Final = 256
_ANY: Final = Shape("any")
_RAW_ARRAY: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])
_STRING: Final = msgspec.msgpack.Decoder(str)
_GENERIC: Final = msgspec.msgpack.Decoder(ext_hook=Ext)


def _shape(plan: Plan) -> Shape:
    match plan:
        case RecursivePlan():
            return _shape(plan.children[0]) if plan.children else Shape("other")
        case RecordPlan():
            return Shape("record", tag=plan.tag)
        case ListPlan() | TuplePlan():
            return Shape("list", (_shape(plan.item),))
        case FixedTuplePlan():
            return Shape("tuple", tuple(map(_shape, plan.children)))
        case UnionPlan():
            return Shape("union", tuple(map(_shape, plan.children)))
        case AnyPlan():
            return _ANY
        case ScalarPlan():
            return Shape("None" if plan.wire is None else plan.kind.__name__)
    return Shape("other")


def _record(description: Description, values: list[Any]) -> dict[str, object]:
    fields = zip(description.fields, values, strict=False)
    return {
        "": description.name,
        **{field.name: _plain(value, field.shape) for field, value in fields},
    }


def _plain(value: object, shape: Shape) -> object:
    if isinstance(value, bytes):
        return f"<{len(value)} B>"
    if isinstance(value, Ext):
        return _extension(value)
    if isinstance(value, dict):
        return {str(_plain(k, _ANY)): _plain(v, _ANY) for k, v in value.items()}
    if not isinstance(value, list):
        return value
    if shape.kind == "union":
        fitting = [
            one for one in shape.items if one.kind in ("list", "tuple", "record")
        ]
        shape = fitting[0] if len(fitting) == 1 else _ANY
    if shape.kind == "record":
        description = _known.get(shape.tag)
        return (
            _plain(value, _ANY) if description is None else _record(description, value)
        )
    if shape.kind == "list":
        return [_plain(item, shape.items[0]) for item in value]
    if shape.kind == "tuple":
        items = zip(value, shape.items, strict=False)
        return [_plain(item, one) for item, one in items]
    return [_plain(item, _ANY) for item in value]


def _extension(ext: Ext) -> object:
    body = bytes(ext.data)
    if ext.code == BIG_INT_CODE:
        # Python writes no integer of more than some thousand digits as text.
        if len(body) > _MOST_OF_AN_INTEGER:
            return f"<integer of {len(body)} B>"
        return int.from_bytes(body, "big", signed=True)
    if ext.code in (TUPLE_CODE, SET_CODE, FROZENSET_CODE):
        return _plain(_GENERIC.decode(body), _ANY)
    if ext.code == DICT_CODE:
        keys, values = _GENERIC.decode(body)
        keys, values = _plain(keys, _ANY), _plain(values, _ANY)
        if isinstance(keys, list) and isinstance(values, list):
            return {str(key): value for key, value in zip(keys, values, strict=False)}
        return [keys, values]
    if ext.code in (RECORD_CODE, TABLE_CODE):
        tag, begin = header_of_record(body)
        value = _GENERIC.decode(body[begin:])
        description = _known.get(tag)
        if description is None:
            return _plain(value, _ANY)
        if ext.code == TABLE_CODE:
            return [_record(description, row) for row in value]
        return _record(description, value)
    if ext.code == ENUM_CODE:
        # The member's name, as text, behind the name and the digits of its class.
        return body[1 + body[0] + 2 :].decode(errors="replace")
    return f"<{len(body)} B>"
