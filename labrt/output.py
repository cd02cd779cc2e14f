"""The standard output of a world: whole lines, each handed on when it is complete.

What a run prints, and the message of its failure, is the same every time. Addresses
are not: ``<Peer at 0x7f3a5c0b2d90>`` becomes ``<Peer at 0x…>``. They are not numbered
instead, since an address is given away again, and when that happens is chance.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Final

# No number that a world's `id` gives has as many digits.
_ADDRESS: Final = re.compile(r"\bat 0x[0-9A-Fa-f]{8,}")


def without_addresses(text: str) -> str:
    """Return text with the addresses of objects left out."""
    # Most text holds none, and looking for this is much faster than the expression.
    return _ADDRESS.sub("at 0x…", text) if "at 0x" in text else text


class WorldStream(io.TextIOBase):
    """A text stream that hands every complete line to a function."""

    def __init__(self, write_line: Callable[[str], None]) -> None:
        self._write_line = write_line
        self._partial = ""

    def writable(self) -> bool:
        """Say that the stream can be written to."""
        return True

    def write(self, text: str) -> int:
        """Take text and hand on the lines that it completes."""
        *lines, self._partial = (self._partial + text).split("\n")
        for line in lines:
            self._write_line(line)
        return len(text)
