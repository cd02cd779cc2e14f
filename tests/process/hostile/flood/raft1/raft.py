"""Prints without end, in one line."""

from __future__ import annotations

import os
from typing import NoReturn

from tests.process.hostile.attack import attack


def flood() -> NoReturn:
    """Write as fast as the pipe takes it."""
    while True:
        os.write(1, b"=" * 65536)


Make = attack(flood)
