"""The two errors a caller of labgob sees, and the one that stays inside.

`EncodeError` is the caller's own mistake: a value that cannot be sent, or a type
that nothing can be decoded into. `DecodeError` is about the bytes: whatever they
hold, and whoever made them, this is the only exception that reading them raises.
"""

from __future__ import annotations

from typing import Final

_MAX_SHOWN: Final = 200  # characters


class EncodeError(TypeError):
    """A value or a type is not something labgob carries; the text names the field."""


class DecodeError(ValueError):
    """The bytes do not hold a value of the type asked for."""


class Misfit(Exception):
    """A value does not fit its declared type.

    The text is a sentence without its subject ("holds a str, but ..."). The record
    around it knows the field, puts that in front, and raises one of the public
    errors. On the fast path the text is dropped: there a misfit only means that
    the exact path has to decide.
    """


def type_name(kind: object) -> str:
    """A type as a user would write it."""
    if isinstance(kind, type):
        return "None" if kind is type(None) else kind.__qualname__
    return str(kind)


def shown(text: str) -> str:
    """Text that came over the wire, fit to be put into an error of one line."""
    return "".join(c if c.isprintable() else "?" for c in text[:_MAX_SHOWN])


def a(name: str) -> str:
    """`name` with its indefinite article."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
