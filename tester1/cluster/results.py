"""The lines that a test prints, in the course's words."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Measurement", "begin_line"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one stretch of a test, from its begin to its end, took."""

    seconds: float
    peers: int
    rpcs: int
    ops: int

    def __str__(self) -> str:
        return (
            f"time {self.seconds:4.1f}s #peers {self.peers} "
            f"#RPCs {self.rpcs:5d} #Ops {self.ops:4d}"
        )

    def line(self) -> str:
        """The result line of a stretch that has passed."""
        return f"  ... Passed --  {self}"


def begin_line(text: str, *, reliable: bool) -> str:
    """The line that says what begins, on which kind of network."""
    return f"{text} ({'reliable' if reliable else 'unreliable'} network)..."
