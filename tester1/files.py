"""What is the same wherever a file cannot be written."""

from __future__ import annotations

from labrt.texts import message_of

__all__ = ["reason"]


def reason(error: OSError) -> str:
    """Why a file could not be used, without its name: `No space left on device`."""
    return error.strerror or message_of(error)
