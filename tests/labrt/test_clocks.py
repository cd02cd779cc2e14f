"""Every clock of a world follows virtual time, and none the wall's."""

from __future__ import annotations

import importlib
import types
from typing import Any

import pytest

from labrt import NotSimulable, TaskFailed
from tests.labrt.conftest import RunProgram

# Each is an expression for what a clock shows, in seconds.
CLOCKS = {
    "time": "time.time()",
    "time_ns": "time.time_ns() / 1e9",
    "monotonic": "time.monotonic()",
    "monotonic_ns": "time.monotonic_ns() / 1e9",
    "perf_counter": "time.perf_counter()",
    "perf_counter_ns": "time.perf_counter_ns() / 1e9",
    "process_time": "time.process_time()",
    "process_time_ns": "time.process_time_ns() / 1e9",
    "thread_time": "time.thread_time()",
    "thread_time_ns": "time.thread_time_ns() / 1e9",
    "clock_gettime": "time.clock_gettime(time.CLOCK_MONOTONIC)",
    "clock_gettime realtime": "time.clock_gettime(time.CLOCK_REALTIME)",
    "clock_gettime_ns": "time.clock_gettime_ns(time.CLOCK_REALTIME) / 1e9",
    "cpu clock": "time.clock_gettime(time.pthread_getcpuclockid(0))",
    "process clock": "time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID)",
    "localtime": "time.mktime(time.localtime())",
    "gmtime": "calendar.timegm(time.gmtime())",
    "ctime": "time.mktime(time.strptime(time.ctime()))",
    "ctime none": "time.mktime(time.strptime(time.ctime(None)))",
    "asctime": "time.mktime(time.strptime(time.asctime()))",
    "strftime": "time.mktime(time.strptime(time.strftime('%c'), '%c'))",
    "default_timer": "timeit.default_timer()",
    "from timeit": "default_timer()",
    "Timer": "timeit.Timer(timer=timeit.default_timer).timer()",
    "now": "datetime.datetime.now().timestamp()",
    "now utc": "datetime.datetime.now(datetime.timezone.utc).timestamp()",
    "utcnow": "datetime.datetime.utcnow().timestamp()",
    "today": "datetime.datetime.today().timestamp()",
    "subclass": "MyTime.now().timestamp()",
    "os.times": "os.times().elapsed",
    "os.times.user": "os.times()[0]",
    "sched": "sched.scheduler().timefunc()",
    "email": "email.utils.localtime().timestamp()",
    "email date": "email.utils.mktime_tz(email.utils.parsedate_tz("
    "email.utils.formatdate()))",
    "logging": "logging.LogRecord('', 0, '', 0, '', (), None).created",
    "uuid1": "uuid.uuid1().time / 1e7",
    "import_module": "importlib.import_module('time').time()",
    "sys.modules": "sys.modules['time'].time()",
    "__import__": "__import__('time').time()",
    "builtins": "builtins.__import__('time').time()",
    "exec": "eval('__import__(\"time\").time()', {})",
    "reload": "importlib.reload(time).time()",
    "spec": "importlib.util.module_from_spec(importlib.util.find_spec('time')).time()",
    "gzip": "int.from_bytes(gzip.compress(b'')[4:8], 'little')",
    "tarfile": "tarfile.TarInfo().mtime or time.time()",
}

PROGRAM = f"""
import builtins, calendar, datetime, email.utils, gzip, importlib, importlib.util
import logging, os, sched, sys, tarfile, time, timeit, uuid, warnings
from timeit import default_timer
warnings.simplefilter("ignore")

class MyTime(datetime.datetime): pass

CLOCKS = {CLOCKS!r}

def main():
    before = {{name: eval(clock) for name, clock in CLOCKS.items()}}
    time.sleep(2)
    return {{name: eval(clock) - before[name] for name, clock in CLOCKS.items()}}
"""


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_every_clock_follows_virtual_time(run_program: RunProgram) -> None:
    """Two seconds of sleep are two seconds on each, and next to none on the wall."""
    passed = run_program(PROGRAM)
    wrong = {name: seconds for name, seconds in passed.items() if abs(seconds - 2) > 1}
    assert wrong == {}
    assert len(passed) == len(CLOCKS)


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_a_run_shows_the_same_times_again(run_program: RunProgram) -> None:
    """Nothing of the wall's time is in any of them."""
    assert run_program(PROGRAM, seed=3) == run_program(PROGRAM, seed=3)


