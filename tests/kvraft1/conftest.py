"""How the property-based tests of this folder run."""

from __future__ import annotations

from hypothesis import settings

# A deadline is wall-clock time, and would let the machine's load fail a test.
settings.register_profile("kvraft1", deadline=None)
settings.load_profile("kvraft1")
