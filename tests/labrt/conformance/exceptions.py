"""Which of CPython's tests do not pass in a world, and why not.

Every record is strict: what it names must end as it says, on every Python that it is
for, and it must name something. So a fault that is mended, or a test that has changed,
makes the list wrong until somebody has looked. Patterns are those of `fnmatch`, over
`module::Class.method`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase

from tests.labrt.conformance.suite import Kind, TestId


class Cause(Enum):
    """What kind of reason it is."""

    ELSEWHERE = "skipped by the test itself, as on other systems"
    PROCESS = "about the process or the interpreter, not about threads"
    WORLD = "a world differs"


@dataclass(frozen=True, slots=True)
class Listed:
    """Tests that do not pass, on the Pythons 3.`since` to 3.`until`.

    With `run` false they are not even tried, since they would not end.
    """

    tests: str
    cause: Cause
    reason: str
    since: int = 11
    until: int = 99
    run: bool = True

    @property
    def ends(self) -> Kind:
        """How the tests end."""
        return Kind.SKIPPED if self.cause is Cause.ELSEWHERE else Kind.FAILED

    def applies(self) -> bool:
        """Whether the record is for this Python."""
        return self.since <= sys.version_info.minor <= self.until

    def names(self, test: TestId) -> bool:
        """Whether the record is for a test, here."""
        return self.applies() and fnmatchcase(str(test), self.tests)


def find(test: TestId) -> Listed | None:
    """The record of a test, None for one that has to pass."""
    found = [record for record in LISTED if record.names(test)]
    assert len(found) <= 1, f"{test} is listed more than once"
    return found[0] if found else None


_FORK = "forks the process; a world is no process, and os.fork is refused"
_SUBINTERPRETER = "needs a second interpreter with rules of its own for threads"
_SIGNAL = "raises a signal in the process; a world has none, interrupt_main is refused"
_SPINS = (
    "spins until another thread has changed a variable; virtual time passes only when "
    "code waits or calls, and the run says so (Runaway)"
)
LISTED = (
    # Elsewhere.
    Listed(
        "test_threading::ConditionAsRLockTests.test_recursion_count",
        Cause.ELSEWHERE,
        "Condition has no such method, on any Python",
    ),
    Listed(
        "test_threading::ThreadTests.test_debug_deprecation",
        Cause.ELSEWHERE,
        "needs a debug build of Python",
        until=11,
    ),
    Listed(
        "test_concurrent_futures.*::FailingInitializerResourcesTest.*",
        Cause.ELSEWHERE,
        "is about pools of processes, which a world says that it lacks",
        since=12,
    ),
    Listed(
        "test_concurrent_futures*::ThreadPool*.test_hang_global_shutdown_lock",
        Cause.ELSEWHERE,
        "needs os.register_at_fork, since it forks",
    ),
    # The process.
    Listed("test_thread::TestForkInThread.*", Cause.PROCESS, _FORK),
    Listed("test_threading::ThreadTests.*fork*", Cause.PROCESS, _FORK),
    Listed("test_threading::ThreadJoinOnShutdown.*_in_forked_*", Cause.PROCESS, _FORK),
    Listed(
        "test_threading::ThreadJoinOnShutdown.test_clear_threads_states_after_fork",
        Cause.PROCESS,
        _FORK,
    ),
    Listed(
        "test_threading::ThreadJoinOnShutdown.test_reinit_tls_after_fork",
        Cause.PROCESS,
        _FORK + ": it would pass without a check, since its threads fail and go unseen",
        run=False,
    ),
    Listed(
        "test_threading::SubinterpThreadingTests.test_daemon_*",
        Cause.PROCESS,
        _SUBINTERPRETER,
    ),
    Listed(
        "test_threading::SubinterpThreadingTests.test_threads_not_allowed",
        Cause.PROCESS,
        _SUBINTERPRETER,
        since=12,
    ),
    Listed(
        "test_threading::SubinterpThreadingTests.test_threads_join_with_no_main",
        Cause.PROCESS,
        _SUBINTERPRETER,
        since=12,
    ),
    Listed(
        "test_threading::InterruptMainTests.test_interrupt_*", Cause.PROCESS, _SIGNAL
    ),
    Listed(
        "test_threading::ThreadingExceptionTests.test_print_exception_gh_102056",
        Cause.PROCESS,
        "recurses for ever until a signal ends it; " + _SIGNAL,
        since=12,
        run=False,
    ),
    Listed(
        "test_threading::ThreadTests.test_PyThreadState_SetAsyncExc",
        Cause.PROCESS,
        "throws an exception into a thread of the system's by way of ctypes",
    ),
    # Worlds.
    Listed(
        "test_threading::InterruptMainTests.test_can_interrupt_tight_loops",
        Cause.WORLD,
        _SPINS,
    ),
    Listed(
        "test_threading::ThreadTests.test_join_nondaemon_on_shutdown",
        Cause.WORLD,
        "compares the repr of time.sleep, which in a world is no built-in function; "
        "what it prints before that is right",
    ),
    Listed(
        "test_threading::ThreadTests.test_import_from_another_thread",
        Cause.WORLD,
        "wants a program that has not imported threading yet; the runner has, to have "
        "what threads raise printed",
    ),
    Listed(
        "test_threading::ThreadTests.test_start_new_thread_at_*",
        Cause.WORLD,
        "a world ends by being killed; there is no time after its threads' end, in "
        "which none could be started",
        since=12,
    ),
    Listed(
        "test_threading::ThreadTests.test_foreign_thread",
        Cause.WORLD,
        "looks into threading._active, a table that a world has no use for; "
        "threading.enumerate() has those threads",
    ),
    Listed(
        "test_threading::ThreadTests.test_ident_of_no_threading_threads",
        Cause.WORLD,
        "deletes a thread from threading._active, as above",
        until=12,
    ),
    Listed(
        "test_threading::ThreadTests.test_limbo_cleanup",
        Cause.WORLD,
        "replaces the private function of threading that starts a thread; in a world a "
        "start makes a task, and cannot fail",
    ),
    Listed(
        "test_threading::ThreadTests.test_tstate_lock",
        Cause.WORLD,
        "looks at the lock inside a Thread that join() waits for; in a world the "
        "scheduler knows who waits",
        until=12,
    ),
    Listed(
        "test_threading::ThreadTests.test_shutdown_locks",
        Cause.WORLD,
        "looks at the locks that the interpreter's end waits for, as above",
        until=12,
    ),
    Listed(
        "test_threading::EventTests.test_at_fork_reinit",
        Cause.WORLD,
        "looks at the Condition inside an Event; in a world there is none",
    ),
    Listed(
        "test_threading::ThreadTests.test_disallow_instantiation",
        Cause.WORLD,
        "makes a lock by way of its type, which is an error before 3.13; in a world "
        "threading.Lock is that type, as it is from 3.13 on",
        until=12,
    ),
    Listed(
        "test_threading::CRLockTests.test_signature",
        Cause.WORLD,
        "RLock with arguments, which do nothing and are deprecated",
        since=13,
    ),
    # As long as the tests of executors were one file.
    Listed(
        "test_concurrent_futures::*.test_cancel_futures_wait_false",
        Cause.WORLD,
        "takes it that a worker has begun when submit() returns; with the seed used "
        "here it has not, and later editions of the test allow for that",
    ),
)
