"""The texts of a simulation's failures: who is blocked, on what, and who holds it.

Each begins with what broke and where, in the world's own code, and goes on with
the stacks of whoever is involved. Frames of this package are left out: what counts
is where the world's code stood.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from inspect import CO_OPTIMIZED
from itertools import takewhile
from pathlib import Path
from types import (
    FrameType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    TracebackType,
)
from typing import Final, cast

from greenlet import getcurrent

from labrt.report import is_own_code, line_of, traceback_through
from labrt.runtime import Waiting
from labrt.sim.kernel import Kernel
from labrt.sim.locks import Condition, Lock
from labrt.sim.tasks import A_REPLY, BLOCKED, READY, THE_END, SimTask

A_SLEEP: Final = "its sleep to end"
"""For what a task waits that sleeps."""

_OWN_FOLDER = str(Path(__file__).parents[1])
_MOST_TASKS = 40
_MOST_FRAMES = 8


def deadlock(tasks: Iterable[SimTask]) -> str:
    """List every blocked task with its stack, what it waits for and who holds it."""
    blocked = [task for task in tasks if not task.done]
    lines = ["deadlock: every task is blocked and no timer is running"]
    for task in blocked[:_MOST_TASKS]:
        lines.extend(_blocked_task(task))
    if len(blocked) > _MOST_TASKS:
        lines.append(f"  … and {len(blocked) - _MOST_TASKS} more")
    return "\n".join(lines)


def stuck_lock(task: SimTask, lock: object, seconds: float) -> str:
    """Say which task waits for which lock, where, and what its holder is doing."""
    holder: SimTask | None = getattr(lock, "holder", None)
    already = " already" if holder is task else ""
    lines = [
        f"{task.where} has waited {seconds:.1f} s for {name_of_lock(task, lock)}, "
        f"{_held_by(holder, task)}{already}{_place(task)}{_why_stuck(task, holder)}"
    ]
    lines.extend(_blocked_task(task))
    if holder is not None and holder is not task and not holder.done:
        lines.extend(_blocked_task(holder))
    return "\n".join(lines)


def _why_stuck(task: SimTask, holder: SimTask | None) -> str:
    """Say why a lock that a task waits for does not come free."""
    if holder is None:
        return ""
    last = _end_of_chain(task, holder)
    if last is None or last.done:
        return ": a deadlock"
    # It will go on, and all others with it: so that it has to wait is what is wrong.
    who = (
        "the holder" if last is holder else f"{last.where}, whom its holder waits for,"
    )
    if _only_its_turn(last):
        return f": {who} is ready to run"
    if _waits_for(last) == A_REPLY:
        return (
            f": {who} waits for the reply of a call{_place(last)}; "
            "a lock must not be held over a call"
        )
    return f": {who} waits {_what_and_where(last)}; a lock must not be held meanwhile"


def _end_of_chain(task: SimTask, holder: SimTask) -> SimTask | None:
    """Who keeps a lock's holder from going on, in the end; None if that is a circle."""
    seen = {task}
    while holder not in seen:
        seen.add(holder)
        lock = _waits_for(holder)
        following = lock.holder if isinstance(lock, Lock) else None
        if following is None:
            return holder
        holder = following
    return None


def _waits_for(task: SimTask) -> object:
    """What a task is blocked on; None if it sleeps, or is not blocked."""
    waits = task.state is BLOCKED and task.waiters is not None
    return task.blocked_on if waits else None


def _what_and_where(task: SimTask) -> str:
    """For what a task waits and where; or in what of another module, and who called it.

    A wait in a channel or in a queue is told by its method, and by the line that called
    that, which is the one that can be changed.
    """
    frames = own_frames(task)
    file = frames[0].f_code.co_filename if frames else ""
    inside = list(takewhile(lambda one: one.f_code.co_filename == file, frames))
    if len(inside) == len(frames):
        return f"for {_reason(task)}{_place(task)}"
    caller = frames[len(inside)]
    place = _without_colon(line_of(task, caller, caller.f_lineno))
    return f"in {inside[-1].f_code.co_qualname}, called at {place}"


def stuck_locks(tasks: Iterable[SimTask], now: float, seconds: float) -> list[str]:
    """Say the same of each task that has waited so long for a lock."""
    found = []
    for task in tasks:
        waited = now - task.waiting_since
        waits = task.state is BLOCKED and isinstance(task.blocked_on, Lock)
        if waits and waited >= seconds:
            found.append(stuck_lock(task, task.blocked_on, waited))
    return found


def waits(tasks: Iterable[SimTask]) -> list[Waiting]:
    """Say of each task of a world what it waits for; one that runs is left out.

    So is one that has ended the run: what it did is the failure.
    """
    return [
        _waiting(task)
        for task in tasks
        if task.world is not None and task.state in (READY, BLOCKED)
        if task.blocked_on is not THE_END
    ]


