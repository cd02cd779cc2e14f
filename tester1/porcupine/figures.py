"""Numbers exactly as files have them: no digit is lost on the way in, or out again.

A float has 53 bits. Unix nanoseconds take 61, so as floats two instants 100 ns apart
are one, and a read that is stale is concurrent. Rules that keep it honest:

- A whole number is an `int`, any other a `Decimal`; floats are never in between.
- Both compare exactly with one another, and with floats that come from elsewhere.
- What is printed is what was read.
"""

from __future__ import annotations

import re
from decimal import Decimal

MOST_CHARACTERS = 400
"""A number with more characters is a mistake; Python refuses whole ones of 4,300."""

MOST_EXPONENT = 999
"""Powers of ten beyond which a time is a mistake, and reckoning with it takes long."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?")


class Figure(Decimal):
    """A number that is written with a point or an exponent."""

    __slots__ = ()

    # Operations show the values that they carry by `repr`.
    def __repr__(self) -> str:
        return str(self)


def exact(text: str) -> int | Figure:
    """The number that a text is.

    Raises:
        ValueError: it is none, or a monstrous one.
    """
    number = _NUMBER.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    if number:
        return int(text) if number.lastindex is None else Figure(text)
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    raise ValueError(f"{shown} is no number, or none of a size that is known here")
