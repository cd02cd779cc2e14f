"""Why a file is no Python source, in words that name the file, the line and the cure.

Python's compiler is handed bytes, and says of bytes that are no text little and without
the file. An editor that saves UTF-16, a copy that went wrong and a misspelt declaration
of the encoding are common enough to be told by name.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from collections.abc import Callable
from types import CodeType
from typing import Final

# The marks of UTF-32 begin as those of UTF-16 do, so they come first.
_MARKS: Final = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_DECLARATION: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=]")
_ADVICE: Final = "save it as UTF-8"
_LEAVE_OUT: Final = f"{_ADVICE} and leave that line out"


def compile_file(
    compiler: Callable[[bytes, str], CodeType], source: bytes, filename: str
) -> CodeType:
    """Compile a file's contents. Raises `SyntaxError` with the file and a line."""
    try:
        return compiler(source, filename)
    except (SyntaxError, ValueError) as error:
        # Which of the two it is for a NUL byte depends on the version of Python.
        found = _problem(source)
        if found is None and isinstance(error, SyntaxError) and error.filename:
            raise
        line, message = found or (1, str(error))
        raise _error(message, filename, line) from None
    except RecursionError:
        raise _error("is too deeply nested to be compiled", filename, 1) from None


def _error(message: str, filename: str, line: int) -> SyntaxError:
    return SyntaxError(message, (filename, line, None, None))


def _problem(source: bytes) -> tuple[int, str] | None:
    """The line that shows why a file is no text, and why; None if it is text."""
    for mark, name in _MARKS.items():
        if source.startswith(mark):
            return 1, f"the file is written in {name}; {_ADVICE}"
    nul = source.find(0)
    if nul >= 0:
        # UTF-16 without its mark: of English text every second byte is a NUL.
        if source.count(0) > len(source) // 3:
            return 1, f"the file looks like UTF-16 (it is full of NULs); {_ADVICE}"
        return _line_at(source, nul), "there is a NUL byte in the file; remove it"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        source.decode(encoding)
    except UnicodeDecodeError as error:
        byte = source[error.start]
        problem = f"the byte {byte:#04x} is not {encoding}; {_ADVICE}"
        return _line_at(source, error.start), problem
    except SyntaxError as error:
        return _declared_in(source), f"{error.msg}; {_LEAVE_OUT}"
    except LookupError:  # a codec that makes no text
        return _declared_in(source), f"unknown encoding: {encoding}; {_LEAVE_OUT}"
    return None


def _declared_in(source: bytes) -> int:
    """The line that declares the encoding: one of the first two may."""
    # That one of them does is known, from the complaint about it.
    first = source.split(b"\n", 1)[0].removeprefix(codecs.BOM_UTF8)
    return 1 if _DECLARATION.match(first) else 2


def _line_at(source: bytes, position: int) -> int:
    return source.count(b"\n", 0, position) + 1
