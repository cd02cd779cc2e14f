"""Reading histories from files: which formats there are, and who reads them.

========= ========================================== ==============================
model     formats                                    modules
========= ========================================== ==============================
kv        JSON Lines                                 `jsonl`
register  JSON Lines, Jepsen's EDN, Jepsen's logs    `jsonl`, `jepsen`, `edn`
kv-append JSON Lines, Jepsen's EDN, Jepsen's logs    `jsonl`, `jepsen`, `edn`
========= ========================================== ==============================

The beginning of the file tells the format. What is in none of them is refused with
what it looks like (`looks`), and a line that cannot be read with its number; nothing
is guessed, and nothing that could be an operation is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BufferedReader, FileIO
from pathlib import Path

from tester1.porcupine import looks
from tester1.porcupine.append import AppendModel
from tester1.porcupine.event_models import AppendEvents, RegisterEvents
from tester1.porcupine.jepsen import edn_events, is_log, log_events
from tester1.porcupine.jsonl import read_jsonl
from tester1.porcupine.kv import KvModel
from tester1.porcupine.model import AnyModel, Operation
from tester1.porcupine.reading import (
    BadLineError,
    EventModel,
    NoHistoryError,
    UnreadableHistoryError,
    paired,
)
from tester1.porcupine.register import RegisterModel

MODELS: dict[str, Callable[[], AnyModel]] = {
    "kv": KvModel,
    "register": RegisterModel,
    "kv-append": AppendModel,
}
"""The models that histories in files can have, by name."""

_EVENT_MODELS: dict[str, Callable[[], EventModel]] = {
    "register": RegisterEvents,
    "kv-append": AppendEvents,
}

_HEAD_BYTES = 1 << 16
"""How much of a file tells its format. It is peeked at: the file may be a pipe."""

_MARK = "\ufeff"
"""The byte order mark, which Windows puts in front of UTF-8."""

_EDN_SPACE = r"(?:[\s,]|;[^\r\n]*)*"
_EDN_EVENT = rf"\{{{_EDN_SPACE}:|\#_|\#[\w./-]+\s*[\[({{]"
# An event, or a vector or list of them; comments may stand anywhere.
_EDN = re.compile(
    rf"{_EDN_SPACE}(?:{_EDN_EVENT}|[\[(]{_EDN_SPACE}(?:{_EDN_EVENT}|[\])]))"
)
_JSON = re.compile(r'\s*\{\s*"')


def read_history(path: Path, model: str) -> list[Operation]:
    """The operations that a file holds.

    Times are numbers as the file has them (`figures`), or positions in a log.

    Raises:
        UnreadableHistoryError: a line cannot be read, or the file is no history.
        OSError: there is no such file, or it cannot be opened.
        ValueError: there is no such model.
    """
    if model not in MODELS:
        raise ValueError(f"there is no model {model!r}; choose {', '.join(MODELS)}")
    try:
        with BufferedReader(FileIO(path), _HEAD_BYTES) as file:
            return _read(file, model)
    except BadLineError as error:
        raise UnreadableHistoryError(str(path), error.line, str(error)) from None
    except NoHistoryError as error:
        problem = f"this looks like {error}; {_expected(model)}"
        raise UnreadableHistoryError(str(path), None, problem) from None


def _read(file: BufferedReader[FileIO], model: str) -> list[Operation]:
    start = file.peek(_HEAD_BYTES)
    # Before anything is decoded: bytes with NULs are not worth a message about UTF-8.
    binary = looks.binary(start)
    if binary is not None:
        raise NoHistoryError(binary)
    head = start.decode(errors="replace").removeprefix(_MARK)
    # No text is of two formats: an object of JSON begins with a text in quotes, a map
    # of EDN here with a keyword, and a line of a log with neither.
    if _JSON.match(head):
        return read_jsonl(_lines(file), model)
    if is_log(head.lstrip()):
        return paired(log_events(_lines(file)), _event_model(model, "a log of Jepsen"))
    if _EDN.match(head):
        text = "\n".join(text for _, text in _lines(file))
        return paired(edn_events(text), _event_model(model, "EDN"))
    raise NoHistoryError(looks.text(head))


def _event_model(model: str, format: str) -> EventModel:
    if model not in _EVENT_MODELS:
        raise NoHistoryError(format)
    return _EVENT_MODELS[model]()


def _lines(file: BufferedReader[FileIO]) -> Iterator[tuple[int, str]]:
    """The lines of a file, numbered, without what ends them.

    Raises:
        BadLineError: a line is not UTF-8.
    """
    number = 0
    for ended in file:
        # Lines may end as on any system, also as on the oldest Macintosh.
        for line in ended.removesuffix(b"\n").removesuffix(b"\r").split(b"\r"):
            number += 1
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                problem = f"not text in UTF-8 ({error.reason} at byte {error.start})"
                raise BadLineError(problem, number) from None
            yield number, text.removeprefix(_MARK) if number == 1 else text


def _expected(model: str) -> str:
    """What a file of a model should be like."""
    formats = "JSON Lines, one operation a line"
    if model in _EVENT_MODELS:
        formats += ", Jepsen's EDN (a map an event), or a log of Jepsen"
    return f"a history of the model {model} is in {formats} (docs/command-line.md)"
