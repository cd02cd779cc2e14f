"""What the page says of one fact at length: everything that is known of it, by name.

The page, which shows it, adds what all facts have: number, time, server and cause.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from labrpc.facts import Carrying
from labrt import Fact
from labrt.texts import harmless_lines

__all__ = ["details", "spelled"]

_OF_ALL: Final = {"kind", *Fact.__struct_fields__}
_SAID_BY_THE_LINE: Final = {"peer", "method", "call"}


def details(fact: Fact) -> str:
    """All that is known of a fact, name and value a line; empty if that is nothing."""
    return harmless_lines("\n".join(_lines(fact)))


def _lines(fact: Fact) -> Iterator[str]:
    lasting = fact.lasting()
    for name in type(fact).__struct_fields__:
        value = getattr(lasting, name)
        # Who deals with whom is what the arrow shows.
        unsaid = name in _OF_ALL or name in _SAID_BY_THE_LINE or value in (b"", "")
        if unsaid or value is None:
            continue
        if isinstance(fact, Carrying) and name == "contents":
            yield from _fields(value)
        else:
            yield f"{name}: {spelled(value)}"


def _fields(content: object) -> Iterator[str]:
    """The fields of a message, a line each."""
    if not isinstance(content, dict) or "" not in content:
        yield spelled(content)
        return
    yield str(content[""])
    for name, value in content.items():
        if name:
            yield f"  {name}: {spelled(value)}"


def spelled(value: object) -> str:
    """Plain data as a text, records in the manner of Python's."""
    if isinstance(value, dict):
        if "" in value:
            fields = [f"{name}={spelled(v)}" for name, v in value.items() if name]
            return f"{value['']}({', '.join(fields)})"
        items = [f"{spelled(k)}: {spelled(v)}" for k, v in value.items()]
        return f"{{{', '.join(items)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(spelled, value))}]"
    if isinstance(value, msgspec.Struct):
        return spelled(msgspec.to_builtins(value))
    return str(value)
