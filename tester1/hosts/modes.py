"""The two ways to run a test, and what each of them is made of.

This is the one place that knows which classes belong to which mode.
"""

from __future__ import annotations

import multiprocessing
from typing import Final

from labrt import Facts, RealRuntime, Runtime, SimRuntime
from tester1.contact.services import TesterServices
from tester1.hosts.interface import Host
from tester1.hosts.worlds import SimHost
from tester1.lab import Lab, Mode, Preempt, RunOptions
from tester1.sandbox.limits import Limits, LimitsError
from tester1.solution import CodeUnderTest

__all__ = ["UnavailableMode", "make_facts", "make_host", "make_runtime"]

FACTS_KEPT: Final = 20_000
"""How many facts of a run in processes are kept, the latest."""

LOCK_PATIENCE_S: Final = 20.0
"""How long a task may wait for a lock before that counts as a deadlock, in seconds.

Far above the longest delay of the network (7 s), so that a solution that calls while it
holds a lock is not condemned for that alone."""


class UnavailableMode(Exception):
    """The mode cannot be used here; the message says why and what to do."""


def check_available(options: RunOptions) -> None:
    """Raise `UnavailableMode` for what this installation cannot do."""
    if options.mode is not Mode.PROCESS:
        return
    if "forkserver" not in multiprocessing.get_all_start_methods():
        raise UnavailableMode(
            "--mode process needs fork servers, which this system does not have; "
            "use --mode sim"
        )
    if options.preempt is not Preempt.NONE:
        raise UnavailableMode(
            "--preempt says where the simulation switches threads; with --mode process "
            "the machine decides that: leave one of the two out"
        )
    try:
        Limits.of()
    except LimitsError as error:
        raise UnavailableMode(str(error)) from None


def warning(mode: Mode) -> str | None:
    """What a session in this mode has to warn of; usually nothing."""
    if mode is not Mode.PROCESS:
        return None
    # Most sessions are simulated and need not load what confines.
    from tester1.sandbox.confine import missing

    lacking = missing()
    if not lacking:
        return None
    return (
        f"this machine has no {' and no '.join(lacking)}: servers are not confined, "
        "so do not run code here that you do not trust"
    )


def make_runtime(options: RunOptions, seed: int, facts: Facts | None = None) -> Runtime:
    """The runtime of one run; `seed` is what all its decisions derive from."""
    if options.mode is Mode.PROCESS:
        return RealRuntime(seed, facts=facts)
    return SimRuntime(
        seed,
        facts=facts,
        preempt_lines=options.preempt is Preempt.LINE,
        lock_patience=LOCK_PATIENCE_S,
    )


def make_facts(options: RunOptions, *, everything: bool) -> Facts | None:
    """The facts of one run: `everything` is to be kept, or what its report needs."""
    if everything:
        return Facts(most=None)
    if options.mode is Mode.PROCESS:
        return Facts(most=FACTS_KEPT)
    # A simulated run is repeated if it fails, so nothing of it need be kept.
    return Facts(most=0) if options.rules else None


def make_host(lab: Lab, services: TesterServices) -> Host:
    """What runs the programs of one test."""
    code = CodeUnderTest.of(lab.solution)
    if lab.mode is Mode.PROCESS:
        # Most sessions are simulated and need not wait for this import.
        from tester1.hosts.process.host import ProcessHost

        return ProcessHost(lab.runtime, code, services, Limits.of())
    return SimHost(lab.runtime, code, services)
