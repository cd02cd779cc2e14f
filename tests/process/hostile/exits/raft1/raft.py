"""Ends its process, with the status of success."""

from __future__ import annotations

import os

from tests.process.hostile.attack import attack

Make = attack(lambda: os._exit(0))
