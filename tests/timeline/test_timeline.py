"""The timeline in a browser: everything is drawn, found and reachable."""

from __future__ import annotations

import pytest

from tester1.porcupine.model import Operation
from tests.timeline.cases import (
    legal,
    one_partition,
    put,
    run,
    sample_annotations,
)
from tests.timeline.conftest import OpenPage, View

CANVAS = "#canvas"


@pytest.fixture
def view(open_page: OpenPage) -> View:
    """A page of 60 operations of 4 clients on 3 keys, with annotations."""
    effects = run(60, clients=4, keys=3)
    end = max(float(effect.operation.ret) for effect in effects)
    return open_page(legal(effects), sample_annotations(end), title="Test of the page")


def test_headline_tells_verdict_and_size(view: View) -> None:
    """The head of the page says what was found, about what."""
    assert view.text("#verdict") == "Linearizable"
    assert view.text("#title") == "Test of the page"
    assert "60 operations · 4 clients · 3 keys" in view.text("#facts")
    assert view.call("operationCount") == 60


def test_every_operation_is_drawn(view: View) -> None:
    """Each operation has its own place, and its colour stands there."""
    frame = view.settle()
    assert frame["operations"] == 60
    assert view.call("visibleOperations") == list(range(60))
    background = {view.theme("page"), view.theme("stripe")}
    for operation in range(60):
        x, y = view.middle_of(operation)
        assert view.call("hitTest", x, y) == {"operation": operation}
        assert view.colour_at(x, y) not in background


def test_click_selects_and_shows_details(view: View) -> None:
    """A click on an operation shows all that is known about it."""
    view.click(17)
    assert view.call("selected") == 17
    known = view.call("operation", 17)
    details = view.text("#details")
    for fact in ("text", "client", "key", "input", "output"):
        assert known[fact] in details
    assert "State before" in details
    assert f"{known['call'] / 1e9:.6f} s" in details


def test_click_beside_operations_clears_the_selection(view: View) -> None:
    """A click on nothing selects nothing."""
    view.click(17)
    box = view.page.locator(CANVAS).bounding_box()
    assert box is not None
    view.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 5)
    assert view.call("selected") is None
    assert "Click an operation" in view.text("#details")


def test_hover_shows_and_hides_the_tooltip(view: View) -> None:
    """The tooltip describes what is under the mouse, and goes away with it."""
    view.page.mouse.move(*view.middle_of(5))
    assert view.call("operation", 5)["text"] in view.text("#tooltip")
    view.page.mouse.move(5, 5)
    assert view.page.locator("#tooltip").is_hidden()


def test_key_selector_shows_one_key(view: View) -> None:
    """With a key chosen, other keys' operations are gone; All brings them back."""
    keys = [view.call("operation", i)["key"] for i in range(60)]
    view.page.select_option("#key", label=f"k1 ({keys.count('k1')})")
    visible = view.call("visibleOperations")
    assert visible == [i for i in range(60) if keys[i] == "k1"]
    assert view.settle()["operations"] == len(visible)
    assert view.call("boxOf", keys.index("k2")) is None
    view.page.select_option("#key", label="All (3)")
    assert len(view.call("visibleOperations")) == 60


def test_wheel_zooms_around_the_mouse(view: View) -> None:
    """The operation under the mouse stays there while the wheel zooms."""
    x, y = view.middle_of(30)
    view.page.mouse.move(x, y)
    before = view.call("view")
    view.page.mouse.wheel(0, -400)
    view.page.wait_for_function(
        "(length) => raftlab.view().last - raftlab.view().first < length",
        arg=before["last"] - before["first"],
    )
    assert view.call("hitTest", x, y) == {"operation": 30}
    assert len(view.call("visibleOperations")) < 60


def test_drag_moves_and_fit_shows_everything(view: View) -> None:
    """Dragging moves the time in sight; it is not a click; Fit returns to the whole."""
    whole = view.call("view")
    view.call("zoom", 4)
    before = view.call("view")
    x, y = view.middle_of(30)
    view.page.mouse.move(x, y)
    view.page.mouse.down()
    view.page.mouse.move(x - 120, y, steps=4)
    view.page.mouse.up()
    assert view.call("view")["first"] > before["first"]
    assert view.call("selected") is None
    view.page.click("#fit")
    assert view.call("view") == whole


def test_overview_moves_the_window(view: View) -> None:
    """A press on the overview brings that time into sight."""
    view.call("zoom", 10)
    box = view.page.locator("#overview").bounding_box()
    assert box is not None
    view.page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + 20)
    sight = view.call("view")
    last_call = view.call("operation", 59)["call"]
    assert sight["first"] > last_call * 0.7


def test_keyboard_walks_through_operations(view: View) -> None:
    """With the keyboard alone, one reaches neighbours in the lane and other lanes."""
    view.page.focus(CANVAS)
    view.page.keyboard.press("ArrowRight")
    assert view.call("selected") == 0
    client = view.call("operation", 0)["client"]
    view.page.keyboard.press("ArrowRight")
    following = view.call("selected")
    assert following > 0
    assert view.call("operation", following)["client"] == client
    view.page.keyboard.press("ArrowDown" if client != "3" else "ArrowUp")
    assert view.call("operation", view.call("selected"))["client"] != client
    assert view.text("#announcer") != ""
    view.page.keyboard.press("Escape")
    assert view.call("selected") is None


