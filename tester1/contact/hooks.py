"""Hooks around the code under test in a program: what goes in and out there is told.

A service on top of a Raft has two seams that no message shows: what it asks its Raft
and hears on the apply channel, and what its RSM and its state machine are asked. The
hooks are put around the objects that `Make` and `MakeRSM` are given and return. Rules
that keep them honest:

- Nothing changes for the code under test: arguments, results by identity, exceptions
  and the names of methods are what they were. What cannot be hooked in that way (a
  method that is no plain function, a class that allows no change) is left alone.
- What is not of the types that the labs prescribe is not told. A hook never raises.
- Only the first RSM of a program is told of, and its Raft: what two tell could not be
  held apart.
- This module is shared by all programs. So it is no part of any world: no failure is
  said to have come from a line of it, and no preemption point lies in it.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import operator
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable
from types import FunctionType, MemberDescriptorType
from typing import Any, Final, TypeAlias

import labgob
from tester1.contact.services import Tell, TesterClient

__all__ = ["Hooks"]

_RAFT_MODULES: Final = "raft1."
_MOST_KEPT: Final = 256

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Makes of a method the one that takes its place."""

_Latest: TypeAlias = OrderedDict[int, tuple[object, bytes]]

_ReadPut: TypeAlias = Callable[[object, object], tuple[str, str, int, str] | None]
"""Reads the fields of a Put, and the error in its reply."""


