"""Falls from the fast path to the exact one: what they come from, and how many.

A value or a message that the fast path is not made for (an integer beyond 64 bits, an
IntEnum's member in a field of type `int`), or that is wrong, is left to the exact path.
That costs nothing but time, so a fault that made the fast path give up too often would
show nowhere: falls are counted, and our own suites have to do without any.

What the exact path does by design is no fall: the first value of a class, which has no
plan yet, and types that have no fast path at all.
"""

from __future__ import annotations

from typing import Final

import msgspec

from labgob.errors import EncodeError, Misfit

# All that the fast path is known to raise. Anything else is a fault of ours, and is
# not to be hidden by a second try.
CANNOT_ENCODE: Final = (
    Misfit,
    EncodeError,  # a class without a plan, whose fields labgob does not carry
    OverflowError,  # msgspec's, for an integer beyond 64 bits
    UnicodeEncodeError,  # msgspec's, for half a surrogate pair
    BufferError,  # msgspec's, for a memoryview with gaps
    RecursionError,
)
CANNOT_DECODE: Final = (Misfit, msgspec.DecodeError)

_count = 0


def note_fall() -> None:
    """Count a fall."""
    global _count
    _count += 1


def fall_count() -> int:
    """How many falls there have been in this process."""
    return _count
