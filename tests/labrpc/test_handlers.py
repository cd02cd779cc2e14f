"""Which methods can be called, and what each mistake is answered with.

Every mistake fails the run at once, with an error that names server, method and a
line of source.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from contextlib import suppress

import pytest

from labrpc import (
    ClientEnd,
    EncodingError,
    HandlerError,
    HandlerSignatureError,
    LabrpcError,
    MakeNetwork,
    MakeServer,
    MakeService,
    TypeMismatchError,
    UnknownMethodError,
)
from labrt import RealRuntime, Runtime, SimRuntime
from tests.labrpc import services
from tests.labrpc.services import Args, Bad, Good, Opaque, OtherArgs, OtherReply, Reply


def call(
    method: str,
    args: object,
    reply_type: type = Reply,
    *,
    runtime: Runtime | None = None,
) -> object:
    """Call a method of a server that offers `Good` and `Bad`."""
    runtime = runtime or SimRuntime(seed=1)

    def main() -> object:
        net = MakeNetwork(runtime)
        end = net.MakeEnd("end")
        server = MakeServer(runtime)
        server.AddService(MakeService(Good()))
        server.AddService(MakeService(Bad()))
        net.AddServer("server-0-1", server)
        net.Connect("end", "server-0-1")
        net.Enable("end", True)
        return end.Call(method, args, reply_type)

    return runtime.run(main)


def refusal(
    kind: type[LabrpcError], method: str, args: object, reply_type: type = Reply
) -> str:
    """Make a call that fails the run with `kind` of error; return its message."""
    with pytest.raises(kind) as caught:
        call(method, args, reply_type)
    return str(caught.value)


def line_of(function: Callable[..., object], offset: int = 0) -> str:
    """`file:line` of a function, or of a line so far below its `def`."""
    _, first = inspect.getsourcelines(function)
    return f"{services.__file__}:{first + offset}"


@pytest.mark.parametrize("method", ["Plain", "Decorated", "Static", "OfClass"])
def test_ways_to_define_a_handler(method: str) -> None:
    """A handler may be decorated, and need no object."""
    assert call(f"Good.{method}", Args(4)) == Reply(4)


def test_handlers_of_other_types() -> None:
    """Arguments and replies need not be records."""
    assert call("Good.Generic", [1, 2], dict[str, int]) == {"count": 2}
    assert call("Good.Either", "text", str) == "text"
    assert call("Good.Either", 5, int) == 5
    assert call("Good.Nothing", None, int) == 1
    assert call("Good.Anything", [1, "text"], list) == [1, "text"]


def test_an_end_over_a_server_itself() -> None:
    """The same calls work past the network, straight to a server."""
    runtime = SimRuntime(seed=1)

    def main() -> Reply | None:
        server = MakeServer(runtime)
        server.AddService(MakeService(Good(), "Short"))
        end = ClientEnd(runtime, "direct", server.dispatch)
        return end.Call("Short.Plain", Args(2), Reply)

    assert runtime.run(main) == Reply(2)


def test_a_mistake_counts_even_if_the_caller_hides_it() -> None:
    """Catching the exception of a wrong call does not save the run."""
    runtime = SimRuntime(seed=1)

    def main() -> None:
        server = MakeServer(runtime, name="server-0-1")
        end = ClientEnd(runtime, "direct", server.dispatch)
        with suppress(EncodingError):
            end.Call("Good.Plain", Opaque(), Reply)

    with pytest.raises(EncodingError):
        runtime.run(main)


def test_unknown_service() -> None:
    """The error lists the services that there are."""
    assert refusal(UnknownMethodError, "Raft.RequestVote", Args()) == (
        "server-0-1: a call of 'Raft.RequestVote', but there is no service 'Raft'; "
        "the services are Bad, Good"
    )


def test_a_method_without_a_service() -> None:
    """The name is split at its last dot, and needs one."""
    assert "no service ''" in refusal(UnknownMethodError, "Plain", Args())
    assert "no service 'Good.Plain'" in refusal(
        UnknownMethodError, "Good.Plain.Plain", Args()
    )


@pytest.mark.parametrize(
    "method", ["Plane", "_Private", "Property", "Constant", "Class", ""]
)
def test_unknown_method(method: str) -> None:
    """The error lists the methods that can be called, without touching properties."""
    assert refusal(UnknownMethodError, f"Good.{method}", Args()) == (
        f"server-0-1: a call of 'Good.{method}', but Good has no method {method!r}; "
        "its remotely callable methods are Anything, Decorated, Either, Generic, "
        "Nothing, OfClass, Plain, Static"
    )


@pytest.mark.parametrize(
    ("method", "problem"),
    [
        (Bad.TwoArguments, "takes (self, args, reply); a handler takes its arguments"),
        (Bad.NoArguments, "takes (self); a handler takes its arguments and returns"),
        (Bad.Starred, "takes (self, args); a handler takes its arguments and returns"),
        (Bad.NoArgsType, "does not say of what type 'args' is"),
        (Bad.NoReplyType, "does not say what type it returns"),
        (Bad.ReturnsNone, "may return None, which its caller takes for a lost message"),
        (Bad.MayReturnNone, "may return None, which its caller takes for a lost"),
        (Bad.Unresolved, "has an annotation that cannot be resolved when it is called"),
    ],
)
def test_signature_mistakes(method: Callable[..., object], problem: str) -> None:
    """The error shows the line of the `def` and what to write instead."""
    name = method.__name__
    message = refusal(HandlerSignatureError, f"Bad.{name}", Args())
    start = f"server-0-1: handler Bad.{name} ({line_of(method)}) {problem}"
    assert message.startswith(start)
    assert message.endswith(f"write def {name}(self, args: ArgsType) -> ReplyType")


def test_arguments_of_another_class() -> None:
    """Two classes of one shape are two types; both sides are named."""
    message = refusal(TypeMismatchError, "Good.Plain", OtherArgs())
    assert message.startswith(
        f"server-0-1: handler Good.Plain ({line_of(Good.Plain)}) takes arguments of "
        "type Args, but its caller sent something else: "
    )
    assert "OtherArgs" in message


def test_plain_arguments_for_a_record() -> None:
    """Plain data does not pass for a record, nor a record for plain data."""
    message = refusal(TypeMismatchError, "Good.Plain", 5)
    assert "arguments of type Args, but its caller sent something else: " in message
    assert "int" in message
    message = refusal(TypeMismatchError, "Good.Generic", Args())
    assert "arguments of type list[int], but its caller sent something" in message
    message = refusal(TypeMismatchError, "Good.Generic", ["text"])
    assert "arguments of type list[int], but its caller sent something" in message


def test_arguments_that_no_message_can_hold() -> None:
    """A handler for a type that the codec does not carry is a mistake of its def."""
    message = refusal(HandlerSignatureError, "Bad.TakesOpaque", Args())
    assert "handler Bad.TakesOpaque" in message
    assert "takes arguments that cannot be sent: " in message


def test_a_missing_return() -> None:
    """Falling off the end of a handler is a mistake, not a lost message."""
    method = Bad.ForgetsReturn
    assert refusal(TypeMismatchError, "Bad.ForgetsReturn", Args()) == (
        f"server-0-1: handler Bad.ForgetsReturn ({line_of(method)}) returned None "
        "where its definition says Reply (is a return missing?)"
    )
    message = refusal(TypeMismatchError, "Bad.ReturnsNoneOfTwo", Args())
    assert "returned None where its definition says" in message


def test_a_return_value_of_another_class() -> None:
    """A handler returns what it declares."""
    message = refusal(TypeMismatchError, "Bad.ReturnsOther", Args())
    assert "returned OtherReply where its definition says Reply" in message


@pytest.mark.parametrize("asked", [OtherReply, str, Opaque])
def test_asking_for_another_reply(asked: type) -> None:
    """Caller and handler have to agree about the reply; the caller's line is shown."""
    message = refusal(TypeMismatchError, "Good.Plain", Args(), asked)
    assert re.match(
        r"call of Good\.Plain at .*test_handlers\.py:\d+ asks for a reply of type "
        rf"{asked.__name__}, but the handler's reply is not one: ",
        message,
    )


