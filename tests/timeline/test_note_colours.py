"""Annotations can be read in light and dark, whatever colour they were given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import pytest

from tester1.timeline.annotations import Colour
from tests.timeline.conftest import OpenPage, View

LEAST_CONTRAST = 4.5
LIGHTEST_OF_DARK = 0.16
OWN = ("#000080", "#808080", "#FFFF00", "#00FF00", "#000000", "#FFFFFF", "#E91E63")


@dataclass(frozen=True, slots=True)
class Label:
    """An annotation of any colour, for one second of its own."""

    start: float
    colour: str
    tag: str = "mine"
    text: str = "a label"
    details: str = ""

    @property
    def end(self) -> float:
        """A second later."""
        return self.start + 1


def luminance(colour: str) -> float:
    """How light "#rrggbb" is, 0 to 1, as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def looks(view: View, labels: list[Label]) -> list[tuple[str, str]]:
    """Background, as it is on the page, and text colour of each label."""
    canvas = view.page.locator("#canvas").bounding_box()
    assert canvas is not None
    left = view.call("xOf", (labels[0].start + 0.9) * 1e9)
    heights = [canvas["y"] + y for y in range(26, 120)]
    first = {"annotation": 0}
    inside = [y for y in heights if view.call("hitTest", left, y) == first]
    middle = inside[len(inside) // 2]
    fills = [
        view.colour_at(view.call("xOf", (label.start + 0.9) * 1e9), middle)
        for label in labels
    ]
    texts = re.findall(r'fill="([^"]+)"[^>]*>a label</text>', view.call("svg"))
    assert len(texts) == len(labels)
    return list(zip(fills, texts, strict=True))


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_annotations_fit_the_page_and_can_be_read(
    open_page: OpenPage, colour_scheme: Literal["light", "dark"]
) -> None:
    """Bars are light on light pages and dark on dark ones, their texts the opposite."""
    colours = [*(colour.value for colour in Colour), *OWN]
    labels = [Label(float(i), colour) for i, colour in enumerate(colours)]
    view = open_page(None, labels, colour_scheme=colour_scheme)
    for label, (fill, text) in zip(labels, looks(view, labels), strict=True):
        assert contrast(fill, text) >= LEAST_CONTRAST, (label.colour, fill, text)
        if colour_scheme == "dark":
            assert luminance(fill) <= LIGHTEST_OF_DARK, (label.colour, fill)
        else:
            assert fill == label.colour.lower()


def test_the_colours_of_the_tester_stay_apart_in_the_dark(open_page: OpenPage) -> None:
    """What passed, what failed and what was a fault have colours of their own."""
    labels = [Label(float(i), colour.value) for i, colour in enumerate(Colour)]
    view = open_page(None, labels, colour_scheme="dark")
    fills = [fill for fill, _ in looks(view, labels)]
    assert len(set(fills)) == len(fills)
    by_colour = dict(zip(Colour, fills, strict=True))

    def strongest(colour: Colour) -> int:
        channels = [int(by_colour[colour][i : i + 2], 16) for i in (1, 3, 5)]
        return channels.index(max(channels))

    order = [Colour.FAILURE, Colour.SUCCESS, Colour.FAULT]
    assert [strongest(colour) for colour in order] == [0, 1, 2]
