"""The clocks of a simulated world: `time` and `datetime`.

Every one of them shows virtual time, also those that count a processor's time: a
program that measures itself must not learn how fast the machine is. They agree with
each other at every instant, in seconds and in nanoseconds.
"""

from __future__ import annotations

import datetime as real_datetime
import math
import threading
import time as real_time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from labrt.sim.active import active
from labrt.sim.modules.copies import copy_of
from labrt.sim.refusals import refuse_all
from labrt.sim.world import SimWorld

# 2024-01-01 00:00 UTC: what `time.time` says when a run begins.
EPOCH = 1_704_067_200.0
# What `time.monotonic` says then; not 0, since it is not 0 on a real machine.
BOOT = 1_000.0

_EPOCH_NS = int(EPOCH) * 1_000_000_000
_BOOT_NS = int(BOOT) * 1_000_000_000
_LONGEST_SLEEP = threading.TIMEOUT_MAX
# The clocks of `clock_gettime` that tell the time of day; all others count from boot.
_WALL_CLOCKS = frozenset(
    getattr(real_time, name)
    for name in ("CLOCK_REALTIME", "CLOCK_TAI")
    if hasattr(real_time, name)
)


def time() -> float:
    """The seconds since 1970."""
    return EPOCH + active().now()


def time_ns() -> int:
    """The nanoseconds since 1970."""
    return _EPOCH_NS + _now_ns()


def monotonic() -> float:
    """The seconds since some time before the run."""
    return BOOT + active().now()


def monotonic_ns() -> int:
    """The nanoseconds since some time before the run."""
    return _BOOT_NS + _now_ns()


def _now_ns() -> int:
    # Only what has passed is a float: since 1970 it would lose the last digits.
    return int(active().now() * 1e9)


def sleep(seconds: float) -> None:
    """Let virtual time pass for the calling thread."""
    if 0 < seconds <= _LONGEST_SLEEP:
        active().sleep(seconds)
        return
    # No time passes, but somebody else may run, as in a loop that polls.
    _check_sleep(seconds)
    active().preempt()


def _check_sleep(seconds: float) -> None:
    if math.isnan(seconds):
        raise ValueError("Invalid value NaN (not a number)")
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    if seconds > _LONGEST_SLEEP:
        raise OverflowError("timestamp too large to convert to C PyTime_t")


def clock_gettime(clk_id: int, /) -> float:
    """What a clock of the system shows, in seconds."""
    real_time.clock_getres(clk_id)  # raises OSError for what is no clock
    return time() if clk_id in _WALL_CLOCKS else monotonic()


def clock_gettime_ns(clk_id: int, /) -> int:
    """What a clock of the system shows, in nanoseconds."""
    real_time.clock_getres(clk_id)
    return time_ns() if clk_id in _WALL_CLOCKS else monotonic_ns()


def clock_getres(clk_id: int, /) -> float:
    """The resolution of a clock: all have the same here."""
    real_time.clock_getres(clk_id)
    return 1e-9


def get_clock_info(name: Any, /) -> Any:
    """What there is to know of a clock of this module."""
    info: Any = real_time.get_clock_info(name)
    info.resolution = 1e-9
    info.implementation = "virtual time"
    return info


def pthread_getcpuclockid(thread_id: int, /) -> int:
    """A clock that counts a thread's processor time, as far as any does."""
    return real_time.CLOCK_MONOTONIC


def _default_now(convert: Callable[[float], Any]) -> Callable[..., Any]:
    # The original takes the present from the wall clock, in C.
    def converted(seconds: float | None = None, /) -> Any:
        return convert(time() if seconds is None else seconds)

    converted.__name__ = convert.__name__
    return converted


def _local_now() -> real_time.struct_time:
    return real_time.localtime(time())


def asctime(moment: Any = None, /) -> str:
    """A time, or the present, as text."""
    return real_time.asctime(_local_now() if moment is None else moment)


def strftime(layout: str, moment: Any = None, /) -> str:
    """A time, or the present, in a layout."""
    return real_time.strftime(layout, _local_now() if moment is None else moment)


_CLOCKS: dict[str, Any] = {
    "time": time,
    "time_ns": time_ns,
    **dict.fromkeys(("monotonic", "perf_counter"), monotonic),
    **dict.fromkeys(("process_time", "thread_time"), monotonic),
    **dict.fromkeys(("monotonic_ns", "perf_counter_ns"), monotonic_ns),
    **dict.fromkeys(("process_time_ns", "thread_time_ns"), monotonic_ns),
    "sleep": sleep,
    "get_clock_info": get_clock_info,
    "localtime": _default_now(real_time.localtime),
    "gmtime": _default_now(real_time.gmtime),
    "ctime": _default_now(real_time.ctime),
    "asctime": asctime,
    "strftime": strftime,
    **refuse_all(real_time, ("clock_settime", "clock_settime_ns")),
}
# These are not on every system.
_SYSTEM_CLOCKS = (
    clock_gettime,
    clock_gettime_ns,
    clock_getres,
    pthread_getcpuclockid,
)
_CLOCKS.update(
    (function.__name__, function)
    for function in _SYSTEM_CLOCKS
    if hasattr(real_time, function.__name__)
)


def make_time(world: SimWorld) -> ModuleType:
    """Make the `time` module of one world."""
    return copy_of(real_time, **_CLOCKS)


class _Kind(type):
    """Makes every `datetime` and `date` an instance of the world's.

    Arithmetic and other modules make the library's own.
    """

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _LIBRARY.get(cls, ())) or (
            type.__instancecheck__(cls, instance)
        )

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _LIBRARY.get(cls, ())) or (
            type.__subclasscheck__(cls, subclass)
        )


class _Date(real_datetime.date, metaclass=_Kind):
    """A `date` whose today is the simulation's."""

    @classmethod
    def today(cls) -> _Date:
        """The simulation's present day."""
        return cls.fromtimestamp(time())

    def __repr__(self) -> str:
        shown = super().__repr__()
        return f"datetime.{shown}" if type(self) is _Date else shown


class _Datetime(real_datetime.datetime, metaclass=_Kind):
    """A `datetime` whose present is the simulation's."""

    @classmethod
    def now(cls, tz: real_datetime.tzinfo | None = None) -> _Datetime:
        """The simulation's present."""
        return cls.fromtimestamp(time(), tz)

    @classmethod
    def utcnow(cls) -> _Datetime:
        """The simulation's present in UTC, without a time zone."""
        return cls.fromtimestamp(time(), real_datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> _Datetime:
        """The simulation's present."""
        return cls.fromtimestamp(time())

    def date(self) -> _Date:
        """The day."""
        # Of the class that a world knows as `date`, like that of `date.today`.
        return _Date(self.year, self.month, self.day)

    def __repr__(self) -> str:
        shown = super().__repr__()
        return f"datetime.{shown}" if type(self) is _Datetime else shown


_LIBRARY: dict[type, Any] = {
    _Date: real_datetime.date,
    _Datetime: real_datetime.datetime,
}
for _kind, _original in _LIBRARY.items():
    # To its users, and in pickles, it is the library's.
    _kind.__name__ = _kind.__qualname__ = _original.__name__
    _kind.__module__ = "datetime"


def make_datetime(world: SimWorld) -> ModuleType:
    """Make the `datetime` module of one world."""
    return copy_of(real_datetime, datetime=_Datetime, date=_Date)
