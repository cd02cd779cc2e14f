"""What passes between the two sides of the network: a method, bytes, and an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

OnDone = Callable[[bytes | None], None]
"""Receives the encoded reply, or None when there is no reply; called once."""

Dispatch = Callable[[str, bytes, OnDone], None]
"""Takes a method, the encoded arguments and who is to get the encoded reply."""


class Dispatcher(Protocol):
    """What the network needs of a server, here or in another process."""

    def dispatch(self, method: str, data: bytes, on_done: OnDone) -> None:
        """Run a method on encoded arguments and hand on the encoded reply.

        Must not block. Calls `on_done` once, at any later time, with None if there
        will be no reply; or never, if the server dies first.
        """
