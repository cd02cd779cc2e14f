"""The page on paper: what was found, the picture in sight, the panel; all is light."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from tester1.timeline.html import write_html
from tester1.timeline.picture import annotations_of, write_picture
from tests.timeline.cases import illegal, run, sample_annotations
from tests.timeline.conftest import Pages, View
from tests.timeline.drawn_runs import small_run

Write = Callable[[Path], None]


def write_history(path: Path) -> None:
    """The page of a history that is not linearizable."""
    result = illegal(run(40, clients=4, keys=2))
    write_html(result, path, annotations=sample_annotations(0.05), title="On paper")


def write_run(path: Path) -> None:
    """The page of a run that breaks a rule."""
    facts = small_run()
    write_picture(path, facts, annotations=annotations_of(facts), title="On paper")


def open_page(
    pages: Pages,
    folder: Path,
    write: Write,
    colour_scheme: Literal["light", "dark"] = "dark",
) -> View:
    """Such a page, with all that it reads, and something selected."""
    path = folder / "paper.html"
    write(path)
    view = pages.show(path, colour_scheme=colour_scheme)
    if write is write_run:
        view.page.wait_for_function(
            "() => document.getElementById('cursor-time').textContent !== ''"
        )
        view.call("allLoaded")
    else:
        view.call("select", 3)
    view.settle()
    return view


def outlines(svg: str) -> list[tuple[str, str]]:
    """What a picture draws, without its colours."""
    return re.findall(r' d="([^"]*)"|>([^<]+)</text>', svg)


@pytest.mark.parametrize("write", [write_history, write_run])
@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_paper_has_what_was_found_the_picture_and_the_panel(
    pages: Pages, tmp_path: Path, write: Write, colour_scheme: Literal["light", "dark"]
) -> None:
    """And nothing to press; its colours are the light ones."""
    view = open_page(pages, tmp_path, write, colour_scheme)
    view.call("zoom", 1.5)
    view.settle()
    on_screen = view.call("svg")
    view.page.emulate_media(media="print", color_scheme=colour_scheme)
    view.page.wait_for_selector("#paper svg")
    for selector in ("#title", "#finding .reason", "#paper svg", "#details h2"):
        assert view.page.locator(selector).first.is_visible(), selector
    for selector in (".toolbar", "#canvas", "#overview", ".actions", ".screen-only"):
        for one in view.page.locator(selector).all():
            assert one.is_hidden(), selector
    on_paper = view.page.evaluate("document.getElementById('paper').innerHTML")
    assert outlines(on_paper) == outlines(on_screen)
    assert 'fill="#ffffff"' in on_paper
    assert "#14181e" not in on_paper
    body = view.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert body == "rgb(255, 255, 255)"
    if write is write_run:
        assert view.page.locator("#servers table").is_visible()
        assert view.page.locator(".controls").is_hidden()


@pytest.mark.parametrize("write", [write_history, write_run])
def test_nothing_is_cut_off_on_paper(
    pages: Pages, tmp_path: Path, write: Write
) -> None:
    """No part of the page scrolls by itself, and none is wider than the paper."""
    view = open_page(pages, tmp_path, write)
    view.page.set_viewport_size({"width": 1030, "height": 700})
    view.page.emulate_media(media="print")
    view.page.wait_for_selector("#paper svg")
    cut = view.page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((one) => one.checkVisibility() && !one.closest("svg, .unseen"))
            .filter((one) => one.scrollHeight > one.clientHeight + 2
                && getComputedStyle(one).overflowY !== "visible")
            .map((one) => one.id || one.className || one.tagName)"""
    )
    assert cut == []
    assert view.page.evaluate("document.documentElement.scrollWidth") <= 1030


@pytest.mark.parametrize("write", [write_history, write_run])
def test_printing_leaves_the_page_as_it_was(
    pages: Pages, tmp_path: Path, write: Write
) -> None:
    """A real print has the picture in it, and afterwards the screen has its own."""
    view = open_page(pages, tmp_path, write)
    before = view.call("svg")
    view.page.evaluate(
        """() => addEventListener("afterprint", () => {
            window.printed = document.getElementById("paper").children.length;
        }, { capture: true })"""
    )
    pdf = view.page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    view.settle()
    assert view.page.evaluate("document.getElementById('paper').children.length") == 0
    assert view.page.locator("#canvas").is_visible()
    assert view.call("svg") == before