def test_keyboard_follows_the_linearization(view: View) -> None:
    """The keys n and p go along the order that was found."""
    order = view.call("linearization", "k0")
    view.call("select", order[3])
    view.page.keyboard.press("n")
    assert view.call("selected") == order[4]
    view.page.keyboard.press("p")
    view.page.keyboard.press("p")
    assert view.call("selected") == order[2]


def test_search_finds_by_client_key_and_value(view: View) -> None:
    """All words of a query must match; Enter goes from match to match."""
    facts = [view.call("operation", i) for i in range(60)]
    wanted = [
        i for i, f in enumerate(facts) if f["client"] == "2" and "put" in f["text"]
    ]
    view.page.fill("#search", "client:2 put")
    assert view.text("#matches") == f"{len(wanted)} matches"
    for expected in wanted[:2]:
        view.page.press("#search", "Enter")
        assert view.call("selected") == expected
    assert view.call("search", "no such text anywhere") == 0
    assert view.call("search", "") is None


def test_an_annotation_can_be_clicked(view: View) -> None:
    """Annotations lie on the same axis, and show their details."""
    view.page.get_by_role("tab", name="Annotations").click()
    rows = view.page.locator("#annotations .row[data-item]")
    assert rows.count() == 5
    rows.filter(has_text="leader 2").click()
    assert "in term 7" in view.text("#details")


def test_fault_is_where_its_time_is(view: View) -> None:
    """A fault's bar begins where its time is on the axis of the operations."""
    end = max(view.call("operation", i)["ret"] for i in range(60))
    left, right = view.call("xOf", end * 0.25), view.call("xOf", end * 0.5)
    fault = {"annotation": 2}
    canvas = view.page.locator(CANVAS).bounding_box()
    assert canvas is not None
    heights = [canvas["y"] + y for y in range(30, 160, 4)]
    row = next(y for y in heights if view.call("hitTest", left + 8, y) == fault)
    assert view.call("hitTest", right - 8, row) == fault
    assert view.call("hitTest", left - 8, row) is None
    assert view.call("hitTest", right + 8, row) is None
    box, called = view.call("boxOf", 9), view.call("operation", 9)["call"]
    assert box["x"] == pytest.approx(view.call("xOf", called), abs=0.5)


def test_an_operation_that_never_returned_stays_open(open_page: OpenPage) -> None:
    """It reaches to the right edge, and its details say so."""
    view = open_page(one_partition([put(0, 0.0, 1.0), put(1, 0.5)]))
    box = view.call("boxOf", 1)
    canvas = view.page.locator(CANVAS).bounding_box()
    assert canvas is not None
    assert box["x"] + box["width"] >= canvas["x"] + canvas["width"]
    view.click(1)
    assert "never returned" in view.text("#details")


def test_overlapping_operations_of_a_client_have_rows(open_page: OpenPage) -> None:
    """Operations of one client that overlap in time do not cover one another."""
    operations = [put(0, i * 0.1, i * 0.1 + 0.35) for i in range(8)]
    view = open_page(one_partition(operations))
    for operation in range(8):
        x, y = view.middle_of(operation)
        assert view.call("hitTest", x, y) == {"operation": operation}


def test_many_clients_scroll(open_page: OpenPage) -> None:
    """With more lanes than fit, selecting an operation scrolls its lane into sight."""
    operations = [put(i, i * 0.01, i * 0.01 + 0.5) for i in range(80)]
    view = open_page(one_partition(operations))
    view.call("select", 79)
    view.settle()
    box = view.call("boxOf", 79)
    assert box["y"] + box["height"] <= 800
    view.click(79)
    assert view.call("selected") == 79


def test_values_are_never_markup(open_page: OpenPage) -> None:
    """Markup in values and titles is shown as it is, and does nothing."""
    evil = "</script><img src=x onerror=alert(1)><!--"
    operation = Operation(0, ("put", evil, evil), "", 0.0, 1.0)
    view = open_page(one_partition([operation], name=evil), title=evil)
    view.click(0)
    assert evil in view.text("#details")
    assert view.text("#title") == evil
    assert view.page.locator("img").count() == 0


def test_a_page_of_annotations_alone(open_page: OpenPage) -> None:
    """A test without operations has its annotations on the page, and no verdict."""
    view = open_page(None, sample_annotations(7.5), title="TestBackup3B")
    assert view.settle()["annotations"] == 5
    assert view.call("operationCount") == 0
    assert view.page.locator("#verdict").is_hidden()
    assert view.page.locator("#search").is_hidden()


def test_an_empty_page_opens(open_page: OpenPage) -> None:
    """Nothing to show is not an error."""
    view = open_page(None)
    assert view.call("visibleOperations") == []


def test_dark_scheme_is_dark(open_page: OpenPage) -> None:
    """The canvas follows the colour scheme that the reader prefers."""
    view = open_page(one_partition([put(0, 0.0, 1.0)]), colour_scheme="dark")
    canvas = view.page.locator(CANVAS).bounding_box()
    assert canvas is not None
    y = canvas["y"] + canvas["height"] - 3
    assert view.colour_at(canvas["x"] + canvas["width"] - 3, y) == "#14181e"
