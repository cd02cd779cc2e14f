"""How much of the machine one process of a program may use, and for how long.

Each limit can be set by an environment variable, so that a grader on a small machine,
or a student whose solution honestly needs more, can change it without a new option in
every command.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["Limits", "LimitsError"]

_MIB: Final = 1 << 20


class LimitsError(ValueError):
    """An environment variable does not hold a number; the message names it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one process."""

    memory_mib: int = 1024
    """Memory that it may allocate, in MiB (RAFTLAB_MEMORY_MIB)."""
    file_mib: int = 256
    """Size of any file that it writes, in MiB (RAFTLAB_FILE_MIB)."""
    output_kib: int = 1024
    """What it may print, in KiB (RAFTLAB_OUTPUT_KIB)."""
    start_s: int = 60
    """Time until it has initialised, in seconds (RAFTLAB_START_S)."""
    open_files: int = 256
    """Files that it may have open at once."""
    tasks: int = 4096
    """Threads of its user (RLIMIT_NPROC), where that can be limited."""
    fsync: bool = False
    """Whether each save waits for the disk (RAFTLAB_FSYNC=1)."""

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """The limits that the environment asks for; raises `LimitsError`."""
        usual = cls()
        return cls(
            memory_mib=_number(environment, "RAFTLAB_MEMORY_MIB", usual.memory_mib),
            file_mib=_number(environment, "RAFTLAB_FILE_MIB", usual.file_mib),
            output_kib=_number(environment, "RAFTLAB_OUTPUT_KIB", usual.output_kib),
            start_s=_number(environment, "RAFTLAB_START_S", usual.start_s),
            fsync=environment.get("RAFTLAB_FSYNC", "") not in ("", "0"),
        )

    @property
    def memory(self) -> int:
        """Memory that it may allocate, in bytes."""
        return self.memory_mib * _MIB

    @property
    def address_space(self) -> int:
        """Addresses that it may reserve, in bytes: allocators and threads reserve
        several times what they use."""
        return 4 * self.memory

    @property
    def file_size(self) -> int:
        """Size of any file that it writes, in bytes."""
        return self.file_mib * _MIB


def _number(environment: Mapping[str, str], variable: str, usual: int) -> int:
    text = environment.get(variable, "")
    if not text:
        return usual
    # A limit that is misspelt and passed over would be no limit.
    if not text.isdecimal() or int(text) == 0:
        raise LimitsError(f"{variable}={text}: give a whole number of at least 1")
    return int(text)
