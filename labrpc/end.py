"""The caller's side of a remote call."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar, cast

from labgob import DecodeError, EncodeError, decode, encode
from labrpc.dispatch import Dispatch
from labrpc.errors import EncodingError, LabrpcError, TypeMismatchError
from labrpc.source import line_of_caller, type_name
from labrt import Runtime

R = TypeVar("R")


class ClientEnd:
    """One end of a directed link to a server; many calls may be under way at once.

    `forward` is the asynchronous core: `Call` without encoding and without
    waiting. `Network.MakeEnd` makes ends that send through the network; an end
    over a server's own `dispatch` calls it directly, and an end over a socket's
    relay calls a server of another process.
    """

    __slots__ = ("_runtime", "forward", "name")

    def __init__(self, runtime: Runtime, name: Hashable, forward: Dispatch) -> None:
        self._runtime = runtime
        self.name = name
        self.forward = forward

    def Call(self, method: str, args: object, reply_type: type[R]) -> R | None:
        """Call `Service.Method` with a copy of `args` and wait for the reply.

        Returns the reply, or None if nothing is known: the request may not have
        arrived, or the handler ran and its reply was lost. There is no other time
        limit, and no need for one: None comes as soon as the server is gone.
        Mistakes in the types fail the run.
        """
        runtime = self._runtime
        try:
            data = encode(args)
        except EncodeError as error:
            raise self._fail(unencodable(method, args, error)) from error
        # Set by a timer, by a handler's task, or before `forward` has returned.
        future = runtime.future()
        self.forward(method, data, future.set)
        future.wait()
        if future.value is None:
            return None
        try:
            return decode(cast(bytes, future.value), reply_type)
        # An `EncodeError` when decoding: the type that was asked for is none that
        # labgob can carry, whatever the bytes are.
        except (DecodeError, EncodeError) as error:
            raise self._fail(wrong_reply(method, reply_type, error)) from error

    def _fail(self, error: LabrpcError) -> LabrpcError:
        world = self._runtime.current_world()
        if world is not None:
            error.programs = (world.name,)
        # The run fails even if the caller catches what is raised: the mistake is in
        # the program, and a retry would only repeat it.
        self._runtime.fail(error)
        return error


def unencodable(method: str, args: object, error: Exception) -> EncodingError:
    """The error for arguments that cannot be sent."""
    return EncodingError(
        f"call of {method} at {line_of_caller()}: "
        f"its arguments ({type_name(type(args))}) cannot be encoded: {error}"
    )


def wrong_reply(method: str, asked: object, error: Exception) -> TypeMismatchError:
    """The error for a reply that is not of the type that was asked for."""
    return TypeMismatchError(
        f"call of {method} at {line_of_caller()} asks for a reply of type "
        f"{type_name(asked)}, but the handler's reply is not one: {error}"
    )