def _waiting(task: SimTask) -> Waiting:
    assert task.world is not None, "only worlds have threads"
    # A lock is waited for in a loop, in which the task is blocked again and again.
    is_lock = task.state is BLOCKED and isinstance(task.blocked_on, Lock)
    since = task.waiting_since if is_lock else task.blocked_at / 1e9
    frames = frames_of(task)
    return Waiting(
        task.world.name,
        task.name,
        "its turn" if _only_its_turn(task) else _reason(task),
        since,
        line_of(task, frames[0], frames[0].f_lineno) if frames else "",
    )


def _only_its_turn(task: SimTask) -> bool:
    """Whether nothing keeps a task from going on: it is ready, or was switched out."""
    if task.state is READY:
        return True
    frame = frame_of(task)
    caller = None if frame is None else frame.f_back
    return caller is not None and caller.f_code is Kernel.preempt.__code__


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that a task has held; see `labrt.runtime.HeldLock`."""

    lock: Lock
    task: SimTask
    name: str
    line: str

    def still_held(self) -> bool:
        """Whether the same task holds it now."""
        return self.lock.holder is self.task

    def waiting(self) -> int:
        """How many tasks wait for it now."""
        return self.lock.waiting


def own_frames(task: SimTask) -> list[FrameType]:
    """The frames of a task in its world's own code, innermost first."""
    return [frame for frame in frames_of(task) if is_own_code(task, frame)]


def traceback_of(task: SimTask, frame: FrameType | None = None) -> TracebackType | None:
    """What a traceback would be of an error raised where a task stands, in its code.

    For a debugger: it shows what the task knew. `frame` is where the task is, if it is
    not where it was switched out.
    """
    return traceback_through(
        one for one in frames_of(task, frame) if is_own_code(task, one)
    )


class LockSearch:
    """Finds the locks that tasks of one run hold, at every call that they make.

    Where the objects of a type keep what they have is looked up once: most of a search
    is to learn of an object that it is none, and has none.
    """

    def __init__(self) -> None:
        # By identity: a class of the solution's may have a metaclass, whose code must
        # not run. The class is kept with it, so that no other gets its address.
        self._layouts: dict[int, tuple[type, _Layout]] = {}

    def held_by(self, task: SimTask) -> list[Held]:
        """The locks that it holds and that the objects on its stack have."""
        if task.world is None:
            return []
        frames = own_frames(task)
        found: dict[Lock, None] = {}
        seen: set[int] = set()
        for frame in frames:
            for value in _locals_of(frame).values():
                if id(value) not in seen:
                    seen.add(id(value))
                    self._look_at(value, task, found)
        if not found:
            return []
        line = line_of(task, frames[0], frames[0].f_lineno)
        return [Held(lock, task, name_of_lock(task, lock), line) for lock in found]

    def _look_at(self, value: object, task: SimTask, found: dict[Lock, None]) -> None:
        """Add what is a lock of the task's: the value, and what is stored in it."""
        layouts = self._layouts
        for one in (value, *self._layout_of(value).stored_in(value)):
            known = layouts.get(id(type(one)))
            layout = self._layout_of(one) if known is None else known[1]
            # Nearly all are of a type that is neither.
            if not layout.counts:
                continue
            lock = one
            if layout.is_condition:
                lock = _attributes(one).get("_lock")
                layout = self._layout_of(lock)
            if layout.is_lock and cast(Lock, lock).holder is task:
                found[cast(Lock, lock)] = None

    def _layout_of(self, value: object) -> _Layout:
        kind = type(value)
        known = self._layouts.get(id(kind))
        if known is None:
            known = self._layouts[id(kind)] = kind, _Layout(kind)
        return known[1]


def runaway(task: SimTask, frame: FrameType | None, seconds: float) -> str:
    """Say which task computes without end, and where."""
    lines = [
        f"{task.where} has computed for over {seconds:g} s without blocking"
        f"{_place(task, frame)}: an endless loop? (virtual time passes only when "
        "code sleeps, waits or calls)"
    ]
    lines.extend(_stack(task, frame))
    return "\n".join(lines)


def _blocked_task(task: SimTask) -> list[str]:
    ready = task.state is READY
    text = "is ready to run" if ready else f"waits for {_reason(task)}"
    return [f"  {task.where} {text}", *_stack(task)]


def _reason(task: SimTask) -> str:
    sleeps = task.state is BLOCKED and task.waiters is None
    reason = A_SLEEP if sleeps else task.blocked_on
    if isinstance(reason, str):
        return reason
    name = name_of_lock(task, reason)
    holder: SimTask | None = getattr(reason, "holder", None)
    return f"{name}, {_held_by(holder, task)}" if holder else name


def _held_by(holder: SimTask | None, waiting: SimTask) -> str:
    """Say who holds the lock that a task waits for."""
    if holder is None:
        return "held by nobody"
    if holder is waiting:
        return "held by itself"
    ended = ", which ended without releasing it" if holder.done else ""
    # Programs give all threads of a kind one name.
    if holder.world is not None and holder.where == waiting.where:
        return f"held by {holder.world.name}, another {holder.name}{ended}"
    return f"held by {holder.where}{ended}"


