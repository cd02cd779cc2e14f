"""The pool of texts: each once, shortened to a budget, and open about it."""

from __future__ import annotations

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tester1.timeline.pool import LENGTH_LIMITS, Clipped, TextPool


@given(st.lists(st.text(max_size=30)))
def test_equal_texts_have_one_number(texts: list[str]) -> None:
    """Numbers lead back to their texts, and equal texts share one."""
    pool = TextPool()
    numbers = [pool.add(text) for text in texts]
    shown = pool.fitted()
    assert len(shown) == len(set(texts))
    for text, number in zip(texts, numbers, strict=True):
        assert shown[number] == text.encode(errors="backslashreplace").decode()


@given(st.integers(0, 12_000), st.sampled_from(LENGTH_LIMITS))
def test_shortening_says_what_is_missing(length: int, limit: int) -> None:
    """Head, count of missing characters and tail add up to the whole text."""
    text = "".join(chr(ord("a") + i % 26) for i in range(length))
    shown = Clipped.of(text).shown(limit)
    if length <= limit:
        assert shown == text
        return
    match = re.fullmatch(r"(.*) … ([\d,]+) more … (.*)", shown)
    assert match is not None
    head, missing, tail = match.groups()
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head) + int(missing.replace(",", "")) + len(tail) == length


def test_texts_are_shortened_until_they_fit() -> None:
    """The first limit is taken at which all texts together fit the budget."""
    pool = TextPool()
    for i in range(100):
        pool.add(f"{i} " + "x" * 5_000)
    assert len(msgspec.json.encode(pool.fitted(500_000))) > 350_000
    assert len(msgspec.json.encode(pool.fitted(50_000))) <= 50_000


def test_short_texts_are_left_alone() -> None:
    """A budget that is exceeded by sheer number does not mangle short texts."""
    pool = TextPool()
    texts = [f"get('k{i}')" for i in range(1_000)]
    for text in texts:
        pool.add(text)
    assert pool.fitted(100) == texts
