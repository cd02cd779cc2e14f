"""What a process is told when it starts: made by the tester, which it trusts.

It travels in `dill`, and in this direction only, so that a test can define a server's
program in its own body.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dill  # type: ignore[import-untyped]  # it has no type information

from tester1.hosts.interface import Program
from tester1.sandbox.limits import Limits

__all__ = ["STATE_FILE", "Boot", "Role", "ServerRole", "pack", "unpack"]

STATE_FILE = "state"
"""The name of the state file in the folder of a server's incarnation."""


@dataclass(frozen=True, slots=True)
class ServerRole:
    """What only servers are told: see `tester1.hosts.interface.Launch`."""

    gid: int
    me: int
    ends: int
    """How many ends it has, towards each server of its group."""


Role = ServerRole | None
"""None: a client's program."""


@dataclass(frozen=True, slots=True)
class Boot:
    """What to run, and as whom."""

    name: str
    incarnation: int
    seed: int
    program: Program
    role: Role
    roots: tuple[Path, ...]
    packages: frozenset[str]
    folder: Path
    limits: Limits
    tells: bool = False
    """Whether the tester wants to be told what happens in it."""


def pack(boot: Boot) -> bytes:
    """The bytes that `unpack` understands.

    A function is taken along with what it refers to, unless it can be imported.
    """
    # Of a module's names only those that it uses: a test module as a whole holds
    # fixtures, markers and what else cannot travel.
    packed: bytes = dill.dumps(boot, recurse=True)
    return packed


def unpack(data: bytes) -> Boot:
    """The record that the tester packed."""
    boot = dill.loads(data)
    assert isinstance(boot, Boot)
    return boot