def frame_of(task: SimTask) -> FrameType | None:
    """The innermost frame of a task, None if it has not begun or has ended."""
    if task.greenlet is None:
        return None
    if task.greenlet is getcurrent():
        return sys._getframe()
    frame: FrameType | None = task.greenlet.gr_frame
    return frame


def frames_of(task: SimTask, frame: FrameType | None = None) -> list[FrameType]:
    """The task's frames, innermost first, without this package's."""
    found = []
    frame = frame or frame_of(task)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_OWN_FOLDER):
            found.append(frame)
        frame = frame.f_back
    own = [frame for frame in found if is_own_code(task, frame)]
    return own or found


def _locals_of(frame: FrameType) -> dict[str, object]:
    """What a frame has, of which nothing lives on for having been looked at.

    Before Python 3.13 a frame keeps what it has shown until it ends or is asked again.
    """
    shown = frame.f_locals
    found = dict(shown)
    # It is the frame's, this function's, and an argument: whoever called `locals` has
    # the same one. A module's, or a class's, is no copy at all.
    is_copy = frame.f_code.co_flags & CO_OPTIMIZED and type(shown) is dict
    if is_copy and sys.getrefcount(shown) == 3:
        shown.clear()
    return found


def _stack(task: SimTask, frame: FrameType | None = None) -> list[str]:
    frames = frames_of(task, frame)[:_MOST_FRAMES]
    return [f"    {line_of(task, step, step.f_lineno)}" for step in frames]


def _place(task: SimTask, frame: FrameType | None = None) -> str:
    frames = frames_of(task, frame)
    if not frames:
        return ""
    return f", at {_without_colon(line_of(task, frames[0], frames[0].f_lineno))}"


def _without_colon(line: str) -> str:
    """A line of code that more of a sentence follows."""
    return line.rstrip().removesuffix(":")


def name_of_lock(task: SimTask, lock: object, frame: FrameType | None = None) -> str:
    """Find what the waiting code calls a lock: `self.mu`; `raft.mu` if global."""
    kind = type(lock).__name__
    frames = frames_of(task, frame)
    for frame in frames:
        for name, value in _locals_of(frame).items():
            if value is lock:
                return f"{kind} {name}"
            for attribute, held in _attributes(value).items():
                if _is_lock_of(held, lock):
                    return f"{kind} {name}.{attribute}"
    for frame in frames:
        for name, value in frame.f_globals.items():
            if _is_lock_of(value, lock):
                return f"{kind} {Path(frame.f_code.co_filename).stem}.{name}"
    return f"a {kind}"


# Nothing below may run code of the world: `getattr` would call a `__getattr__` of the
# student's and `isinstance` a `__class__`, which can raise, block, or never return.


def _attributes(value: object) -> dict[str, object]:
    """What is stored in an object itself, in its `__dict__` or its slots."""
    found: dict[str, object] = {}
    for kind in type.__dict__["__mro__"].__get__(type(value)):
        for name, member in type.__dict__["__dict__"].__get__(kind).items():
            if type(member) is MemberDescriptorType:
                with suppress(AttributeError):  # a slot that is empty
                    found[name] = member.__get__(value)
            elif name == "__dict__" and type(member) is GetSetDescriptorType:
                stored = member.__get__(value)
                if type(stored) in (dict, MappingProxyType):
                    found.update(stored)
    return found


class _Layout:
    """Where the objects of a type keep what is stored in them."""

    __slots__ = ("_dicts", "_slots", "counts", "is_condition", "is_lock")

    def __init__(self, kind: type) -> None:
        kinds = type.__dict__["__mro__"].__get__(kind)
        self.is_lock = any(one is Lock for one in kinds)
        self.is_condition = any(one is Condition for one in kinds)
        self.counts = self.is_lock or self.is_condition
        members = [
            item
            for one in kinds
            for item in type.__dict__["__dict__"].__get__(one).items()
        ]
        self._slots = [
            member for _, member in members if type(member) is MemberDescriptorType
        ]
        self._dicts = [
            member
            for name, member in members
            if name == "__dict__" and type(member) is GetSetDescriptorType
        ]

    def stored_in(self, value: object) -> list[object]:
        """What is stored in an object of that type."""
        found: list[object] = []
        for stored in self._dicts:
            names = stored.__get__(value)
            if type(names) in (dict, MappingProxyType):
                found.extend(names.values())
        for slot in self._slots:
            with suppress(AttributeError):  # a slot that is empty
                found.append(slot.__get__(value))
        return found


def _is_lock_of(value: object, lock: object) -> bool:
    """Whether a value is that lock, or a condition that is built on it."""
    if value is lock:
        return True
    kinds = type.__dict__["__mro__"].__get__(type(value))
    is_condition = any(kind is Condition for kind in kinds)
    return is_condition and _attributes(value).get("_lock") is lock
