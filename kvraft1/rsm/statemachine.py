"""What a service has to offer to be replicated."""

from __future__ import annotations

from typing import Any, Protocol


class StateMachine(Protocol):
    """A service that can be replicated: deterministic, and able to save itself."""

    def DoOp(self, req: Any, /) -> Any:
        """Perform one request and return its reply; called on every replica."""

    def Snapshot(self) -> bytes:
        """The whole state of the service."""

    def Restore(self, data: bytes, /) -> None:
        """Replace the state of the service by one that `Snapshot` returned."""
