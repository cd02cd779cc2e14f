"""What axe-core, which checks how accessible a page is, objects to."""

from __future__ import annotations

from importlib import resources
from typing import Final, Literal, TypeAlias

import pytest

from tests.timeline.conftest import View

PHONE: Final = (390, 844)
LEAST_TOUCH_PX: Final = 40

Screen: TypeAlias = tuple[Literal["light", "dark"], tuple[int, int]]

SCREENS: Final[list[Screen]] = [
    ("light", (1280, 800)),
    ("dark", (1280, 800)),
    ("light", PHONE),
    ("dark", PHONE),
]
"""The screens that every kind of page is looked at on."""


def violations(view: View) -> list[str]:
    """What it objects to on the page as it is; skips the test without it."""
    pytest.importorskip("axe_playwright_python")
    source = resources.files("axe_playwright_python") / "axe.min.js"
    view.page.evaluate(source.read_text())
    result = view.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


def small_targets(view: View) -> list[str]:
    """What fingers have to hit, and is too small for them."""
    small: list[str] = view.page.evaluate(
        """(least) => [...document.querySelectorAll("button, select, summary")]
            .filter((one) => one.checkVisibility())
            .map((one) => [one.id || one.textContent, one.getBoundingClientRect()])
            .filter(([, box]) => Math.min(box.height, box.width) < least - 0.5)
            .map(([id, box]) => `${id} ${box.width}x${box.height}`)""",
        LEAST_TOUCH_PX,
    )
    return small
