"""What a simulated world cannot have, and how it is told.

A wait that only the outside world can end (a socket, a pipe, a child process, a
terminal) would stop every server of the run and the clock with them. So a program
that imports such a module, or calls such a function, gets an error that says what
works instead. Library modules import more than they use: they get stand-ins, which
refuse when they are used.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, NoReturn

from labrt.errors import NotSimulable

_MODES = "a simulated run cannot use it; real processes can: --mode process"
_NO_INPUT = "a server has no standard input, in no mode"

# fmt: off
REFUSED = frozenset(
    {
        # Waiting for sockets, files and signals, and what is built on it.
        "_asyncio", "_signal", "_socket", "_ssl", "aiohttp", "anyio", "asynchat",
        "asyncio", "asyncore", "ftplib", "gevent", "http.client", "http.cookiejar",
        "http.server", "imaplib", "nntplib", "poplib", "requests", "select",
        "selectors", "signal", "smtpd", "smtplib", "socket", "socketserver", "ssl",
        "telnetlib", "trio", "urllib.request", "urllib.robotparser", "wsgiref",
        "xmlrpc", "zmq",
        # Other processes and interpreters.
        "_interpchannels", "_interpqueues", "_interpreters", "_multiprocessing",
        "_posixshmem", "_posixsubprocess", "_xxinterpchannels", "_xxsubinterpreters",
        "concurrent.futures.interpreter", "concurrent.futures.process",
        "concurrent.interpreters", "multiprocessing", "subprocess",
        # A terminal, a desktop.
        "curses", "pty", "turtle", "tkinter", "webbrowser",
    }
)
# fmt: on


def is_refused(name: str) -> bool:
    """Whether a module is refused, or is in a package that is."""
    while name not in REFUSED:
        name = name.rpartition(".")[0]
        if not name:
            return False
    return True


def refused_module(name: str) -> NotSimulable:
    """The error for the import of a refused module."""
    return NotSimulable(f"import {name}: {_MODES}", name=name)


def refuse(name: str) -> Callable[..., NoReturn]:
    """A function in the place of one that cannot be simulated."""

    def refused(*_: object, **__: object) -> NoReturn:
        raise NotSimulable(f"{name}(): {_MODES}")

    refused.__name__ = name.rpartition(".")[2]
    return refused


def refuse_all(module: ModuleType, names: Iterable[str]) -> dict[str, Any]:
    """Refusals for those of the names that the module has on this system."""
    return {
        name: refuse(f"{module.__name__}.{name}")
        for name in names
        if hasattr(module, name)
    }


def no_input(name: str) -> Callable[..., NoReturn]:
    """A function in the place of one that reads from the terminal."""

    def refused(*_: object, **__: object) -> NoReturn:
        raise EOFError(f"{name}(): {_NO_INPUT}")

    refused.__name__ = name.rpartition(".")[2]
    return refused


class StandIn(ModuleType):
    """A refused module, for a library module that imports it and may not use it.

    Its data and exceptions are the real one's; its functions and classes refuse.
    """

    def __init__(self, name: str, original: ModuleType | None = None) -> None:
        super().__init__(name)
        self._original = original

    def __getattr__(self, name: str) -> Any:
        # What the import system and `inspect` look for is no use of the module.
        if name.startswith("__"):
            raise AttributeError(name)
        original = self._original or importlib.import_module(self.__name__)
        value = getattr(original, name)
        path = f"{self.__name__}.{name}"
        if isinstance(value, ModuleType):
            return StandIn(path, value)
        if isinstance(value, type):
            # An exception may stand in an `except`; another class must not be made.
            is_error = issubclass(value, BaseException)
            return value if is_error else type(name, (), {"__new__": refuse(path)})
        return refuse(path) if callable(value) else value
