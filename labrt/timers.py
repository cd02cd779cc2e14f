"""A callback that is due at some time, as both runtimes keep it in their queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import final


@final
class CallbackTimer:
    """A callback with its arguments, and whether it is still to be called."""

    __slots__ = ("arguments", "callback", "cancelled")

    def __init__(
        self, callback: Callable[..., object], arguments: tuple[object, ...]
    ) -> None:
        self.callback = callback
        self.arguments = arguments
        self.cancelled = False

    def cancel(self) -> None:
        """Make sure that the callback does not run, unless it already has."""
        self.cancelled = True
