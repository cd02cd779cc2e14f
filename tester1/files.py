"""What is the same wherever a file cannot be used.

The guest in other people's sessions (`tester1.guest`) comes by here, so nothing
of the harness is imported.
"""

from __future__ import annotations

__all__ = ["reason"]


def reason(error: OSError) -> str:
    """Why a file could not be used, without its name: `No space left on device`."""
    return error.strerror or str(error)
