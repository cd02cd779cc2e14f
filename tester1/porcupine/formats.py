"""Reading histories from files: which formats there are, and who reads them.

========= ========================================= =======================
model     formats                                   modules
========= ========================================= =======================
kv        JSON Lines                                `jsonl`
register  JSON Lines, Jepsen's log, EDN maps        `jsonl`, `jepsen`, `edn`
kv-append JSON Lines, EDN maps                      `jsonl`, `edn`
========= ========================================= =======================

The first line that is not empty tells the format. A line that cannot be read ends
the reading with an error that names it; nothing is guessed and nothing skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tester1.porcupine.append import AppendModel
from tester1.porcupine.edn import EdnReader
from tester1.porcupine.event_models import AppendEvents, RegisterEvents
from tester1.porcupine.jepsen import JepsenReader
from tester1.porcupine.jsonl import JsonLinesReader
from tester1.porcupine.kv import KvModel
from tester1.porcupine.model import AnyModel, Operation
from tester1.porcupine.reading import (
    BadLineError,
    EventModel,
    LineReader,
    UnreadableHistoryError,
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


def read_history(path: Path, model: str) -> list[Operation]:
    """Return the operations that a file holds.

    Raises:
        UnreadableHistoryError: a line cannot be read; the message names it.
        OSError: there is no such file, or it cannot be opened.
        ValueError: there is no such model.
    """
    if model not in MODELS:
        raise ValueError(f"there is no model {model!r}; choose {', '.join(MODELS)}")
    reader: LineReader | None = None
    number = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, start=1):
                if not text.strip():
                    continue
                if reader is None:
                    reader = _reader(text.strip(), model)
                reader.read_line(text, number)
    except BadLineError as error:
        raise UnreadableHistoryError(str(path), number, str(error)) from None
    except UnicodeDecodeError as error:
        raise UnreadableHistoryError(str(path), number + 1, str(error)) from None
    return reader.operations() if reader else []


def _reader(first: str, model: str) -> LineReader:
    """Return the reader of the format that a first line is in."""
    if first.startswith("{") and not first[1:].lstrip().startswith(":"):
        return JsonLinesReader(model)
    if model not in _EVENT_MODELS:
        raise BadLineError(f"a history of the model {model} is in JSON Lines")
    events = _EVENT_MODELS[model]()
    if first.startswith("{"):
        return EdnReader(events)
    if model == "register" and ":" in first:
        return JepsenReader(events)
    raise BadLineError(f"the line is in no format that the model {model} has")
