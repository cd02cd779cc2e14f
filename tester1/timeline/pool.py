"""The texts of a visualization page: distinct ones once, and shortened to fit.

A history of large values would make a page that no browser opens. So all texts of
a page together have a budget, and when they exceed it, the longest are shortened,
in the middle (values that grow differ at their ends), with a count of what is
missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

TEXT_BUDGET_BYTES = 2_000_000
"""For all texts of one page, encoded; leaves room for 10,000 operations' numbers."""
LENGTH_LIMITS = (4_000, 1_000, 400, 160, 80, 48)
"""Tried in turn; the last one is taken whatever it comes to."""


class TextPool:
    """Distinct strings by number.

    Of a text, only what the widest limit shows is kept: the states of a history
    can be many times larger than the history.
    """

    def __init__(self) -> None:
        self._numbers: dict[Clipped, int] = {}

    def add(self, text: str) -> int:
        """The number of a text, the same for equal texts."""
        return self._numbers.setdefault(Clipped.of(text), len(self._numbers))

    def fitted(self, budget_bytes: int = TEXT_BUDGET_BYTES) -> list[str]:
        """All texts by number, shortened until they fit the budget."""
        texts: list[str] = []
        for limit in LENGTH_LIMITS:
            texts = [text.shown(limit) for text in self._numbers]
            if len(msgspec.json.encode(texts)) <= budget_bytes:
                break
        return texts


class Pool:
    """Distinct strings by number, each shortened on its own if it is long."""

    def __init__(self, most: int = LENGTH_LIMITS[0]) -> None:
        self._most = most
        self._numbers: dict[str, int] = {}

    def add(self, text: str) -> int:
        """The number of a text, the same for equal texts."""
        shown = Clipped.of(text).shown(self._most)
        return self._numbers.setdefault(shown, len(self._numbers))

    def strings(self) -> list[str]:
        """All texts by number."""
        return list(self._numbers)


@dataclass(frozen=True, slots=True)
class Clipped:
    """The two ends of a text, and how long it was."""

    head: str
    tail: str
    length: int

    @classmethod
    def of(cls, text: str) -> Clipped:
        """A text, without its middle if it exceeds the widest limit."""
        limit = LENGTH_LIMITS[0]
        if len(text) <= limit:
            return cls(text, "", len(text))
        return cls(text[:limit], text[-limit:], len(text))

    def shown(self, limit: int) -> str:
        """About `limit` characters that say how many are missing."""
        if self.length <= limit:
            return encodable(self.head)
        head, tail = limit * 2 // 3, limit - limit * 2 // 3
        missing = self.length - limit
        end = self.tail or self.head
        return encodable(f"{self.head[:head]} … {missing:,} more … {end[-tail:]}")


def encodable(text: str) -> str:
    """A text with what UTF-8 cannot carry (lone surrogates) escaped."""
    return text.encode(errors="backslashreplace").decode()
