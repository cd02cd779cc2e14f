"""Histories as JSON Lines: one operation a line, for every model.

::

    {"client": 1, "call": 0.25, "return": 0.5,
     "input": {"op": "put", "key": "x", "value": "a", "version": 0},
     "output": {"err": "OK"}}

(on one line). Times are numbers of any unit and size, or texts that hold one, and are
taken exactly (`figures`). An operation that never returned has `"return": null` and
no output; every other has both. Input and output by model:

- kv: `{"op": "get", "key": …}` and `{"value": …, "version": …, "err": …}`;
  `{"op": "put", "key": …, "value": …, "version": …}` and `{"err": …}`. `err`
  is OK, ErrNoKey, ErrVersion or ErrMaybe. An empty value, version 0 and OK may be
  left out.
- register: `{"op": "read"}` and `{"value": …}`; `{"op": "write", "value": …}`
  and `{}`; `{"op": "cas", "expected": …, "value": …}` and `{"ok": true}` or
  `{"ok": false}`. A value is a number, a text, or null for a register that was
  never written. An input may have a `key`, for histories of many registers.
- kv-append: `{"op": "get" | "put" | "append", "key": …, "value": …}`, and as
  output a text, what the get read (empty for the others).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from tester1.porcupine import looks
from tester1.porcupine.append import AppendInput
from tester1.porcupine.figures import MOST_EXPONENT, Figure, exact
from tester1.porcupine.kv_history import KvInput, KvOutput
from tester1.porcupine.model import NEVER, Operation, Time
from tester1.porcupine.reading import BadLineError, NoHistoryError
from tester1.porcupine.register import ABSENT, RegisterInput, RegisterOp, RegisterOutput

InputT = TypeVar("InputT")
OutputT = TypeVar("OutputT")


# Unknown fields are refused, here and below: most have a default, so that a misspelt
# one would count as left out.
class _Line(msgspec.Struct, Generic[InputT, OutputT], forbid_unknown_fields=True):
    client: int
    call: Any
    """A number, or a text that is one. Not `float`, which would round it."""
    input: InputT
    ret: Any = msgspec.field(name="return")
    output: OutputT | None = None


Content = Any
"""A number, a text or None; not typed so either, and `_held` refuses anything else."""


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

_NULL = b"null"


def read_jsonl(lines: Iterable[tuple[int, str]], model: str) -> list[Operation]:
    """The operations of numbered lines.

    Raises:
        BadLineError: a line cannot be read.
        NoHistoryError: the lines are JSON, but of something else.
    """
    # Numbers with a point come as `Decimal`, with all of their digits.
    decode = msgspec.json.Decoder(_LINES[model], float_hook=Decimal).decode
    operations: list[Operation] = []
    for number, text in lines:
        if not text.strip():
            continue
        try:
            operations.append(_operation(decode(text)))
        except ArithmeticError:
            raise BadLineError("a number has an absurd exponent", number) from None
        # msgspec's own errors are ValueErrors; so are those about its values here.
        except (ValueError, RecursionError) as error:
            # Only the first line can tell that the whole file is something else.
            if not operations:
                _check_history(text)
            raise BadLineError(str(error), number) from None
    return operations


def _check_history(text: str) -> None:
    """Raise an error if what cannot be read is not an operation at all."""
    fields = {"client", "call", "input", "return", "output"}
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        # JSON over several lines: the first one breaks off.
        if text.rstrip().endswith(("{", "[", ",")):
            raise NoHistoryError(looks.text(text)) from None
        return
    if not isinstance(value, dict) or fields.isdisjoint(value):
        raise NoHistoryError(looks.text(text))


def _operation(read: _Line[Any, Any]) -> Operation:
    call = _time("call", read.call)
    returned = read.ret is not None
    ret = _time("return", read.ret) if returned else NEVER
    if (read.output is None) == returned:
        raise ValueError(
            "an operation that returned has an output, and one that never did "
            '("return": null) has none'
        )
    if not call <= ret:
        raise ValueError(f"it returns at {ret}, before its call at {call}")
    return Operation(read.client, _given(read.input), _given(read.output), call, ret)


def _time(field: str, value: Any) -> Time:
    # Not `isinstance`: True is an int as well.
    if type(value) is int:
        return value
    if type(value) is Decimal and -MOST_EXPONENT <= value.adjusted() <= MOST_EXPONENT:
        return value
    # Programs whose numbers are floats write nanoseconds as texts.
    shown = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    try:
        return exact(shown)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None


def _given(value: Any) -> Any:
    """An input or output as its model has it."""
    if isinstance(value, _RegisterInput):
        return RegisterInput(
            value.op, _held(value.value), _held(value.expected), value.key
        )
    if isinstance(value, _RegisterOutput):
        return RegisterOutput(_held(value.value), value.ok)
    return value


def _held(content: Content) -> Any:
    if content is None:
        return ABSENT
    if isinstance(content, Decimal):
        return Figure(content)  # which is shown as it was written
    # True is an int to Python, and equal to 1.
    if isinstance(content, bool) or not isinstance(content, (int, str)):
        raise ValueError(f"a register holds a number or a text, not {content!r}")
    return content


def write_jsonl(path: Path, operations: Iterable[Operation]) -> None:
    """Write a history of the models kv, register or kv-append, to be read again.

    Raises:
        ValueError: a time is no number.
    """
    encode = msgspec.json.Encoder(enc_hook=_encode_figure).encode
    with path.open("wb") as file:
        for operation in operations:
            never = operation.ret == NEVER
            line = _Line(
                client=operation.client,
                call=_written_time(operation.call),
                input=_written(operation.input),
                ret=msgspec.Raw(_NULL) if never else _written_time(operation.ret),
                output=None if never else _written(operation.output),
            )
            file.write(encode(line) + b"\n")


def _written_time(time: Time) -> msgspec.Raw:
    # Nan is refused as well.
    if not -NEVER < time < NEVER:
        raise ValueError(f"{time} is no time that can be written to a file")
    # By itself msgspec writes a `Decimal` as a text.
    return msgspec.Raw(str(time).encode())


def _encode_figure(value: object) -> msgspec.Raw:
    if isinstance(value, Figure):
        return msgspec.Raw(str(value).encode())
    raise NotImplementedError


def _written(value: Any) -> Any:
    """An input or output as it goes into a file: the reverse of `_given`."""
    if isinstance(value, RegisterInput):
        return _RegisterInput(
            value.op, _content(value.value), _content(value.expected), value.key
        )
    if isinstance(value, RegisterOutput):
        return _RegisterOutput(_content(value.value), value.ok)
    return value


def _content(held: Any) -> Any:
    return None if held is ABSENT else held
