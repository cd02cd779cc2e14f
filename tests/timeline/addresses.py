"""What tests of a page's address ask again and again."""

from __future__ import annotations

from tests.timeline.conftest import View


def address_says(view: View, words: str) -> str:
    """Wait until these words are in the address, and return what it says."""
    view.page.wait_for_function("(words) => location.hash.includes(words)", arg=words)
    return _address(view)


def address_of_sight(view: View) -> str:
    """Wait until the address has the time that is in sight, and return what it says."""
    view.page.wait_for_function(
        """() => {
            const said = /w=(.*)\\.\\.(.*)$/.exec(location.hash).slice(1);
            const { first, last } = raftlab.view();
            return [first, last].every((end, i) =>
                Math.abs(said[i] * 1e9 - end) < (last - first) / 100);
        }"""
    )
    return _address(view)


def close_to(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two stretches of time are the same, but for what addresses round."""
    length = other["last"] - other["first"]
    return all(abs(one[end] - other[end]) < length / 100 for end in ("first", "last"))


def _address(view: View) -> str:
    return "#" + view.page.url.partition("#")[2]
