"""What a file looks like that is no history: the first thing to say about it.

Only the beginning of a file is looked at. Everything here is a guess, and only ever
goes into a message: whether a file *is* a history is not decided here.
"""

from __future__ import annotations

import codecs
import re

import msgspec

_BYTES = (
    (codecs.BOM_UTF32_LE, "text in UTF-32: save it as UTF-8"),
    (codecs.BOM_UTF32_BE, "text in UTF-32: save it as UTF-8"),
    (codecs.BOM_UTF16_LE, "text in UTF-16: save it as UTF-8"),
    (codecs.BOM_UTF16_BE, "text in UTF-16: save it as UTF-8"),
    (b"\x1f\x8b", "a file packed by gzip: unpack it first (gunzip)"),
    (b"BZh", "a file packed by bzip2: unpack it first (bunzip2)"),
    (b"\xfd7zXZ\0", "a file packed by xz: unpack it first (unxz)"),
    (b"\x28\xb5\x2f\xfd", "a file packed by zstd: unpack it first (unzstd)"),
    (b"PK\x03\x04", "a zip archive: unpack it first (unzip)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "an SQLite database"),
)
_UTF16 = re.compile(rb"(?:[\t\n\r\x20-\x7e]\0){4}|(?:\0[\t\n\r\x20-\x7e]){4}")
_TEXTS = (
    (r"(?is)\s*<(?:!doctype\s+html|html)\b", "an HTML page"),
    (r"\s*<", "XML"),
    (r"#!", "a script"),
    (
        r"(?m)(?:from [\w.]+ import |import [\w.]+|def \w+\(|class \w+|package \w+"
        r"|#include\b|func \w+\(|\(ns |\(defn? |public class )",
        "source code",
    ),
    (r"[^\n,]+,[^\n,]+,[^\n]*\n", "a table (CSV)"),
)
_JSON = re.compile(r'[\[{]\s*(?:["\[{\]}\d-]|true|false|null|$)')
SHOWN_CHARACTERS = 40
"""Characters that are shown of a text that looks like nothing in particular."""


def binary(head: bytes) -> str | None:
    """What a file is that begins with bytes which no text has, if it is so."""
    for magic, name in _BYTES:
        if head.startswith(magic):
            return name
    if b"\0" not in head:
        return None
    if _UTF16.search(head):
        return "text in UTF-16: save it as UTF-8"
    return "binary data"


def text(head: str) -> str:
    """What a text looks like that is in none of the formats."""
    first = head.lstrip()
    if not first:
        return "an empty file"
    if _JSON.match(first):
        return (
            json_value(first) or "JSON over several lines: give each operation one line"
        )
    for pattern, name in _TEXTS:
        # Source code may begin with a comment or a docstring, the others may not.
        found = re.search if name == "source code" else re.match
        if found(pattern, head):
            return name
    # The last character may be cut off in the middle, where the beginning ends.
    if "\ufffd" in first[:-1]:
        return "text that is not in UTF-8: save it as UTF-8"
    line = first.splitlines()[0]
    shown = line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"
    return f"a text that begins with {shown!r}"


def json_value(line: str) -> str | None:
    """What JSON in one line holds, if it is JSON."""
    try:
        value = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        names = ", ".join(list(value)[:6]) or "no fields"
        return f"JSON, of something with {names}"
    return "a JSON array: give each operation a line of its own"
