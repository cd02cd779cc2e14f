"""What clerks and key/value servers say to each other.

Names are the course's. An error is a string equal to its own name, so that it reads
the same on the wire, in a message and in a history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType, TypeAlias

Err = NewType("Err", str)
"""How an operation ended: one of the names below."""

Tversion: TypeAlias = int
"""The version of a key: how many Puts have succeeded on it (64 bits, unsigned)."""

OK = Err("OK")
"""The operation was performed."""
ErrNoKey = Err("ErrNoKey")
"""The key does not exist: nothing to Get, or nothing with the version of the Put."""
ErrVersion = Err("ErrVersion")
"""The Put named another version than the key has, and changed nothing."""
ErrMaybe = Err("ErrMaybe")
"""The Put was performed or it was not: nobody can tell. Only clerks say this."""
ErrWrongLeader = Err("ErrWrongLeader")
"""This server cannot say; ask another. Clerks never pass it on to the application."""
ErrWrongGroup = Err("ErrWrongGroup")
"""This group does not serve the key. Unused before lab 5."""

# The replies have a field `Err`, which hides the type of that name in their bodies.
_Err: TypeAlias = Err


@dataclass(slots=True)
class PutArgs:
    """Store `Value` under `Key` if the key is at `Version` now; 0 means absent."""

    Key: str
    Value: str
    Version: Tversion


@dataclass(slots=True)
class PutReply:
    """The outcome of a Put."""

    Err: _Err


@dataclass(slots=True)
class GetArgs:
    """Read the value and the version of `Key`."""

    Key: str


@dataclass(slots=True)
class GetReply:
    """What a Get found. Value and version are set only if `Err` is `OK`."""

    Value: str
    Version: Tversion
    Err: _Err
