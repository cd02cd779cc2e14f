"""The service that the RSM tests replicate: a counter, its requests and its replies.

Both sides register the types, the tester by importing this module and each server by
loading its own copy of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import labgob


@dataclass(slots=True)
class Inc:
    """Add one to the counter."""


@dataclass(slots=True)
class IncRep:
    """The counter after an `Inc`."""

    N: int


@dataclass(slots=True)
class Null:
    """Do nothing."""


@dataclass(slots=True)
class NullRep:
    """Nothing was done."""


@dataclass(slots=True)
class Dec:
    """Must never be performed: the tests submit it where it cannot be committed."""


class ForbiddenOperation(Exception):
    """A server performed a `Dec`, which no majority can have agreed to."""


class Counter:
    """The replicated counter, a state machine for the RSM."""

    def __init__(self) -> None:
        self.value = 0

    def DoOp(self, req: object) -> object:
        """Perform one request; raises `ForbiddenOperation` for a `Dec`."""
        match req:
            case Inc():
                self.value += 1
                return IncRep(self.value)
            case Null():
                return NullRep()
            case Dec():
                raise ForbiddenOperation(
                    "DoOp was given a Dec, which was submitted only to a leader "
                    "without a majority and so must never be committed"
                )
        raise TypeError(f"DoOp was given {req!r}, which nobody has submitted")

    def Snapshot(self) -> bytes:
        """The counter as bytes."""
        return labgob.encode(self.value)

    def Restore(self, data: bytes) -> None:
        """Set the counter to what `Snapshot` returned."""
        self.value = labgob.decode(data, int)


for _type in Inc, IncRep, Null, NullRep, Dec:
    # By the service's name and not by this file's, which would be on every wire: where
    # the harness keeps its files is nothing that a run, or its trace, may depend on.
    labgob.RegisterName(f"kvraft1.counter.{_type.__name__}", _type)
