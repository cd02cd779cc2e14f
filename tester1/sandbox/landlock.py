"""Where code under test may write: a rule set of Landlock, in the kernel.

Everything can be read, nothing can be changed but what lies below one folder (and the
null device). Besides, where the kernel knows how: no TCP, no signals to processes that
are not confined alike, no abstract sockets of others.

Landlock also keeps the process out of `/proc` entries by which it could reach the open
files or the memory of the tester.
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path
from typing import Final

__all__ = ["abi", "restrict"]

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION: Final = 1
_PATH_BENEATH: Final = 1

_WRITE_FILE: Final = 1 << 1
_REMOVE_DIR: Final = 1 << 4
_REMOVE_FILE: Final = 1 << 5
_MAKE_DIR: Final = 1 << 7
_MAKE_REG: Final = 1 << 8
_TRUNCATE: Final = 1 << 14

# What each version of the interface can guard besides: all that changes a file system,
# then TCP, then what goes to other processes. A right that is handled is refused
# everywhere but where a rule allows it; one that is not handled is not guarded at all,
# and one that the kernel does not know makes it refuse the whole rule set.
# Reading is left alone: a solution needs Python's library, wherever that is.
_FILES: Final = (
    (1, sum(1 << bit for bit in (1, *range(4, 13)))),
    (2, 1 << 13),  # move a file into another folder
    (3, _TRUNCATE),
    (5, 1 << 15),  # control a device
)
_TCP: Final = (4, 0b11)
_PROCESSES: Final = (6, 0b11)

# No symbolic links, devices, pipes or sockets, even in its own folder: whoever reads
# the state file from outside must not be led elsewhere by a name there, or wait for
# ever.
_ALLOWED_BELOW: Final = (
    _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _TRUNCATE
)

_RULESET: Final = struct.Struct("<QQQ")
# Without padding, as the kernel's record is: it is declared packed.
_RULE: Final = struct.Struct("<Qi")


def abi() -> int:
    """The version of the kernel's Landlock; 0 if there is none."""
    # The numbers of system calls mean something else on other systems.
    if os.name != "posix" or os.uname().sysname != "Linux":
        return 0
    # It fails where the kernel has none, or has it switched off.
    return max(0, _syscall(_CREATE_RULESET, None, 0, _VERSION))


def restrict(folder: Path) -> None:
    """From now on, let this thread and all that it starts write below `folder` only.

    The process must have given up gaining privileges before. Raises `OSError`.
    """
    version = abi()
    files = sum(rights for since, rights in _FILES if version >= since)
    handled = _RULESET.pack(files, _since(version, _TCP), _since(version, _PROCESSES))
    # A kernel takes a longer record than it knows as long as the rest is zero.
    ruleset = _checked(_CREATE_RULESET, handled, len(handled), 0)
    try:
        _allow(ruleset, folder, files & _ALLOWED_BELOW)
        # Programs that throw output away open it for writing; nothing can come of it.
        _allow(ruleset, Path(os.devnull), files & (_WRITE_FILE | _TRUNCATE))
        _checked(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _since(version: int, extension: tuple[int, int]) -> int:
    since, rights = extension
    return rights if version >= since else 0


def _allow(ruleset: int, path: Path, rights: int) -> None:
    # A rule holds for a place, not for a name, so it is opened rather than named; to
    # name it is all that is done with it (O_PATH), which needs no right to read it.
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _checked(_ADD_RULE, ruleset, _PATH_BENEATH, _RULE.pack(rights, place), 0)
    finally:
        os.close(place)


def _checked(number: int, *arguments: object) -> int:
    result = _syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock call {number} failed")
    return result


def _syscall(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    # The call takes whatever it is given as it is: a plain int would fill half of a
    # register, and leave the other half to chance.
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return int(libc.syscall(ctypes.c_long(number), *wide))