def test_arguments_that_cannot_be_sent() -> None:
    """The error shows the line of the call; the codec's reason is its cause."""
    with pytest.raises(EncodingError) as caught:
        call("Good.Plain", Opaque())
    message = str(caught.value)
    assert re.match(r"call of Good\.Plain at .*test_handlers\.py:\d+: ", message)
    assert "its arguments (Opaque) cannot be encoded" in message
    assert caught.value.__cause__ is not None


def test_a_reply_that_cannot_be_sent() -> None:
    """The error shows the line of the handler."""
    assert refusal(EncodingError, "Bad.ReturnsOpaque", Args()).startswith(
        f"server-0-1: handler Bad.ReturnsOpaque ({line_of(Bad.ReturnsOpaque)}) "
        "returned Opaque, which cannot be encoded: "
    )


def test_an_exception_in_a_handler() -> None:
    """The exception is the cause, traceback and all; the message has the line."""
    with pytest.raises(HandlerError) as caught:
        call("Bad.Raises", Args(7))
    assert str(caught.value) == (
        "server-0-1: handler Bad.Raises raised KeyError: 7 "
        f"(at {line_of(Bad.Raises, 3)})"
    )
    assert caught.value.programs == ("server-0-1",)
    cause = caught.value.__cause__
    assert isinstance(cause, KeyError)
    assert cause.__traceback__ is not None


def test_an_exception_in_a_library() -> None:
    """The line shown is the last one beside the handler, not the library's."""
    with pytest.raises(HandlerError) as caught:
        call("Bad.RaisesInLibrary", Args())
    assert line_of(Bad.RaisesInLibrary, 2) in str(caught.value)
    assert isinstance(caught.value.__cause__, json.JSONDecodeError)


@pytest.mark.parametrize("method", ["Bad.Raises", "Bad.TwoArguments", "Bad.No"])
def test_mistakes_fail_a_real_run_too(method: str) -> None:
    """On real threads main is interrupted while it waits for the reply."""
    with pytest.raises(LabrpcError, match="server-0-1") as caught:
        call(method, Args(7), runtime=RealRuntime(seed=1))
    assert caught.value.programs == ("server-0-1",)
