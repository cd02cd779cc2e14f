"""The modules that a simulated world sees in place of the process's own.

Four kinds. Some are made here, bound to the running simulation and to the world's
random stream. Some are the standard library's own source, loaded once more for the
world, over those that are made here: then its clocks, locks, threads and streams are
the world's, and so is what it remembers. Some cannot be simulated and are refused,
with a word on what to do instead. What is in no table is the process's own module;
`tests/labrt/inventory.py` says of each why that is harmless.

Nothing is made before it is imported: worlds are many, and most import little.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from labrt.loading import worldimportlib
from labrt.loading.modulenames import plain_name
from labrt.loading.worldpickle import make_copyreg, make_module
from labrt.records import fast_dataclasses
from labrt.sim.modules import collection, files, lowthreads, threads
from labrt.sim.modules.chance import make_random, make_uuid
from labrt.sim.modules.clocks import make_datetime, make_time
from labrt.sim.modules.library import (
    make_faulthandler,
    make_functools,
    make_getpass,
    make_weakref,
)
from labrt.sim.modules.system import (
    make_atexit,
    make_fcntl,
    make_os,
    make_resource,
    make_sys,
)
from labrt.sim.refusals import StandIn, is_refused, refused_module
from labrt.sim.world import SimWorld

# fmt: off
FRESH = worldimportlib.FRESH | {
    # Locks, threads and clocks.
    "_threading_local", "concurrent", "logging", "queue", "sched", "timeit",
    # Randomness and the present time.
    "_pydatetime", "calendar", "crypt", "email", "gzip", "http", "mailbox", "secrets",
    "statistics", "tarfile", "tempfile", "zipfile",
    # The world's streams and warnings.
    "_py_warnings", "_pyio", "argparse", "cmd", "code", "fileinput", "optparse",
    "pprint", "traceback", "warnings",
    # What it calls back must not be called for a world that is dead; and the streams.
    "contextlib",
    # The world's pickle, and what tells threads apart by the system's numbers.
    "copy", "reprlib", "shelve",
}
# fmt: on

# The C halves of modules that have a Python half as well, which is to be used.
_C_HALVES = {"_warnings": {"warnings", "_py_warnings"}}


def substitute(world: SimWorld, name: str, importer: str) -> ModuleType | None:
    """What `world` gets for `name`; None for the process's own module.

    Raises `NotSimulable` for what cannot work under virtual time.
    """
    make = _MAKERS.get(name)
    if make is not None:
        return make(world)
    user = plain_name(importer)
    # Before what is run afresh: in a package that is, some modules are refused.
    if is_refused(name):
        # A library module may import what it does not need for what it is used for.
        if _is_fresh(user):
            return StandIn(name)
        raise refused_module(name)
    if _is_fresh(name):
        return world.fresh_library_module(name)
    if name.partition(".")[0] in files.SHARED:
        return files.shared_module(name)
    # The C queue waits for locks of the system's, and would stop the whole run.
    if name == "_queue" or user in _C_HALVES.get(name, ()):
        raise ImportError(f"no {name} in a simulated world", name=name)
    return None


def _is_fresh(name: str) -> bool:
    # With a package all its modules, which import each other.
    return name.partition(".")[0] in FRESH


def _make_dataclasses(world: SimWorld) -> ModuleType:
    # One for all worlds: it holds nothing of any.
    return fast_dataclasses.module


def _make_pickle(world: SimWorld) -> ModuleType:
    return make_module(world.loader.imports)


def _make_copyreg(world: SimWorld) -> ModuleType:
    return make_copyreg()


def _make_heart(world: SimWorld) -> ModuleType:
    find = world.find
    return worldimportlib.make_heart(world.loader, find("sys"), find("_thread"))


_MAKERS: dict[str, Callable[[SimWorld], ModuleType]] = {
    "_pickle": _make_pickle,
    "_thread": lowthreads.make_module,
    "atexit": make_atexit,
    "copyreg": _make_copyreg,
    "dataclasses": _make_dataclasses,
    "datetime": make_datetime,
    "faulthandler": make_faulthandler,
    "fcntl": make_fcntl,
    "functools": make_functools,
    "gc": collection.make_module,
    "getpass": make_getpass,
    "os": make_os,
    "pickle": _make_pickle,
    "posix": make_os,
    "random": make_random,
    "resource": make_resource,
    "sys": make_sys,
    "threading": threads.make_module,
    "time": make_time,
    "uuid": make_uuid,
    "weakref": make_weakref,
    worldimportlib.HEART: _make_heart,
}
