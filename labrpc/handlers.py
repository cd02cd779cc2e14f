"""What a handler's `def` says, and how it is run on bytes.

A method of a service is remotely callable if it is public and reads

    def Method(self, args: ArgsType) -> ReplyType

A `Handler` is made at the first call of a method, so a service object may have
any other methods besides: one that is not fit to be called is an error only once
somebody calls it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from inspect import Parameter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from labgob import DecodeError, EncodeError, decode, encode
from labrpc.errors import (
    EncodingError,
    HandlerError,
    HandlerSignatureError,
    TypeMismatchError,
)
from labrpc.source import line_of_definition, line_of_raise, type_name
from labrt.texts import message_of, name_of

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_ADVICE = "write def {name}(self, args: ArgsType) -> ReplyType"


class Handler:
    """One remotely callable method: its function and the types of its two sides."""

    __slots__ = (
        "_args_type",
        "_function",
        "_reply_class",
        "_reply_type",
        "_title",
    )

    def __init__(self, title: str, function: Callable[..., object]) -> None:
        """Read the signature of a bound method.

        `title` is how error messages call it. Raises `HandlerSignatureError`.
        """
        self._title = title
        self._function = function
        self._args_type, self._reply_type = self._read_signature()
        self._reply_class = plain_class(self._reply_type)

    def run(self, data: bytes) -> bytes:
        """Decode the arguments, call the function, encode what it returns."""
        args = self._decode(data)
        try:
            reply = self._function(args)
        except Exception as error:  # a student's code may raise anything
            line = line_of_raise(error.__traceback__, self._function)
            raised = f"{name_of(error)}: {message_of(error)}"
            raise HandlerError(f"{self._title} raised {raised} (at {line})") from error
        # The usual case, by identity; subclasses and unions are looked at closer.
        if type(reply) is not self._reply_class:
            self._check_reply(reply)
        try:
            return encode(reply)
        except EncodeError as error:
            raise EncodingError(
                f"{self._title} ({self._line}) returned {type_name(type(reply))}, "
                f"which cannot be encoded: {error}"
            ) from error

    @property
    def _line(self) -> str:
        return line_of_definition(self._function)

    def _decode(self, data: bytes) -> object:
        try:
            return decode(data, self._args_type)
        except DecodeError as error:
            raise TypeMismatchError(
                f"{self._title} ({self._line}) takes arguments of type "
                f"{type_name(self._args_type)}, but its caller sent something else: "
                f"{error}"
            ) from error
        # Not the caller's mistake: the declared type is none that labgob carries.
        except EncodeError as error:
            raise self._wrong(
                f"takes arguments that cannot be sent: {error}"
            ) from error

    def _check_reply(self, reply: object) -> None:
        if self._reply_class is None:
            # A union, or `Any`: the caller's decoder judges it by the type that was
            # asked for. None alone would look like a lost message there.
            fits = reply is not None
        else:
            fits = isinstance(reply, self._reply_class)
        if not fits:
            hint = " (is a return missing?)" if reply is None else ""
            raise TypeMismatchError(
                f"{self._title} ({self._line}) returned "
                f"{'None' if reply is None else type_name(type(reply))} where its "
                f"definition says {type_name(self._reply_type)}{hint}"
            )

    def _read_signature(self) -> tuple[type, type]:
        """The types of the arguments and of the reply."""
        # First of all: from 3.14 on, a signature needs the annotations, too.
        hints = self._hints()
        # `self` is not among them: the function is a bound method.
        parameters = inspect.signature(self._function).parameters.values()
        if [one.kind in _POSITIONAL for one in parameters] != [True]:
            names = ", ".join(["self", *(one.name for one in parameters)])
            raise self._wrong(
                f"takes ({names}); a handler takes its arguments and returns its reply"
            )
        (parameter,) = parameters
        if parameter.name not in hints:
            raise self._wrong(f"does not say of what type {parameter.name!r} is")
        if "return" not in hints:
            raise self._wrong("does not say what type it returns")
        reply = hints["return"]
        # On the caller's side None means that nothing is known: a reply that can be
        # None could not be told from a lost one.
        if may_be_none(reply):
            raise self._wrong(
                "may return None, which its caller takes for a lost message"
            )
        return hints[parameter.name], reply

    def _hints(self) -> dict[str, type]:
        try:
            return get_type_hints(self._function)
        except Exception as error:  # an annotation is any expression of the student's
            raise self._wrong(
                f"has an annotation that cannot be resolved when it is called "
                f"({name_of(error)}: {message_of(error)})"
            ) from error

    def _wrong(self, problem: str) -> HandlerSignatureError:
        advice = _ADVICE.format(name=self._function.__name__)
        return HandlerSignatureError(
            f"{self._title} ({self._line}) {problem}; {advice}"
        )


def may_be_none(kind: object) -> bool:
    """Whether None is a value of a type."""
    if get_origin(kind) in (Union, UnionType):
        return NoneType in get_args(kind)
    return kind is NoneType


def plain_class(kind: object) -> type | None:
    """The class whose instances are all values of a type, None for unions."""
    # Since 3.11 `Any` is a class, but `isinstance` refuses it.
    if kind is Any:
        return None
    # The items of `list[int]` are checked by the encoder, not here.
    origin = get_origin(kind) or kind
    return origin if isinstance(origin, type) and origin is not UnionType else None
