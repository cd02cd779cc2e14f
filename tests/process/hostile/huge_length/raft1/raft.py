"""Sends the length of a frame that would fill the tester's memory."""

from __future__ import annotations

import os

from tests.process.hostile.attack import attack

Make = attack(lambda: os.write(3, b"\xff\xff\xff\xff" + bytes(1000)))