def test_nanoseconds_agree_with_seconds(run_program: RunProgram) -> None:
    """The two ways to read a clock differ by what a float cannot hold, and no more."""
    program = """
        import random, time
        def main():
            worst = 0
            for _ in range(200):
                time.sleep(random.random())
                for name in ("time", "monotonic", "perf_counter"):
                    seconds = getattr(time, name)()
                    nanos = getattr(time, name + "_ns")()
                    assert type(nanos) is int
                    worst = max(worst, abs(nanos - int(seconds * 1e9)))
                assert time.time_ns() - time.monotonic_ns() == (
                    time.time_ns() - time.perf_counter_ns())
            return worst
        """
    assert run_program(program) <= 500


def test_dates_are_the_librarys(run_program: RunProgram) -> None:
    """Arithmetic, comparison, type checks and texts are those of `datetime`."""
    program = """
        import datetime as d, pickle
        class Mine(d.datetime): pass
        def main():
            now = d.datetime.now()
            later = now + d.timedelta(days=1)
            return [
                isinstance(now, d.date), isinstance(now, d.datetime),
                isinstance(now.date(), d.datetime), isinstance(later, d.datetime),
                isinstance(d.datetime.min, d.datetime), isinstance(d.date.max, d.date),
                issubclass(d.datetime, d.date), issubclass(Mine, d.datetime),
                isinstance(now, Mine), isinstance(Mine.now(), Mine),
                d.date.today() == now.date() == d.datetime.today().date(),
                later > now, repr(d.datetime(2024, 1, 2)), repr(d.date(2024, 1, 2)),
                repr(Mine(2024, 1, 2)), repr(type(now)), str(d.date(2024, 1, 2)),
                pickle.loads(pickle.dumps(later)) == later,
                d.datetime.fromisoformat("2024-01-02").isoformat(),
                d.datetime.strptime("2024", "%Y").year,
                type(d.datetime.combine(now.date(), now.time())) is d.datetime,
            ]
        """
    space: dict[str, Any] = {"__name__": __name__}
    exec(_dedented(program), space)
    globals()["Mine"] = space["Mine"]
    assert run_program(program) == space["main"]()


def _dedented(text: str) -> str:
    import textwrap

    return textwrap.dedent(text)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("time.sleep(-1)", ValueError),
        ("time.sleep(float('nan'))", ValueError),
        ("time.sleep(float('inf'))", OverflowError),
        ("time.sleep('1')", TypeError),
        ("time.sleep(None)", TypeError),
        ("time.clock_gettime(12345)", OSError),
        ("time.get_clock_info('sundial')", ValueError),
        ("time.clock_settime(0, 0)", NotSimulable),
        ("time.clock_settime_ns(0, 0)", NotSimulable),
    ],
)
def test_wrong_uses_are_refused(
    run_program: RunProgram, call: str, error: type[Exception]
) -> None:
    """A wrong argument is refused as Python refuses it, and setting a clock always."""
    with pytest.raises(TaskFailed) as failure:
        run_program(f"import time\ndef main(): {call}")
    assert isinstance(failure.value.__cause__, error)


MODULES = ("_thread", "gc", "os", "sys", "threading", "time", "timeit")


def test_functions_do_not_become_methods(run_program: RunProgram) -> None:
    """What is no method of a class that holds it outside a world is none inside."""
    plain = [
        (module, name)
        for module in MODULES
        for name, value in vars(importlib.import_module(module)).items()
        if isinstance(value, types.BuiltinFunctionType)
    ]
    bound = run_program(
        f"""
        import importlib

        class Holder: pass

        def main():
            found, holder = [], Holder()
            for module, name in {plain}:
                Holder.held = getattr(importlib.import_module(module), name, None)
                hook = "excepthook" in name
                if getattr(holder.held, "__self__", None) is holder and not hook:
                    found.append(f"{{module}}.{{name}}")
            return found
        """
    )
    assert bound == []


def test_a_log_with_times(run_program: RunProgram) -> None:
    """The time of a log record is the simulation's, in every style of format."""
    lines: list[str] = []
    run_program(
        """
        import io, logging

        def main():
            for style, layout in (("%", "%(asctime)s %(message)s"),
                                  ("{", "{asctime} {message}")):
                handler = logging.StreamHandler()
                handler.setFormatter(logging.Formatter(layout, "%Y", style))
                logging.getLogger().addHandler(handler)
                logging.getLogger().warning("text")
                logging.getLogger().removeHandler(handler)
        """,
        output=lambda now, world, text: lines.append(text),
    )
    assert lines == ["2024 text", "2024 text"]
