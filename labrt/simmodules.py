"""The modules that a simulated world sees in place of the process's own.

Three kinds. Some are made here, bound to the running simulation and to the world's
random stream. Some are the standard library's own source, loaded once more for the
world, over those that are made here. Some cannot be simulated and are refused, with
a word on what to do instead. What is in no table is the process's own module.
"""

from __future__ import annotations

import datetime as real_datetime
import os as real_os
import random as real_random
import secrets as real_secrets
import sys as real_sys
import time as real_time
import uuid as real_uuid
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from labrt import collector, simdataclasses, simfiles, simthread, simthreading
from labrt.active import active
from labrt.errors import NotSimulable
from labrt.loader import plain_name

if TYPE_CHECKING:
    from labrt.simworld import SimWorld

# 2024-01-01 00:00 UTC: what `time.time` says when a run begins.
EPOCH = 1_704_067_200.0
# What `time.monotonic` says then; not 0, since it is not 0 on a real machine.
BOOT = 1_000.0

_MODES = "a simulated run cannot use it; real processes can: --mode process"

# fmt: off
REFUSED = frozenset(
    {
        "_posixsubprocess", "_socket", "aiohttp", "anyio", "asyncio", "ftplib",
        "gevent", "http.client", "http.server", "multiprocessing", "requests",
        "select", "selectors", "signal", "smtplib", "socket", "socketserver", "ssl",
        "subprocess", "trio", "urllib.request", "xmlrpc", "zmq",
    }
)
FRESH = frozenset(
    {
        "concurrent", "concurrent.futures", "concurrent.futures._base",
        "concurrent.futures.thread", "logging", "logging.config", "logging.handlers",
        "pprint", "queue", "sched",
    }
)
# fmt: on


def substitute(world: SimWorld, name: str, importer: str) -> ModuleType | None:
    """Return what ``world`` gets for ``name``; None for the process's own module.

    Raises ``NotSimulable`` for what cannot work under virtual time.
    """
    make = _MAKERS.get(name)
    if make is not None:
        return make(world)
    if name in FRESH:
        return world.fresh_library_module(name)
    if name.partition(".")[0] in simfiles.SHARED:
        return simfiles.shared_module(name)
    if name == "_queue":
        # Without its C half, the queue module uses its own Python code.
        raise ImportError("no C queue in a simulated world")
    top = name.partition(".")[0]
    if (name in REFUSED or top in REFUSED) and plain_name(importer) not in FRESH:
        raise NotSimulable(f"import {name}: {_MODES}")
    return None


def _copy(module: ModuleType, **changes: Any) -> ModuleType:
    copy = ModuleType(module.__name__, module.__doc__)
    copy.__dict__.update(vars(module))
    copy.__dict__.update(changes)
    return copy


def _refuse(name: str) -> Callable[..., NoReturn]:
    def refused(*_: object, **__: object) -> NoReturn:
        raise NotSimulable(f"{name}(): {_MODES}")

    return refused


# Time.


def _time() -> float:
    return EPOCH + active().now()


def _time_ns() -> int:
    return int(EPOCH) * 1_000_000_000 + int(active().now() * 1e9)


def _monotonic() -> float:
    return BOOT + active().now()


def _monotonic_ns() -> int:
    return int(_monotonic() * 1e9)


def _sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    runtime = active()
    if seconds == 0:
        runtime.preempt()
    else:
        runtime.sleep(seconds)


def _make_time(world: SimWorld) -> ModuleType:
    def default_now(convert: Callable[..., Any]) -> Callable[..., Any]:
        return lambda seconds=None: convert(_time() if seconds is None else seconds)

    def strftime(layout: str, moment: Any = None) -> str:
        return real_time.strftime(layout, moment or real_time.localtime(_time()))

    return _copy(
        real_time,
        time=_time,
        time_ns=_time_ns,
        monotonic=_monotonic,
        monotonic_ns=_monotonic_ns,
        perf_counter=_monotonic,
        perf_counter_ns=_monotonic_ns,
        process_time=_monotonic,
        process_time_ns=_monotonic_ns,
        thread_time=_monotonic,
        thread_time_ns=_monotonic_ns,
        sleep=_sleep,
        localtime=default_now(real_time.localtime),
        gmtime=default_now(real_time.gmtime),
        ctime=default_now(real_time.ctime),
        strftime=strftime,
    )


