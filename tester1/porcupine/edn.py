"""Event logs as EDN maps, one a line, as Jepsen and Porcupine's test data have them.

::

    {:process 0, :type :invoke, :f :append, :key "3", :value "x"}
    {:process 0, :type :ok, :f :append, :key "3", :value "x"}

``:type`` is ``:invoke``, ``:ok`` (it happened), ``:fail`` (it did not) or ``:info``
(nobody knows). For the model kv-append ``:f`` is ``:get``, ``:put`` or ``:append``,
with a ``:key``; the ``:value`` of an ``:ok :get`` is what was read. For the model
register it is ``:read``, ``:write`` or ``:cas``, whose value is ``[expected new]``,
and ``nil`` is a register that was never written. Other entries of a map do not
matter. A line's number is its time.

Of EDN, lines may hold maps, vectors, strings, whole numbers, keywords, ``nil``,
``true`` and ``false``. Keywords become strings that begin with a colon, vectors
become tuples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from tester1.porcupine.model import Operation
from tester1.porcupine.reading import BadLineError, EventLog, EventModel, LoggedEvent

_TOKEN = re.compile(
    r'[\s,]*(?:([{}\[\]])|("(?:[^"\\]|\\.)*")|([^\s,{}\[\]"]+)|([^\s,]))'
)
_CLOSING = {"{": "}", "[": "]"}
_NAMED = {"nil": None, "true": True, "false": False}


def parse_forms(text: str) -> tuple[Any, ...]:
    """Return the values that a text holds, one after the other.

    Raises:
        BadLineError: the text is not EDN.
    """
    return _forms(_TOKEN.finditer(text), closing="")


def _forms(tokens: Iterator[re.Match[str]], closing: str) -> tuple[Any, ...]:
    forms: list[Any] = []
    for token in tokens:
        bracket, string, atom, junk = token.groups()
        if junk:
            raise BadLineError(f"{junk} in column {token.start(4) + 1} is never closed")
        if bracket in _CLOSING:
            inner = _forms(tokens, _CLOSING[bracket])
            forms.append(_map(inner) if bracket == "{" else inner)
        elif bracket:
            if bracket != closing:
                raise BadLineError(f"{bracket} in column {token.start(1) + 1} is stray")
            return tuple(forms)
        elif string:
            forms.append(_string(string))
        elif atom:
            forms.append(_atom(atom))
    if closing:
        raise BadLineError(f"the line ends before its {closing}")
    return tuple(forms)


def _map(forms: tuple[Any, ...]) -> dict[Any, Any]:
    if len(forms) % 2:
        raise BadLineError("a map has a key without a value")
    return dict(zip(forms[::2], forms[1::2], strict=True))


def _string(token: str) -> str:
    try:
        return msgspec.json.decode(token, type=str)
    except msgspec.DecodeError as error:
        raise BadLineError(f"{token} is not a string: {error}") from None


def _atom(token: str) -> Any:
    if token in _NAMED:
        return _NAMED[token]
    if token.startswith(":"):
        return token
    try:
        return int(token)
    except ValueError:
        raise BadLineError(f"{token} is no value that is known here") from None


class EdnReader:
    """Reads event logs as EDN maps."""

    def __init__(self, model: EventModel) -> None:
        self._log = EventLog(model)

    def read_line(self, text: str, line: int) -> None:
        """Take one event.

        Raises:
            BadLineError: it cannot be read.
        """
        forms = parse_forms(text)
        if len(forms) != 1 or not isinstance(forms[0], dict):
            raise BadLineError("a line holds one map")
        entries = forms[0]
        missing = {":process", ":type", ":f", ":value"}.difference(entries)
        if missing:
            raise BadLineError(f"the map has no {min(missing)}")
        event = LoggedEvent(
            process_number(entries[":process"]),
            keyword(entries[":type"]),
            keyword(entries[":f"]),
            entries[":value"],
            str(entries.get(":key", "")),
        )
        self._log.take(event, line)

    def operations(self) -> list[Operation]:
        """Return all operations, once every line has been taken."""
        return self._log.operations()


def process_number(value: Any) -> int:
    """Return the number of a process.

    Raises:
        BadLineError: it is not a number.
    """
    if not isinstance(value, int):
        raise BadLineError(f"a process goes by a whole number, not {value!r}")
    return value


def keyword(value: Any) -> str:
    """Return the name of a keyword, without its colon.

    Raises:
        BadLineError: it is not a keyword.
    """
    if not isinstance(value, str) or not value.startswith(":"):
        raise BadLineError(f"a keyword like :ok belongs here, not {value!r}")
    return value[1:]
