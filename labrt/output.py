"""The standard output of a world: whole lines, each handed on when it is complete."""

from __future__ import annotations

import io
from collections.abc import Callable


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
