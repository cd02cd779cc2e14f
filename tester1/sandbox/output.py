"""What a program prints: whole lines, bounded, and harmless to whoever shows them.

The code under test chooses every byte. So control characters are shown as what they
are, a line begins with the time and the server wherever it is shown, and there is an
end to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from labrt.texts import harmless

__all__ = ["Output"]

LINE_LENGTH: Final = 2000
"""Where longer lines are broken, in bytes."""
LAST_LINES: Final = 12
"""How many lines a failure shows."""
LAST_WIDTH: Final = 160
"""How much of each, in characters."""


class Output:
    """Takes the bytes that a program prints and hands on its lines to `show`."""

    def __init__(self, show: Callable[[str], None], most: int) -> None:
        self._show = show
        self._left = most
        self._partial = b""
        self._last: deque[str] = deque(maxlen=LAST_LINES)

    def feed(self, data: bytes) -> bool:
        """Take bytes; False once there are more than may be."""
        data, self._left = data[: self._left], self._left - len(data)
        *lines, partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._add(line)
        while len(partial) > LINE_LENGTH:
            self._line(partial[:LINE_LENGTH])
            partial = partial[LINE_LENGTH:]
        self._partial = partial
        return self._left >= 0

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
        for start in range(0, max(len(line), 1), LINE_LENGTH):
            self._line(line[start : start + LINE_LENGTH])

    def _line(self, line: bytes) -> None:
        text = harmless(line.decode(errors="replace"))
        cut = text if len(text) <= LAST_WIDTH else f"{text[:LAST_WIDTH]}..."
        self._last.append(cut)
        self._show(text)
