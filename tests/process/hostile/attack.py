"""A Raft that does nothing but attack: what the hostile submissions have in common."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Idle:
    """A peer that never leads and never answers yes."""

    def Start(self, command: Any) -> tuple[int, int, bool]:
        """Refuse a command."""
        return -1, 0, False

    def GetState(self) -> tuple[int, bool]:
        """Follow in term 0."""
        return 0, False

    def Block(self, args: bytes) -> bytes:
        """Never answer."""
        threading.Event().wait()
        return args


def attack(act: Callable[[], object]) -> Callable[..., Idle]:
    """A `Make` whose server 1 does `act` on a thread."""

    def make(peers: object, me: int, persister: object, applyCh: object) -> Idle:
        if me == 1:
            threading.Thread(target=act, name="attack").start()
        return Idle()

    return make
