"""The called side: a server, its services, and the tasks that run their handlers."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import FunctionType

from labrpc.dispatch import OnDone
from labrpc.errors import (
    HandlerSignatureError,
    LabrpcError,
    UnknownMethodError,
    UsageError,
)
from labrpc.handlers import Handler
from labrt import Runtime, World


class Service:
    """One object whose public methods can be called from afar, under one name."""

    __slots__ = ("name", "receiver")

    def __init__(self, receiver: object, name: str) -> None:
        self.receiver = receiver
        self.name = name

    def handler(self, method: str, server: str) -> Handler | None:
        """The handler of a method, None if there is no such public method.

        Raises `HandlerSignatureError` for a method that is not fit to be one.
        `server` is how error messages call the server.
        """
        if not self._is_method(method):
            return None
        function = getattr(self.receiver, method)
        return Handler(f"{server}: handler {self.name}.{method}", function)

    def methods(self) -> list[str]:
        """The names of the remotely callable methods, sorted."""
        return [name for name in dir(type(self.receiver)) if self._is_callable(name)]

    def _is_callable(self, method: str) -> bool:
        try:
            return self.handler(method, "") is not None
        except HandlerSignatureError:
            return False

    def _is_method(self, name: str) -> bool:
        # Looked up on the type, without running a property of the receiver.
        found = inspect.getattr_static(type(self.receiver), name, None)
        if isinstance(found, staticmethod | classmethod):
            # A handler needs no `self`: what is called is whatever `getattr` makes of
            # it.
            found = found.__func__
        return isinstance(found, FunctionType) and not name.startswith("_")


class Server:
    """A collection of services; each incoming call is a task in the server's world.

    A network that the server is added to gives it its name if it has none. A mistake
    in a handler, or in how it is called, fails the run.
    """

    __slots__ = ("_handlers", "_runtime", "_services", "_world", "name")

    def __init__(self, runtime: Runtime, world: World | None, name: str) -> None:
        self._runtime = runtime
        self._world = world
        self.name = name
        self._services: dict[str, Service] = {}
        # By full method name, once found: reading a signature is what costs most.
        self._handlers: dict[str, Handler] = {}

    def AddService(self, service: Service) -> None:
        """Offer the service's methods as `<its name>.<method>`."""
        if service.name in self._services:
            raise UsageError(
                f"{self._label}: there is a service {service.name!r} already; "
                "give one of the two another name with MakeService(receiver, name)"
            )
        self._services[service.name] = service

    def dispatch(self, method: str, data: bytes, on_done: OnDone) -> None:
        """Start the handler of `method`; its reply goes to `on_done`.

        A server whose world has been killed answers None at once.
        """
        # A task of a dead world never runs, so nobody else would tell the caller.
        if not self._is_alive():
            on_done(None)
            return
        handler = self._handler(method)
        # Without a handler the run has failed, and nobody waits for an answer.
        if handler is not None:
            # In the server's world, so that the task goes when the server is killed.
            self._runtime.spawn(
                self._handle, handler, data, on_done, name=method, world=self._world
            )

    def serve(self, method: str, data: bytes, on_done: OnDone) -> None:
        """Like `dispatch`, in the calling task, which waits until the handler is done.

        For callers that have tasks of their own to spend.
        """
        handler = self._handler(method)
        if handler is not None:
            self._handle(handler, data, on_done)

    def _handler(self, method: str) -> Handler | None:
        """The handler of a method; None, and the run fails, if it has none."""
        handler = self._handlers.get(method)
        if handler is None:
            try:
                handler = self._handlers[method] = self._find(method)
            except LabrpcError as error:
                self._fail(error)
        return handler

    def _fail(self, error: LabrpcError) -> None:
        """End the run, because of something that is wrong with this server."""
        error.programs = (self.name,)
        self._runtime.fail(error)

    def _handle(self, handler: Handler, data: bytes, on_done: OnDone) -> None:
        try:
            reply = handler.run(data)
        # A real thread cannot be killed: that of a dead world may still get as far as
        # to end its handler. Neither its error nor its reply counts any more.
        except LabrpcError as error:
            if self._is_alive():
                self._fail(error)
            return
        if self._is_alive():
            on_done(reply)

    @property
    def _label(self) -> str:
        return self.name or "server"

    def _is_alive(self) -> bool:
        return self._world is None or self._world.alive

    def _find(self, full_method: str) -> Handler:
        """The handler of `Service.Method`, split at the last dot."""
        # The caller's text, which may have no dot at all: the service is then the empty
        # name, which the message shows.
        service_name, _, method = full_method.rpartition(".")
        service = self._services.get(service_name)
        if service is None:
            raise UnknownMethodError(
                f"{self._label}: a call of {full_method!r}, but there is no service "
                f"{service_name!r}; the services are {listed(self._services)}"
            )
        handler = service.handler(method, self._label)
        if handler is None:
            raise UnknownMethodError(
                f"{self._label}: a call of {full_method!r}, but "
                f"{type(service.receiver).__name__} has no method {method!r}; its "
                f"remotely callable methods are {listed(service.methods())}"
            )
        return handler


def MakeServer(
    runtime: Runtime, *, world: World | None = None, name: str = ""
) -> Server:
    """Make a server without services; its handlers run in `world`."""
    if not name and world is not None:
        # A server and its world are one to whoever reads a message.
        name = world.name
    return Server(runtime, world, name)


def MakeService(receiver: object, name: str | None = None) -> Service:
    """Wrap an object as a service, named after its class unless `name` is given."""
    return Service(receiver, type(receiver).__name__ if name is None else name)


def listed(names: Iterable[str]) -> str:
    """Names as error messages list them."""
    return ", ".join(sorted(names)) or "(none)"
