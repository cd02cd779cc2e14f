"""Numbers that come from a solution: terms, indices, versions.

In the course they have 64 bits. Python's have as many as one likes, and one of
thousands of digits cannot even be told: `str` refuses it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

__all__ = ["bounded", "excess"]

_MOST: Final = (1 << 63) - 1


def bounded(number: int) -> int:
    """The number, or the one of 64 bits that is nearest to it."""
    return max(-_MOST, min(_MOST, number))


def excess(reply: Any) -> str:
    """What is wrong with a record of which a field is a number of more than 64 bits."""
    for field in fields(reply):
        value = getattr(reply, field.name)
        if type(value) is int and bounded(value) != value:
            bits = value.bit_length()
            return f"a number of {bits} bits as {field.name}; 64 are the most"
    return ""
