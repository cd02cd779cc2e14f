"""Facts that explain why a test was slow or failed; never a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from labrt import Fact

__all__ = ["hints"]


def hints(facts: Sequence[Fact]) -> list[str]:
    """What may have led to a failure, the likeliest first, a sentence each."""
    return []
