"""Text of code under test, made safe to write anywhere.

What a solution prints, raises or names is chosen by the solution, and goes on to files,
pipes, terminals, JSON, HTML and XML. All of it passes through here first:

- `harmless` and `harmless_lines` leave nothing in a text but characters that every
  place can show: no controls, no escape sequences, no lone surrogates;
- `message_of` and `name_of` ask an exception what it says. An exception is code of
  the solution too: asking may raise, and an answer may have any length;
- `without_addresses` leaves out what differs from run to run: `<Peer at 0x7f3a…>`
  becomes `<Peer at 0x…>`. Addresses are not numbered instead, since an address is
  given away again, and when that happens is chance.

Nothing here raises, whatever it is given: it runs where a failure is being told.
"""

from __future__ import annotations

import re
from typing import Final

MOST_MESSAGE: Final = 20_000
"""How many characters of a message are kept: more than anybody reads, few enough to
be copied into every report."""

# No number that a world's `id` gives has as many digits.
_ADDRESS: Final = re.compile(r"\bat 0x[0-9A-Fa-f]{8,}")


def without_addresses(text: str) -> str:
    """Text with the addresses of objects left out."""
    # Most text holds none, and looking for this is much faster than the expression.
    return _ADDRESS.sub("at 0x…", text) if "at 0x" in text else text


def harmless(text: str) -> str:
    """A line in which nothing but its text is left."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == "\t" else ascii(one)[1:-1] for one in text
    )


def harmless_lines(text: str) -> str:
    """A text of several lines, each of them harmless."""
    return "\n".join(map(harmless, text.split("\n")))


def message_of(error: BaseException) -> str:
    """What an exception says, safe to show; empty if it says nothing."""
    try:
        text = str(error)
    except BaseException as failure:
        # Whoever presses Ctrl-C does so at any moment, this one included.
        if isinstance(failure, KeyboardInterrupt):
            raise
        return f"<its message cannot be had: str() raised {name_of(failure)}>"
    return _bounded(text)


def name_of(error: BaseException) -> str:
    """The name of an exception's class, safe to show."""
    # The plain attribute of the type: a metaclass can put anything in its place.
    name: str = type.__dict__["__name__"].__get__(type(error))
    return harmless(name[:200])


def notes_of(error: BaseException) -> list[str]:
    """The notes that were added to an exception, safe to show."""
    # Not the attribute by its name: a class may put a property of its own there.
    notes = vars(error).get("__notes__") if hasattr(error, "__dict__") else None
    if not isinstance(notes, list):
        return []
    return [_bounded(note) for note in notes if isinstance(note, str)]


def _bounded(text: str) -> str:
    # A class derived from str may do anything; this is its plain text.
    text = str.__str__(text)
    missing = len(text) - MOST_MESSAGE
    if missing > 0:
        text = f"{text[:MOST_MESSAGE]} ... and {missing:,} more characters"
    return harmless_lines(text)
