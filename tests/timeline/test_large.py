"""A page of 10,000 operations: small enough, complete, and never much to draw.

How much a frame draws is bounded by what the screen can show, and counted; time is
not measured here (`benchmarks/bench_html.py` does).
"""

from __future__ import annotations

import pytest

from tester1.timeline.html import render_html
from tester1.timeline.pool import TEXT_BUDGET_BYTES
from tests.timeline.cases import (
    Effect,
    illegal,
    legal,
    put,
    run,
    sample_annotations,
)
from tests.timeline.cases import one_partition as whole
from tests.timeline.conftest import OpenPage, View

COUNT = 10_000
CLIENTS = 15
MAX_BYTES = 3_000_000
LEAST_ADVANCE_PX = 0.75
"""What an operation must add to its row to be drawn (draw_operations.js)."""


@pytest.fixture(scope="module")
def effects() -> list[Effect]:
    """A run of 10,000 operations on 10 keys."""
    return run(COUNT, clients=CLIENTS, keys=10)


@pytest.fixture
def view(open_page: OpenPage, effects: list[Effect]) -> View:
    """The page of that run, spoilt by a stale read."""
    return open_page(illegal(effects), sample_annotations(6.0))


def test_ten_thousand_operations_fit_into_three_megabytes(
    effects: list[Effect],
) -> None:
    """The size that one can attach to a bug report."""
    assert len(render_html(illegal(effects)).encode()) < MAX_BYTES


def test_long_values_do_not_make_the_page_larger() -> None:
    """Values are shortened, visibly, until all texts fit their budget."""
    operations = [put(0, i, i + 0.5, value=f"{i} " * 2_000) for i in range(1_000)]
    page = render_html(whole(operations))
    assert len(page.encode()) < MAX_BYTES
    assert len(page.encode()) > TEXT_BUDGET_BYTES / 10
    assert " more … " in page


def test_all_operations_are_on_the_page(view: View) -> None:
    """Every operation is drawn, or lies on pixels that its row already covers."""
    assert view.call("operationCount") == COUNT + 3
    frame = view.settle()
    assert frame["operations"] + frame["merged"] == COUNT + 3
    assert len(view.call("visibleOperations")) == COUNT + 3


def test_every_operation_can_be_hit(view: View) -> None:
    """Zoomed in, each of them is found by the mouse at its place."""
    missed = view.page.evaluate(
        """() => {
            const missed = [];
            for (let i = 0; i < raftlab.operationCount; i++) {
                const { call, ret } = raftlab.operation(i);
                raftlab.show(call - (ret - call), ret + (ret - call));
                const box = raftlab.boxOf(i);
                const hit = raftlab.hitTest(box.x + box.width / 2,
                    box.y + box.height / 2);
                if (hit?.operation !== i) missed.push(i);
            }
            return missed;
        }"""
    )
    assert missed == []


def test_a_frame_draws_no_more_than_the_screen_shows(view: View) -> None:
    """However many operations there are, a row has only so many pixels."""
    width = view.page.locator("#canvas").bounding_box()
    assert width is not None
    for factor in (1, 2, 8, 64, 512):
        view.call("fit")
        view.call("zoom", factor)
        frame = view.settle()
        assert frame["operations"] <= CLIENTS * width["width"] / LEAST_ADVANCE_PX
        assert frame["labels"] < 1_500
        assert frame["points"] < CLIENTS * width["width"] / 3


def test_zooming_in_leaves_less_to_draw(view: View) -> None:
    """Operations out of sight cost nothing."""
    whole_page = view.settle()
    view.call("zoom", 100)
    frame = view.settle()
    visible = view.call("visibleOperations")
    assert frame["operations"] + frame["merged"] == len(visible)
    assert frame["operations"] < whole_page["operations"] / 20


def test_changes_in_a_row_cost_one_frame(view: View) -> None:
    """A burst of wheel events is drawn once."""
    before = view.settle()["number"]
    view.page.evaluate(
        "() => { for (let i = 0; i < 50; i++) raftlab.zoom(1.01);"
        " return raftlab.settled(); }"
    )
    assert view.call("frame")["number"] == before + 1


def test_a_click_among_ten_thousand(view: View) -> None:
    """The operation under the mouse is the one whose details appear."""
    view.call("zoom", 200)
    chosen = view.call("visibleOperations")[10]
    view.call("select", chosen)
    view.call("clear")
    view.click(chosen)
    assert view.call("selected") == chosen
    assert f"#{chosen} " in view.text("#details h2")


def test_the_table_holds_only_what_is_in_sight(view: View) -> None:
    """The table lists all operations, with few rows in the document at a time."""
    view.page.get_by_role("tab", name="Operations").click()
    table = view.page.locator("#operations .table")
    assert table.get_attribute("aria-rowcount") == str(COUNT + 4)
    rows = view.page.locator("#operations .row[data-item]")
    assert rows.count() < 60
    view.page.focus("#operations .row[tabindex='0']")
    view.page.keyboard.press("End")
    last = view.page.locator(f"#operations .row[data-item='{COUNT + 2}']")
    last.click()
    assert view.call("selected") == COUNT + 2
    assert rows.count() < 60


def test_every_row_of_the_table_can_be_reached(open_page: OpenPage) -> None:
    """Scrolling from the top to the end passes all operations."""
    view = open_page(legal(run(500)))
    view.page.get_by_role("tab", name="Operations").click()
    seen = view.page.evaluate(
        """async () => {
            const scroll = document.querySelector("#operations .scroll");
            const seen = new Set();
            for (let top = 0; top < scroll.scrollHeight; top += 400) {
                scroll.scrollTop = top;
                await new Promise((done) => requestAnimationFrame(done));
                await new Promise((done) => requestAnimationFrame(done));
                for (const row of scroll.querySelectorAll(".row")) {
                    seen.add(Number(row.dataset.item));
                }
            }
            return seen.size;
        }"""
    )
    assert seen == 500


def test_sorting_by_a_column(open_page: OpenPage) -> None:
    """A click on a title sorts by it, a second one the other way round."""
    view = open_page(legal(run(50)))
    view.page.get_by_role("tab", name="Operations").click()
    first = view.page.locator("#operations .row[aria-rowindex='2']")
    took = view.page.get_by_role("columnheader", name="Took")
    durations = {
        i: facts["ret"] - facts["call"]
        for i in range(50)
        for facts in [view.call("operation", i)]
    }
    took.click()
    shortest = min(durations, key=durations.__getitem__)
    assert first.get_attribute("data-item") == str(shortest)
    took.click()
    longest = max(durations, key=durations.__getitem__)
    assert first.get_attribute("data-item") == str(longest)