class Hooks:
    """The hooks of one program; they say nothing until the tester listens.

    `channel` and `message` are the program's `ApplyChannel` and `ApplyMsg`, and
    `this_thread` says which of its threads runs.
    """

    def __init__(
        self, channel: type, message: type, this_thread: Callable[[], int]
    ) -> None:
        self._channel_class = channel
        self._message_class = message
        self._this_thread = this_thread
        self._tell: Tell = _nobody_listens
        self._listens = False
        self._keeps = False
        # What is told of: the first of each kind that was made.
        self._machine: object = None
        self._rsm: object = None
        self._raft: object = None
        self._channel: object = None
        self._calls = itertools.count(1)
        # By thread: the `Submit` that it is in.
        self._submits: dict[int, int] = {}
        # As messages, the latest commands and requests of its own, and the latest
        # replies that a Submit may wait for: by identity, with the values themselves,
        # so that no address is used twice.
        self._messages: _Latest = OrderedDict()
        self._replies: _Latest = OrderedDict()
        # By the types of a request and its reply, what takes the fields of a Put out of
        # them, None if it is none.
        self._puts: dict[tuple[type, type], _ReadPut | None] = {}

    def listen(self, tester: TesterClient) -> None:
        """Tell `tester`, if it listens, of what is made from here on."""
        self._tell, self._listens = tester.tell, tester.listens
        self._keeps = tester.keeps

    def put_around(self, namespace: dict[str, Any], name: str, wrap: Wrapper) -> None:
        """Replace a function by what `wrap` makes of it, where others import it from.

        That is a module's `namespace`, and the one of the module that defines it. What
        is not there, or is no plain function, is left alone.
        """
        make = namespace.get(name)
        if not isinstance(make, FunctionType):
            return
        wrapped = functools.wraps(make)(wrap(make))
        for names in (namespace, make.__globals__):
            for known in [key for key, value in names.items() if value is make]:
                names[known] = wrapped

    # The functions that make what is told of.

    def make_rsm(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """`MakeRSM`, with hooks around the state machine and the RSM."""

        def MakeRSM(*args: Any, **options: Any) -> Any:
            if not self._listens or self._machine is not None:
                return make(*args, **options)
            machine = _first_with("DoOp", (*args, *options.values()))
            # Before the RSM is made, which may restore a snapshot and perform commands
            # before that function returns.
            if machine is not None:
                self._machine = machine
                _hook(machine, "DoOp", self._do_op)
                _hook(machine, "Restore", self._restore)
            self._rsm = rsm = make(*args, **options)
            _hook(rsm, "Submit", self._submit)
            return rsm

        return MakeRSM

    def make_raft(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """`Make`, with hooks around the Raft and its apply channel."""

        def Make(*args: Any, **options: Any) -> Any:
            if not self._listens or self._raft is not None:
                return make(*args, **options)
            given = (*args, *options.values())
            channels = [one for one in given if isinstance(one, self._channel_class)]
            # Before the Raft is made, which may hand over commands at once.
            if channels:
                self._channel = channels[0]
                _hook(self._channel, "get", self._get)
            self._raft = raft = make(*args, **options)
            for name, hook in (
                ("Start", self._start),
                ("GetState", self._get_state),
                ("Snapshot", self._snapshot),
                ("Kill", self._kill),
            ):
                _hook(raft, name, hook)
            return raft

        return Make

    # The hooks of the RSM and of its state machine.

    def _submit(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def Submit(this: object, *args: Any, **options: Any) -> Any:
            thread = self._this_thread()
            # One that is called by another goes on with it.
            if this is not self._rsm or thread in self._submits:
                return method(this, *args, **options)
            call = self._submits[thread] = next(self._calls)
            self._tell("submit", call, self._asked(_first(args, options)))
            try:
                result = method(this, *args, **options)
            except Exception:
                self._tell("submitted", call, "", b"")
                raise
            finally:
                del self._submits[thread]
            self._submitted(call, result)
            return result

        return Submit

    def _submitted(self, call: int, result: object) -> None:
        err, data = "", b""
        if isinstance(result, tuple) and len(result) == 2:
            if isinstance(result[0], str):
                err = str(result[0])
            # As it was when it was made, whatever has been done to it since.
            known = self._replies.get(id(result[1]))
            data = _encoded(result[1]) if known is None else known[1]
        self._tell("submitted", call, err, data)

    def _do_op(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def DoOp(this: object, *args: Any, **options: Any) -> Any:
            reply = method(this, *args, **options)
            if this is self._machine:
                request = _first(args, options)
                # Where nobody waits, few words are enough.
                put = None if self._submits else self._put_in_brief(request, reply)
                if put is not None:
                    self._tell("put performed", *put)
                else:
                    self._tell("performed", self._handed_on(request), self._made(reply))
            return reply

        return DoOp

    def _restore(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def Restore(this: object, *args: Any, **options: Any) -> Any:
            result = method(this, *args, **options)
            if this is self._machine:
                self._tell("restored", _length(_first(args, options)))
            return result

        return Restore

    # The hooks of the Raft. It may call its own methods as it likes: what counts is
    # what it is asked from outside.

    def _start(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def Start(this: object, *args: Any, **options: Any) -> Any:
            result = method(this, *args, **options)
            if this is self._raft and _is_from_outside() and _is(result, _STARTED):
                call = self._submits.get(self._this_thread(), 0)
                self._tell("start", call, self._asked(_first(args, options)), *result)
            return result

        return Start

    def _get_state(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def GetState(this: object, *args: Any, **options: Any) -> Any:
            result = method(this, *args, **options)
            if this is self._raft and _is_from_outside() and _is(result, _STATE):
                self._tell("state", *result)
            return result

        return GetState

    def _snapshot(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def Snapshot(this: object, *args: Any, **options: Any) -> Any:
            # Before it is handed over, which may lead to messages at once.
            if this is self._raft and _is_from_outside():
                index, *rest = (*args, *options.values(), None)
                if type(index) is int:
                    self._tell("snapshot", index, _length(rest[0]))
            return method(this, *args, **options)

        return Snapshot

    def _kill(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def Kill(this: object, *args: Any, **options: Any) -> Any:
            # Before: it is called, and what follows may follow from it.
            if this is self._raft and _is_from_outside():
                self._tell("kill")
            return method(this, *args, **options)

        return Kill

    def _get(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def get(this: object, *args: Any, **options: Any) -> Any:
            message = method(this, *args, **options)
            if this is self._channel and isinstance(message, self._message_class):
                self._received(message)
            return message

        return get

    def _received(self, message: Any) -> None:
        if message.CommandValid:
            if type(message.CommandIndex) is int:
                # Where nobody waits, that something was applied says enough. Most
                # servers follow, and to encode all of it once more is what costs most.
                counts = bool(self._submits)
                told = counts or self._keeps
                data = self._handed_on(message.Command) if told else b""
                self._tell("applied", message.CommandIndex, data, counts)
        elif message.SnapshotValid:
            index, term = message.SnapshotIndex, message.SnapshotTerm
            if type(index) is int and type(term) is int:
                self._tell("adopted", index, term, _length(message.Snapshot))

    def _asked(self, value: object) -> bytes:
        """What a Submit or a Start is given, as a message."""
        known = self._messages.get(id(value))
        if known is not None:
            return known[1]
        data = _encoded(value)
        _keep(self._messages, value, data)
        return data

    def _handed_on(self, value: object) -> bytes:
        """What Raft hands on, as a message."""
        # Of what is in a log nobody changes anything, so that once is enough: on a
        # leader it is what was started there.
        known = self._messages.get(id(value))
        return _encoded(value) if known is None else known[1]

    def _made(self, reply: object) -> bytes:
        """A reply as a message; it was made right now."""
        data = _encoded(reply)
        known = self._replies.get(id(reply))
        # An object that says now this and now that: what a Submit returns with it
        # cannot be told from its identity.
        if known is not None and known[1] != data:
            self._replies[id(reply)] = reply, b""
        elif known is None and self._submits:
            _keep(self._replies, reply, data)
        return data

    def _put_in_brief(
        self, request: object, reply: object
    ) -> tuple[str, str, int, str] | None:
        """The fields of a Put and the error that it was answered with, if it is one."""
        kinds = type(request), type(reply)
        if kinds not in self._puts:
            self._puts[kinds] = _reader_of_puts(*kinds)
        read = self._puts[kinds]
        return None if read is None else read(request, reply)


def _nobody_listens(*told: object) -> None:
    raise AssertionError(f"a hook of a program that nobody listens to tells {told}")


def _reader_of_puts(request: type, reply: type) -> _ReadPut | None:
    """What reads the Puts of these types, None if they are others."""
    fields = _reader(request, "Key", "Value", "Version")
    answer = _reader(reply, "Err")
    if request.__name__ != "PutArgs" or fields is None or answer is None:
        return None

    def read(request: object, reply: object) -> tuple[str, str, int, str] | None:
        try:
            key, value, version = fields(request)
            err = answer(reply)
        except AttributeError:  # one was never set
            return None
        if (
            type(key) is str
            and type(value) is str
            and type(version) is int
            and type(err) is str
        ):
            return key, value, version, err
        return None

    return read


def _reader(kind: type, *names: str) -> Callable[[object], Any] | None:
    """What reads these attributes of such objects, if no code of theirs runs then."""
    # A property would be the solution's code, and so would these methods.
    ways = inspect.getattr_static(kind, "__getattribute__", None)
    if ways is not object.__getattribute__ or hasattr(kind, "__getattr__"):
        return None
    for name in names:
        found = inspect.getattr_static(kind, name, None)
        if hasattr(type(found), "__get__") and type(found) is not MemberDescriptorType:
            return None
    return operator.attrgetter(*names)


_STARTED: Final = (int, int, bool)
_STATE: Final = (int, bool)


def _hook(target: object, name: str, wrap: Wrapper) -> None:
    """Put a hook around a method, in the class of the object that has it."""
    kind = type(target)
    # Not as `getattr` finds it, which makes a function of a static method.
    method = inspect.getattr_static(kind, name, None)
    if not isinstance(method, FunctionType):
        return
    try:
        setattr(kind, name, functools.wraps(method)(wrap(method)))
    except (AttributeError, TypeError):  # by its metaclass, or a class of C
        return


def _first_with(method: str, given: Iterable[object]) -> object:
    """The first of the values that has such a method, None if none has."""
    fitting = (one for one in given if callable(getattr(type(one), method, None)))
    return next(fitting, None)


def _first(args: tuple[Any, ...], options: dict[str, Any]) -> object:
    """The first argument of a call, however it was passed."""
    return args[0] if args else next(iter(options.values()), None)


def _is_from_outside() -> bool:
    """Whether the method of a Raft that is hooked was called by the service on top."""
    caller = sys._getframe(2).f_globals.get("__name__", "")
    return not caller.startswith(_RAFT_MODULES)


def _is(result: object, kinds: tuple[type, ...]) -> bool:
    """Whether it is a tuple of values of exactly these types."""
    return type(result) is tuple and tuple(map(type, result)) == kinds


def _length(data: object) -> int:
    return len(data) if isinstance(data, (bytes, bytearray)) else 0


def _keep(latest: _Latest, value: object, data: bytes) -> None:
    if len(latest) >= _MOST_KEPT:
        latest.popitem(last=False)
    latest[id(value)] = value, data


def _encoded(value: object) -> bytes:
    """The value as a message, empty if it cannot be one."""
    try:
        return labgob.encode(value)
    except labgob.EncodeError:
        return b""
