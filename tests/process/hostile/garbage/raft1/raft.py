"""Sends bytes that are no frames."""

from __future__ import annotations

import os

from tests.process.hostile.attack import attack

Make = attack(lambda: os.write(3, b"\x10\x00\x00\x00garbage, and then more of it"))
