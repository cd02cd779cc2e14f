"""What a process prints: counted, bounded, and harmless to whoever shows it.

The code under test chooses every byte. So there is an end to it (`BoundedPipe`), only
the last of it is kept (`Tail`, `Lines`), control characters are shown as what they are,
and a line begins with the time and the server wherever it is shown.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from labrt.texts import harmless

__all__ = ["BoundedPipe", "Lines", "Tail"]

LINE_LENGTH: Final = 2000
"""Where longer lines are broken, in bytes."""
LAST_LINES: Final = 12
"""How many lines a failure shows."""
LAST_WIDTH: Final = 160
"""How much of each, in characters."""
_CHUNK: Final = 1 << 16


class BoundedPipe:
    """The end to read from of a process's pipe, from which only so much is taken."""

    def __init__(self, file: int, most: int, feed: Callable[[bytes], None]) -> None:
        """Hand on to `feed` what comes out of the open `file`, up to `most` bytes."""
        # Whoever reads here has other processes to look after as well.
        os.set_blocking(file, False)
        self.file = file
        self.first_at: float | None = None
        """When the first of it came, on the monotonic clock."""
        self._left = most
        self._feed = feed

    @property
    def overflowed(self) -> bool:
        """Whether there was more than there may be."""
        return self._left < 0

    def read(self) -> bool:
        """Take what there is now; False once no more can come, or may.

        However fast the process writes, this ends: at the bound.
        """
        while not self.overflowed:
            try:
                data = os.read(self.file, _CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            if self.first_at is None:
                self.first_at = time.monotonic()
            # Before the count: a negative one would cut from the other end.
            self._feed(data[: self._left])
            self._left -= len(data)
        return False


class Tail:
    """Keeps the last bytes of what it is fed."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self.data = b""

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        self.data = (self.data + data)[-self._kept :]


class Lines:
    """Makes lines of the bytes that it is fed, and hands them on to `show`."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._partial = b""  # never longer than a line may be
        self._last: deque[str] = deque(maxlen=LAST_LINES)

    def feed(self, data: bytes) -> None:
        """Take bytes, and show the lines that they complete."""
        *lines, partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._add(line)
        # A program that never ends a line must not make the tester keep all of it.
        while len(partial) > LINE_LENGTH:
            self._line(partial[:LINE_LENGTH])
            partial = partial[LINE_LENGTH:]
        self._partial = partial

    def finish(self) -> None:
        """There is nothing more to come: what is left is a line, too."""
        if self._partial:
            self._line(self._partial)
            self._partial = b""

    def last(self) -> str:
        """The last lines, as the end of a failure's message; empty without any."""
        if not self._last:
            return ""
        return "\nits last output:" + "".join(f"\n  | {line}" for line in self._last)

    def _add(self, line: bytes) -> None:
        # An empty line is one, too.
        for start in range(0, max(len(line), 1), LINE_LENGTH):
            self._line(line[start : start + LINE_LENGTH])

    def _line(self, line: bytes) -> None:
        # A line is decoded by itself, so that bytes that are no text spoil no other.
        text = harmless(line.decode(errors="replace"))
        cut = text if len(text) <= LAST_WIDTH else f"{text[:LAST_WIDTH]}..."
        self._last.append(cut)
        self._show(text)
