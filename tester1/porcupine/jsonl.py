"""Histories as JSON Lines: one operation a line, for every model.

::

    {"client": 1, "call": 0.25, "return": 0.5,
     "input": {"op": "put", "key": "x", "value": "a", "version": 0},
     "output": {"err": "OK"}}

(on one line). Times are numbers of any unit. An operation that never returned has
``"return": null`` and no output; every other has both. Input and output by model:

- kv: ``{"op": "get", "key": …}`` and ``{"value": …, "version": …, "err": …}``;
  ``{"op": "put", "key": …, "value": …, "version": …}`` and ``{"err": …}``. ``err``
  is OK, ErrNoKey, ErrVersion or ErrMaybe. An empty value, version 0 and OK may be
  left out.
- register: ``{"op": "read"}`` and ``{"value": …}``; ``{"op": "write", "value": …}``
  and ``{}``; ``{"op": "cas", "expected": …, "value": …}`` and ``{"ok": true}`` or
  ``{"ok": false}``. A value is a number, a text, or null for a register that was
  never written. An input may have a ``key``, for histories of many registers.
- kv-append: ``{"op": "get" | "put" | "append", "key": …, "value": …}``, and as
  output a text, what the get read (empty for the others).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from tester1.porcupine.append import AppendInput
from tester1.porcupine.kv_history import KvInput, KvOutput
from tester1.porcupine.model import NEVER, Operation
from tester1.porcupine.reading import BadLineError
from tester1.porcupine.register import ABSENT, RegisterInput, RegisterOp, RegisterOutput

InputT = TypeVar("InputT")
OutputT = TypeVar("OutputT")


class _Line(msgspec.Struct, Generic[InputT, OutputT], forbid_unknown_fields=True):
    client: int
    call: float
    input: InputT
    ret: float | None = msgspec.field(name="return")
    output: OutputT | None = None


Content = int | float | str | None


class _RegisterInput(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    op: RegisterOp
    value: Content = None
    expected: Content = None
    key: str = ""


class _RegisterOutput(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    value: Content = None
    ok: bool = True


_LINES: dict[str, Any] = {
    "kv": _Line[KvInput, KvOutput],
    "register": _Line[_RegisterInput, _RegisterOutput],
    "kv-append": _Line[AppendInput, str],
}


class JsonLinesReader:
    """Reads operations of one model."""

    def __init__(self, model: str) -> None:
        self._decode = msgspec.json.Decoder(_LINES[model]).decode
        self._operations: list[Operation] = []

    def read_line(self, text: str, line: int) -> None:
        """Take one operation.

        Raises:
            BadLineError: it cannot be read.
        """
        try:
            read = self._decode(text)
        except msgspec.DecodeError as error:
            raise BadLineError(str(error)) from None
        ret = NEVER if read.ret is None else read.ret
        if (read.output is None) != (read.ret is None):
            raise BadLineError(
                "an operation that returned has an output, and one that never did "
                '("return": null) has none'
            )
        if not read.call <= ret:
            raise BadLineError(f"it returns at {ret}, before its call at {read.call}")
        self._operations.append(
            Operation(
                read.client, _given(read.input), _given(read.output), read.call, ret
            )
        )

    def operations(self) -> list[Operation]:
        """Return all operations, once every line has been taken."""
        return self._operations


def _given(value: Any) -> Any:
    """Return an input or output as its model has it."""
    if isinstance(value, _RegisterInput):
        return RegisterInput(
            value.op, _held(value.value), _held(value.expected), value.key
        )
    if isinstance(value, _RegisterOutput):
        return RegisterOutput(_held(value.value), value.ok)
    return value


def _held(content: Content) -> Any:
    return ABSENT if content is None else content


def write_jsonl(path: Path, operations: Iterable[Operation]) -> None:
    """Write a history of the models kv, register or kv-append, to be read again."""
    with path.open("wb") as file:
        for operation in operations:
            line = _Line(
                client=operation.client,
                call=operation.call,
                input=_written(operation.input),
                ret=None if operation.ret == NEVER else operation.ret,
                output=None if operation.ret == NEVER else _written(operation.output),
            )
            file.write(msgspec.json.encode(line) + b"\n")


def _written(value: Any) -> Any:
    """Return an input or output as it goes into a file: the reverse of `_given`."""
    if isinstance(value, RegisterInput):
        return _RegisterInput(
            value.op, _content(value.value), _content(value.expected), value.key
        )
    if isinstance(value, RegisterOutput):
        return _RegisterOutput(_content(value.value), value.ok)
    return value


def _content(held: Any) -> Any:
    return None if held is ABSENT else held
