"""What a program under test can call in the tester, and how.

Reports of appliers and annotations travel this way. In simulation a handler runs at
once, in the middle of the calling program, so it must not block. Arguments and replies
are copies, as with every other call, and the tester's registered types decode them,
never the program's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from labrpc import ClientEnd, Dispatch, MakeService, Service, UnknownMethodError
from labrpc.handlers import Handler
from labrt import Runtime
from tester1.contact.annotation_messages import (
    ANNOTATE,
    INFO_INTERVAL,
    TIMESTAMP,
    Done,
    InfoInterval,
    Point,
    Timestamp,
    TimestampArgs,
)
from tester1.timeline.annotations import Annotations

R = TypeVar("R")

Tell = Callable[..., object]
"""Takes the kind of what a program tells, and its values, one by one."""

__all__ = [
    "Annotate",
    "GetAnnotatorTimestamp",
    "PerProgram",
    "PostAnnotatorInfoInterval",
    "Tell",
    "TesterClient",
    "TesterRPC",
    "TesterServices",
    "no_client",
    "use_client_source",
]


@dataclass(frozen=True, slots=True)
class PerProgram:
    """A service that has to know who calls: each program gets a receiver of its own.

    `make` takes the program's name, such as `server-0-1`. The name is the tester's
    knowledge of where a call comes from, so a program cannot call as another.
    """

    make: Callable[[str], object]


class TesterServices:
    """The services that the tester offers to the programs under test."""

    def __init__(self) -> None:
        self._services: dict[str, Service | PerProgram] = {}
        # Of the services that are `PerProgram`, by program and name.
        self._own: dict[tuple[str, str], Service] = {}
        self._handlers: dict[tuple[str, str], Handler] = {}

    def add(self, receiver: object, name: str | None = None) -> None:
        """Offer the public methods of `receiver` as `<name>.<method>`."""
        if isinstance(receiver, PerProgram):
            assert name is not None, "a service of each program needs a name"
            self._services[name] = receiver
        else:
            service = MakeService(receiver, name)
            self._services[service.name] = service

    def run(self, program: str, method: str, data: bytes) -> bytes:
        """Run a handler on encoded arguments and return its encoded reply.

        `program` is the name of the program that calls. Raises a `LabrpcError` for a
        method that does not exist or is called wrongly.
        """
        # Found once for each program and method: every applied entry of every server is
        # such a call.
        handler = self._handlers.get((program, method))
        if handler is None:
            handler = self._find(program, method)
            self._handlers[program, method] = handler
        return handler.run(data)

    def _service(self, program: str, name: str) -> Service | None:
        service = self._services.get(name)
        if not isinstance(service, PerProgram):
            return service
        # One for all incarnations of a program: what it keeps is the tester's memory.
        own = self._own.get((program, name))
        if own is None:
            own = self._own[program, name] = MakeService(service.make(program), name)
        return own

    def _find(self, program: str, full_method: str) -> Handler:
        name, _, method = full_method.rpartition(".")
        service = self._service(program, name)
        handler = None if service is None else service.handler(method, "tester")
        if handler is None:
            raise UnknownMethodError(
                f"the tester has no {full_method!r}; it offers "
                f"{', '.join(sorted(self._services)) or 'nothing'}"
            )
        return handler


class TesterClient:
    """A program's way to the tester; `forward` carries its calls there."""

    def __init__(
        self,
        runtime: Runtime,
        forward: Dispatch,
        tell: Tell | None = None,
        *,
        keeps: bool = True,
    ) -> None:
        self.listens = tell is not None
        """Whether the tester wants to be told anything."""
        self.tell: Tell = _say_nothing if tell is None else tell
        """Tell the tester what has happened; see `tester1.contact.observations`."""
        self.keeps = keeps
        """Whether what is told is kept, so that what only explains it is worth it."""
        # The labs' own end point, so that calls of the tester are encoded, and judged,
        # as all others are.
        self._end = ClientEnd(runtime, "tester", forward)

    def call(self, method: str, args: object, reply_type: type[R]) -> R | None:
        """Call a method of the tester; None if this program is being shut down."""
        return self._end.Call(method, args, reply_type)


def _say_nothing(kind: str, *values: object) -> None:
    """Where nobody listens."""


class TesterRPC:
    """The tester's service for annotations that programs make."""

    def __init__(self, annotations: Annotations) -> None:
        self._annotations = annotations

    def PostAnnotatorPoint(self, point: Point) -> Done:
        """Label this instant."""
        self._annotations.point(point.tag, point.text, point.details)
        return Done()

    def PostAnnotatorInfoInterval(self, interval: InfoInterval) -> Done:
        """Label the time from the interval's start until now."""
        self._annotations.info_interval(interval.start, interval.text, interval.details)
        return Done()

    def GetAnnotatorTimestamp(self, args: TimestampArgs) -> Timestamp:
        """The time now, in seconds of the test."""
        return Timestamp(self._annotations.timestamp())


def no_client() -> TesterClient | None:
    """The client of code that runs in no program."""
    return None


# The functions below are called by code under test, which has no client at hand. Whose
# code runs is known to the host alone, so it says which client is meant.
_client_source: Callable[[], TesterClient | None] = no_client


def use_client_source(source: Callable[[], TesterClient | None]) -> None:
    """Let `source` say what the running program's client of the tester is."""
    global _client_source
    _client_source = source


def Annotate(tag: str, desp: str, details: str) -> None:
    """Put a label on the test's timeline, on row `tag`; for code in a server."""
    client = _client_source()
    if client is not None:
        client.call(ANNOTATE, Point(tag, desp, details), Done)


def GetAnnotatorTimestamp() -> float:
    """The test's time in seconds, 0 if the tester cannot be reached."""
    client = _client_source()
    # Code that is run outside of every test, for instance by a student's own script,
    # finds no tester: annotations then say nothing, and time stands still.
    reply = None
    if client is not None:
        reply = client.call(TIMESTAMP, TimestampArgs(), Timestamp)
    return 0.0 if reply is None else reply.seconds


def PostAnnotatorInfoInterval(start: float, desp: str, details: str) -> None:
    """Put a label on the timeline from `start` (a timestamp) until now."""
    client = _client_source()
    if client is not None:
        client.call(INFO_INTERVAL, InfoInterval(start, desp, details), Done)
