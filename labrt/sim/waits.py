"""What the threads of worlds have waited for, told as each wait ends.

A wait ends where its task is chosen to go on. It is told when the instant in which that
happens is over: a thread that has gone back to the same wait by then, as one that polls
does, and one that is woken for nothing, has done nothing that anybody could see in
between. Its waits are told as one, with their number.

Only a run that is recorded has this. Nothing here runs code of the world, nor decides
anything.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Final

from labrt.report import line_of
from labrt.runtime import Waiting
from labrt.sim.kernel import Kernel
from labrt.sim.locks import Lock
from labrt.sim.reports import A_SLEEP, frame_of, frames_of, name_of_lock
from labrt.sim.tasks import A_REPLY, BLOCKED, READY, THE_END, SimTask

_BLOCK: Final = Kernel.block.__code__
_SLEEP: Final = Kernel.sleep.__code__
_PREEMPT: Final = Kernel.preempt.__code__


@dataclass(slots=True)
class _Wait:
    """A wait, or several of one thread in a row.

    `what` is known by a weak reference, unless it is a text; a sleep is for None. No
    frame is kept either: what a solution has let go has to be gone.
    """

    since: float
    what: weakref.ref[object] | str | None
    line: str
    reason: str = ""
    times: int = 1

    def continues(self, earlier: _Wait) -> bool:
        """Whether it is the same wait once more."""
        # Each call is a wait of its own, however alike they are.
        return (
            self.what is earlier.what
            and self.what != A_REPLY
            and self.line == earlier.line
        )


class EndedWaits:
    """The waits of one run that have ended and are still to be told."""

    def __init__(self) -> None:
        self._untold: dict[SimTask, _Wait] = {}
        # Whose wait has ended in this instant, in that order.
        self._awake: dict[SimTask, None] = {}
        self._names = _Names()

    def end(self, task: SimTask, now_ns: float) -> None:
        """Take note that the wait of a task ends, if there was one that took time."""
        if task in self._untold:
            self._awake[task] = None
        frame = _switched_out_in(task)
        if frame is None or _tries_again(task):
            return
        wait = _wait_in(frame, task)
        if wait.since == now_ns / 1e9:
            return
        earlier = self._untold.get(task)
        if earlier is not None:
            # When that one had ended, it was this one that the task went back to.
            earlier.times += 1
        else:
            wait.reason = self._names.of(task, frame, wait)
            self._untold[task] = wait
            self._awake[task] = None

    def over(self) -> Iterator[Waiting]:
        """What is to be told at the end of an instant."""
        awake, self._awake = self._awake, {}
        for task in awake:
            frame = _switched_out_in(task) if task.state is BLOCKED else None
            wait = None if frame is None else _wait_in(frame, task)
            if wait is None or not wait.continues(self._untold[task]):
                yield self._told(task)

    def end_for_good(self, task: SimTask, now_ns: float) -> Iterator[Waiting]:
        """What is to be told of a task that is killed now."""
        self.end(task, now_ns)
        self._awake.pop(task, None)
        if task in self._untold:
            yield self._told(task)

    def rest(self) -> Iterator[Waiting]:
        """What is still to be told at the end of the run."""
        for task in list(self._untold):
            yield self._told(task)

    def _told(self, task: SimTask) -> Waiting:
        wait = self._untold.pop(task)
        assert task.world is not None, "only worlds have threads"
        return Waiting(
            *(task.world.name, task.name, wait.reason),
            *(wait.since, wait.line, wait.times),
        )


def _switched_out_in(task: SimTask) -> FrameType | None:
    """The frame in which a task waits; None if the seed alone has switched it out."""
    frame = frame_of(task)
    while frame is not None and frame.f_code not in (_BLOCK, _SLEEP):
        frame = frame.f_back
    # One that has only just begun, or has ended the run, does not stand in either.
    if frame is None or task.blocked_on is THE_END:
        return None
    caller = frame.f_back
    return None if caller is not None and caller.f_code is _PREEMPT else frame


def _wait_in(frame: FrameType, task: SimTask) -> _Wait:
    """What a task waits for that stands in this frame of the kernel's."""
    # What it was blocked on stays there, so only the frame says whether it sleeps.
    what = task.blocked_on if frame.f_code is _BLOCK else None
    known = what if what is None or isinstance(what, str) else weakref.ref(what)
    is_lock = isinstance(what, Lock)
    since = task.waiting_since if is_lock else task.blocked_at / 1e9
    own = frames_of(task, frame)
    line = line_of(task, own[0], own[0].f_lineno) if own else ""
    return _Wait(since, known, line)


def _tries_again(task: SimTask) -> bool:
    """Whether a task was woken for a lock that somebody else has taken since.

    It goes on only to wait for it again.
    """
    lock = task.blocked_on
    if not isinstance(lock, Lock) or task.state is not READY or not task.woken:
        return False
    return lock.holder is not None


class _Names:
    """What waiting code calls what it waits for, looked up once for each line.

    To look takes a look at all that the thread's code has.
    """

    def __init__(self) -> None:
        # By identity: a lock may be of a class of the solution's, whose code must not
        # run. Nothing is kept alive by it; the next lock at an address takes its place.
        self._known: dict[int, tuple[weakref.ref[object], dict[str, str]]] = {}

    def of(self, task: SimTask, frame: FrameType, wait: _Wait) -> str:
        """The reason of a wait, for which a task stands in this frame."""
        if not isinstance(wait.what, weakref.ref):
            return A_SLEEP if wait.what is None else wait.what
        what = wait.what()
        known = self._known.get(id(what))
        if known is None or known[0] is not wait.what:
            known = self._known[id(what)] = wait.what, {}
        if wait.line not in known[1]:
            known[1][wait.line] = name_of_lock(task, what, frame)
        return known[1][wait.line]
