"""How findings name times, entries and servers: the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["at", "entry", "joined", "range_of"]


def at(time: float) -> str:
    """An instant, in seconds of the run."""
    return f"at {time:.4f} s"


def entry(index: int, term: int) -> str:
    """An entry of a log, or that the log is empty."""
    return f"index {index} of term {term}" if index > 0 else "no entry"


def range_of(first: int, last: int) -> str:
    """Indices from the first to the last."""
    return f"index {first}" if first == last else f"indices {first} to {last}"


def joined(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    if len(names) < 2:
        return names[0] if names else "none"
    return f"{', '.join(names[:-1])} and {names[-1]}"
