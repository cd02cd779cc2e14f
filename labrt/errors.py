"""What can go wrong in a runtime, one class a kind.

Three parties can be at fault and the classes keep them apart: the code inside a
world (`TaskFailed`, `Runaway`, `LockStuck`, `Deadlock`, `NotSimulable`), the caller
of this package (`UsageError`), and nobody at all (`WorldKilled`, which is how a
killed world's tasks end and which never leaves the runtime).
"""

from __future__ import annotations

from collections.abc import Iterable

from greenlet import GreenletExit


class RuntimeFailure(Exception):
    """Base of the failures that end a run because of the code that it runs.

    `worlds` names the programs that it is about, in the order of their part in it.
    """

    def __init__(self, message: str = "", *, worlds: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.worlds = tuple(dict.fromkeys(worlds))


class TaskFailed(RuntimeFailure):
    """A task of a world ended with an exception; the exception is the cause.

    The message names the world, the thread and the innermost line of the world's
    own code, so that it can be read without the traceback.
    """


class Deadlock(RuntimeFailure):
    """Every task is blocked and no timer is left: nothing can ever happen again."""


class LockStuck(RuntimeFailure):
    """A task has waited for a lock for longer than the runtime's lock patience.

    Its traceback ends where the task stands, as that of a `Runaway` does.
    """


class Runaway(RuntimeFailure):
    """A task computes without ever blocking, so virtual time cannot pass."""


class NotSimulable(ImportError):
    """A world imported a module, or called a function, that has no simulation."""


class UsageError(RuntimeError):
    """The runtime was called where or when it cannot be; the message says how to."""


class WorldKilled(GreenletExit, GeneratorExit):
    """Ends a task of a killed world.

    It is no `Exception`, and the loader sees to it that no handler and no `finally`
    block of the world's own code runs while it passes. A generator of the world that
    goes later is closed then; its `finally` block may raise a `GeneratorExit` and
    nothing else, so this is one as well.
    """