class _Datetime(real_datetime.datetime):
    """A ``datetime`` whose present is the simulation's."""

    @classmethod
    def now(cls, tz: real_datetime.tzinfo | None = None) -> _Datetime:
        """Return the simulation's present."""
        return cls.fromtimestamp(_time(), tz)

    @classmethod
    def utcnow(cls) -> _Datetime:
        """Return the simulation's present in UTC, without a time zone."""
        return cls.fromtimestamp(_time(), real_datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> _Datetime:
        """Return the simulation's present."""
        return cls.fromtimestamp(_time())


class _Date(real_datetime.date):
    """A ``date`` whose today is the simulation's."""

    @classmethod
    def today(cls) -> _Date:
        """Return the simulation's present day."""
        return cls.fromtimestamp(_time())


def _make_datetime(world: SimWorld) -> ModuleType:
    return _copy(real_datetime, datetime=_Datetime, date=_Date)


# Randomness.


def _entropy() -> int:
    """Draw what an unseeded generator is seeded with, from the world's stream."""
    runtime = active()
    world = runtime.current_world()
    source = world.random if world else runtime.stream("unseeded generators")
    return source.getrandbits(64)


class _Random(real_random.Random):
    """A generator that takes its seed from the world where Python asks the system."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Seed the generator; without a number, from the world's stream."""
        super().seed(_entropy() if a is None else a, version)


class _SystemRandom(_Random):
    """The system's randomness, which in a simulation is the world's."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Take a new seed from the world's stream, whatever ``a`` is."""
        super().seed(None)


def _make_random(world: SimWorld) -> ModuleType:
    generator = _Random(world.random.getrandbits(64))
    module = _copy(real_random, Random=_Random, SystemRandom=_SystemRandom)
    shared = real_random._inst
    for name, value in vars(real_random).items():
        if getattr(value, "__self__", None) is shared:
            setattr(module, name, getattr(generator, name))
    module.__dict__["_inst"] = generator
    return module


def _urandom(world: SimWorld) -> Callable[[int], bytes]:
    return lambda size: world.random.randbytes(size)


def _make_uuid(world: SimWorld) -> ModuleType:
    def uuid4() -> real_uuid.UUID:
        return real_uuid.UUID(bytes=world.random.randbytes(16), version=4)

    def uuid1(node: int | None = None, clock_seq: int | None = None) -> real_uuid.UUID:
        return real_uuid.UUID(bytes=world.random.randbytes(16), version=1)

    return _copy(real_uuid, uuid4=uuid4, uuid1=uuid1)


def _make_secrets(world: SimWorld) -> ModuleType:
    generator = _SystemRandom()

    def token_bytes(nbytes: int | None = None) -> bytes:
        return world.random.randbytes(32 if nbytes is None else nbytes)

    def token_hex(nbytes: int | None = None) -> str:
        return token_bytes(nbytes).hex()

    def randbelow(exclusive_upper_bound: int) -> int:
        return generator.randrange(exclusive_upper_bound)

    return _copy(
        real_secrets,
        SystemRandom=_SystemRandom,
        choice=generator.choice,
        randbits=generator.getrandbits,
        randbelow=randbelow,
        token_bytes=token_bytes,
        token_hex=token_hex,
    )


# The system.


# fmt: off
_OS_REFUSED = (
    "abort", "execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp",
    "execvpe", "fork", "forkpty", "kill", "killpg", "popen", "posix_spawn",
    "posix_spawnp", "spawnl", "spawnle", "spawnlp", "spawnlpe", "spawnv", "spawnve",
    "spawnvp", "spawnvpe", "system", "wait", "waitpid", "_exit",
)
# fmt: on


def _make_os(world: SimWorld) -> ModuleType:
    refused = {name: _refuse(f"os.{name}") for name in _OS_REFUSED}
    changes = {**refused, **simfiles.OS_NAMES, "getpid": lambda: 1}
    module = _copy(real_os, **changes, urandom=_urandom(world))
    # The logging module and the executors register what to do after a fork.
    module.__dict__.pop("register_at_fork", None)
    return module


def _make_sys(world: SimWorld) -> ModuleType:
    return _copy(real_sys, stdout=world.stdout, stderr=world.stdout)


def _make_atexit(world: SimWorld) -> ModuleType:
    """Make an ``atexit`` that never calls: a world only ever ends by being killed."""
    module = ModuleType("atexit")

    def register(function: Callable[..., Any], *_: object, **__: object) -> Any:
        return function

    def unregister(function: Callable[..., Any]) -> None:
        return None

    module.__dict__.update(register=register, unregister=unregister)
    return module


def _make_dataclasses(world: SimWorld) -> ModuleType:
    return simdataclasses.make_module(world.key)


def _make_weakref(world: SimWorld) -> ModuleType:
    return simfiles.make_weakref()


_MAKERS: dict[str, Callable[[SimWorld], ModuleType]] = {
    "_thread": simthread.make_module,
    "atexit": _make_atexit,
    "dataclasses": _make_dataclasses,
    "datetime": _make_datetime,
    "gc": collector.make_module,
    "os": _make_os,
    "random": _make_random,
    "secrets": _make_secrets,
    "sys": _make_sys,
    "threading": simthreading.make_module,
    "time": _make_time,
    "uuid": _make_uuid,
    "weakref": _make_weakref,
}
