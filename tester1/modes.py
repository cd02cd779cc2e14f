"""The two ways to run a test, and what each of them is made of.

This is the one place that knows which classes belong to which mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from labrt import RealRuntime, Runtime, SimRuntime, Trace
from tester1.host import Host
from tester1.lab import Lab, Mode
from tester1.process import ProcessHost, spawn
from tester1.process.limits import Limits
from tester1.simhost import SimHost
from tester1.solution import CodeUnderTest
from tester1.testerclient import TesterServices

__all__ = ["Preempt", "RunOptions", "UnavailableMode", "make_host", "make_runtime"]

LOCK_PATIENCE_S: Final = 20.0
"""How long a task may wait for a lock before that counts as a deadlock, in seconds.

Far above the longest delay of the network (7 s), so that a solution that calls while it
holds a lock is not condemned for that alone."""


class Preempt(StrEnum):
    """Where the simulation may switch a thread out besides where it blocks."""

    NONE = "none"
    LINE = "line"


class UnavailableMode(Exception):
    """The mode cannot be used here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run is done, apart from its seed."""

    mode: Mode = Mode.SIM
    preempt: Preempt = Preempt.NONE


def check_available(mode: Mode) -> None:
    """Raise `UnavailableMode` for a mode that this installation cannot run."""
    if mode is Mode.PROCESS and not spawn.available():
        raise UnavailableMode(
            "--mode process needs fork servers, which this system does not have; "
            "use --mode sim"
        )


def make_runtime(options: RunOptions, seed: int, trace: Trace | None = None) -> Runtime:
    """The runtime of one run; `seed` is what all its decisions derive from."""
    if options.mode is Mode.PROCESS:
        return RealRuntime(seed, trace=trace)
    return SimRuntime(
        seed,
        trace=trace,
        preempt_lines=options.preempt is Preempt.LINE,
        lock_patience=LOCK_PATIENCE_S,
    )


def make_host(lab: Lab, services: TesterServices) -> Host:
    """What runs the programs of one test."""
    code = CodeUnderTest.of(lab.solution)
    if lab.mode is Mode.PROCESS:
        return ProcessHost(lab.runtime, code, services, Limits.of())
    return SimHost(lab.runtime, code, services)
