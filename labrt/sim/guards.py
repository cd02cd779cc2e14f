"""Two signal handlers that keep a simulation in its user's hands.

Both are installed for the length of a run, in the main thread only, and put back
what they found. They work by switching greenlets from inside the handler, so that
no `except:` in the code that is running can swallow them.

A signal can come between any two instructions, in the middle of the scheduler's own
bookkeeping as well. So a handler switches only when it interrupts code of a world, or
what main does between two blocking calls; anywhere else it leaves word, which is read
when somebody next blocks or, at the latest, when the run has ended.
"""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType, TracebackType

from labrt.errors import Runaway
from labrt.sim.kernel import Kernel
from labrt.sim.reports import runaway, traceback_of
from labrt.sim.tasks import RUNNING

_OWN_FOLDER = str(Path(__file__).parents[1])

# How often a task that does not end is looked at to find its loop: a call that takes a
# tenth of the time in which this happens is not taken for one.
_MORE_LOOKS = 10


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _may_switch(runtime: Kernel, frame: FrameType | None) -> bool:
    """Whether what a signal has interrupted can be left where it stands."""
    task = runtime.current
    # A done task is a callback's, or one that is ending: neither can be switched out.
    # Where one has blocked the next is being chosen, and it may be on no list yet.
    if runtime.dying or frame is None or task.state is not RUNNING:
        return False
    # The scheduler's own lists may be half changed at this very instruction.
    if frame.f_code.co_filename.startswith(_OWN_FOLDER):
        return False
    # Of the harness's code only main's may be left: it is made to be, at any call. A
    # task of its own is atomic between two blocking calls.
    return task.world is not None or runtime.is_main(task)


class RunawayWatch:
    """Ends the run when a task of a world computes on and on without blocking.

    It looks at the processor time of the process, not at the clock on the wall, so
    a busy machine does not make a slow task look like an endless one. When a task is
    known to be one, it is looked at a few times more: the frame that loops is the
    innermost of those that stay, whatever it calls in between.
    """

    def __init__(self, runtime: Kernel, seconds: float) -> None:
        self._runtime = runtime
        self._seconds = seconds
        self._period = seconds / 2
        self._seen: tuple[object, int] = (None, -1)
        # Those of the task's frames that have been there at each look so far, innermost
        # first. None are held before the task is known not to end: that would let what
        # they have live on, for longer on a slow machine than on a fast one.
        self._staying: list[FrameType] = []
        self._looks = 0
        self._installed = False
        self._old: object = None

    def __enter__(self) -> None:
        # Windows has no such timer: an endless loop is its user's to interrupt there.
        self._installed = _in_main_thread() and hasattr(signal, "setitimer")
        if self._installed:
            self._old = signal.signal(signal.SIGVTALRM, self._tick)
            signal.setitimer(signal.ITIMER_VIRTUAL, self._period, self._period)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._installed:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            self._staying.clear()
            signal.signal(signal.SIGVTALRM, self._old)  # type: ignore[arg-type]
            # signal.signal returned it, so signal.signal takes it back.

    def _tick(self, number: int, frame: FrameType | None) -> None:
        runtime = self._runtime
        task = runtime.current
        seen, self._seen = self._seen, (task, runtime.steps)
        # The same task at the same step as one period ago has used at least that
        # long; the second tick in a row makes it a runaway.
        if task.world is None or seen != self._seen:
            self._stop_looking()
            return
        if not _may_switch(runtime, frame):
            return
        assert frame is not None, "only code can be switched out"
        self._look(frame)
        if self._looks <= _MORE_LOOKS:
            return
        loop = self._staying[0]
        self._staying = []
        failure = Runaway(runaway(task, loop, self._seconds), worlds=[task.world.name])
        runtime.fail_now(failure.with_traceback(traceback_of(task, loop)))

    def _look(self, frame: FrameType) -> None:
        """See which of the frames that stayed so far are there still."""
        there = _outwards(frame)
        if not self._looks:
            self._staying = there
            soon = self._period / _MORE_LOOKS / 10
            signal.setitimer(signal.ITIMER_VIRTUAL, soon, soon)
        # By identity: a function that is called again has another frame.
        present = set(map(id, there))
        self._staying = [one for one in self._staying if id(one) in present]
        self._looks += 1

    def _stop_looking(self) -> None:
        if self._looks:
            self._looks = 0
            self._staying = []
            signal.setitimer(signal.ITIMER_VIRTUAL, self._period, self._period)


def _outwards(frame: FrameType | None) -> list[FrameType]:
    """A frame and those that it was called by."""
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


class InterruptWatch:
    """Raises Ctrl-C's `KeyboardInterrupt` in main, whichever task is running.

    It takes the place of Python's own handler and of no other. An interrupt is never
    lost: what was not raised in main, or was swallowed there, is raised at the end.
    """

    def __init__(self, runtime: Kernel) -> None:
        self._runtime = runtime
        self._installed = False
        self._interrupted = False

    def __enter__(self) -> None:
        self._installed = (
            _in_main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._installed:
            signal.signal(signal.SIGINT, self._interrupt)
            self._runtime.takes_interrupts = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._interrupted and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupted = True
        if _may_switch(self._runtime, frame):
            self._runtime.fail_now(KeyboardInterrupt())
        self._runtime.fail(KeyboardInterrupt())
