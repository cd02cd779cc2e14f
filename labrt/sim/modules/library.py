"""Library modules of a simulated world that differ from the process's in a few names.

Each difference has one of two reasons: the original keeps a thread apart from other
threads, which here are all one, or it acts on the whole process.
"""

from __future__ import annotations

import faulthandler as real_faulthandler
import functools as real_functools
import getpass as real_getpass
import weakref as real_weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

from labrt.sim import locks
from labrt.sim.modules.copies import copy_of, rebound_class
from labrt.sim.modules.files import weak_set
from labrt.sim.refusals import no_input, refuse_all
from labrt.sim.world import SimWorld


def make_functools(world: SimWorld) -> ModuleType:
    """Make a `functools` whose `cached_property` computes once.

    Until Python 3.11 it holds a lock while it computes: one that a second thread of
    the simulation, being the same thread of the system, would get as well.
    """
    return copy_of(real_functools, cached_property=_cached_property())


@real_functools.cache
def _cached_property() -> Any:
    original = real_functools.cached_property
    # From 3.12 on there is no lock, and nothing to replace.
    if "lock" not in original.__init__.__code__.co_names:
        return original
    return rebound_class(original, RLock=locks.RLock)


def make_weakref(world: SimWorld) -> ModuleType:
    """Make a `weakref` whose finalizers end with the world.

    Its sets iterate in an order that repeats. The original keeps all finalizers of
    the process in one table, and calls what is left there when the process ends.
    """

    class finalize(real_weakref.finalize):  # type: ignore[type-arg]
        # Generic in the stubs only.
        __slots__ = ()
        _registry: dict[Any, Any] = {}  # noqa: RUF012 (as the original's)
        # What the original looks at before it registers itself, once, in the process.
        _registered_with_atexit = True

        def __call__(self, _: object = None) -> Any:
            # A dead world's objects are freed at some time; its code runs no more.
            return super().__call__(_) if world.alive else None

    return copy_of(real_weakref, finalize=finalize, WeakSet=weak_set())


def _ignore(*_: object, **__: object) -> None:
    """Do nothing."""


def make_faulthandler(world: SimWorld) -> ModuleType:
    """Make a `faulthandler` that leaves the process's as it is."""
    ignored = ("enable", "disable", "cancel_dump_traceback_later")
    changes: dict[str, Callable[..., Any]] = dict.fromkeys(ignored, _ignore)
    # `_sigsegv` and its like end the process.
    crash = [name for name in vars(real_faulthandler) if name.startswith("_")]
    others = ("dump_traceback_later", "register", "unregister")
    return copy_of(
        real_faulthandler,
        **changes,
        is_enabled=lambda: False,
        **refuse_all(real_faulthandler, others),
        **refuse_all(
            real_faulthandler,
            [name for name in crash if not name.startswith("__")],
        ),
    )


def make_getpass(world: SimWorld) -> ModuleType:
    """Make a `getpass` that does not wait for a terminal."""
    refused = no_input("getpass.getpass")
    return copy_of(real_getpass, getpass=refused, unix_getpass=refused)
