"""The standard streams of a world: its output line by line, and no input.

The text streams are Python's own, so that whatever a program does with them works
(`buffer`, `reconfigure`, `writelines`); only what takes the bytes is ours. It hands
on whole lines, each when it is complete, and the last one at the world's end.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NoReturn

from labrt.sim.refusals import no_input


class _Lines(io.BufferedIOBase):
    """Takes bytes and hands every complete line to a function, as text."""

    def __init__(self, name: str, write_line: Callable[[str], None]) -> None:
        self.name = name
        self.mode = "wb"
        self.encoding = "utf-8"
        self._write_line = write_line
        self._partial = b""

    def writable(self) -> bool:
        """Whether the stream can be written to: always."""
        return True

    def write(self, data: Any, /) -> int:
        """Take bytes and hand on the lines that they complete."""
        # Decoded line by line, since the bytes of a character may come in two parts.
        data = bytes(data)
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._hand_on(line)
        return len(data)

    def finish(self) -> None:
        """Hand on a last line that nobody has ended."""
        partial, self._partial = self._partial, b""
        if partial:
            self._hand_on(partial)

    def _hand_on(self, line: bytes) -> None:
        # Bytes that are no text are shown, not refused: a print must not fail here.
        self._write_line(line.decode(self.encoding, "backslashreplace"))


class WorldStream(io.TextIOWrapper):
    """`sys.stdout` or `sys.stderr` of a world."""

    def __init__(self, name: str, write_line: Callable[[str], None]) -> None:
        self._lines = _Lines(name, write_line)
        # As in a process: a character that cannot be encoded does not end a server.
        super().__init__(
            self._lines, "utf-8", "backslashreplace", "\n", line_buffering=True
        )

    @property
    def mode(self) -> str:
        """How the stream was opened, as if it were a file."""
        return "w"

    def reconfigure(self, **options: Any) -> None:
        """Change the encoding, or what happens to characters that it lacks."""
        super().reconfigure(**options)
        # What encodes and what decodes again must agree.
        self._lines.encoding = self.encoding

    def finish(self) -> None:
        """Hand on what was written and not yet shown, at the world's end."""
        if not self.closed:
            self.flush()
        self._lines.finish()

    def close(self) -> None:
        """Flush; the stream lives as long as its world, as a process's does."""
        if not self.closed:
            self.flush()


class NoInput(io.TextIOBase):
    """`sys.stdin` of a world, from which nothing can be read."""

    name = "<stdin>"
    mode = "r"
    encoding = "utf-8"
    errors = "strict"

    def readable(self) -> bool:
        """Whether this is a stream for reading: it is, though nothing can be read."""
        return True

    def fileno(self) -> NoReturn:
        """Refuse: a file number would lead to the tester's terminal."""
        raise io.UnsupportedOperation("fileno")

    read = no_input("sys.stdin.read")
    readline = no_input("sys.stdin.readline")
    readlines = no_input("sys.stdin.readlines")
    __next__ = no_input("sys.stdin.__next__")

    @property
    def buffer(self) -> NoInput:
        """The stream of bytes, from which nothing can be read either."""
        return self
