"""Short ways to write programs in tests."""

from __future__ import annotations

from dataclasses import replace

from tests.labrt.differential.language import (
    LockKind,
    Op,
    Parts,
    Program,
    Result,
    ThreadBody,
)

NO_PARTS = Parts(
    locks=(),
    conditions=(),
    semaphores=(),
    barriers=(),
    queues=(),
    counters=1,
    events=0,
    workers=0,
)

ONE_LOCK = replace(NO_PARTS, locks=(LockKind.LOCK,))
ONE_CONDITION = replace(NO_PARTS, locks=(LockKind.RLOCK,), conditions=(0,))


def threads(parts: Parts, *bodies: tuple[Op, ...]) -> Program:
    """Make a program of threads that all begin at tick 1."""
    return Program(parts, tuple(ThreadBody(1, ops) for ops in bodies))


def ends(result: Result) -> tuple[object, ...]:
    """What the last operation of each thread came to, and when, and the end."""
    last = [(log[-1].outcome, log[-1].tick) if log else None for log in result.logs]
    return (*last, result.ending)
