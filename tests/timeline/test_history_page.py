"""The page of a history alone: its help, its address, its picture as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import pytest

from tester1.porcupine.model import Result
from tester1.timeline.html import write_html
from tests.timeline.addresses import address_of_sight, address_says, close_to
from tests.timeline.axe import PHONE, SCREENS, small_targets, violations
from tests.timeline.cases import (
    illegal,
    legal,
    one_partition,
    put,
    run,
    sample_annotations,
)
from tests.timeline.conftest import OpenPage, Pages, View


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page of 63 operations of 4 clients on 3 keys, k0 of which is illegal."""
    return written(tmp_path, illegal(run(60, clients=4, keys=3)))


def written(folder: Path, result: Result) -> Path:
    """The page of a result with annotations."""
    path = folder / "history.html"
    calls = [float(one.call) for p in result.partitions for one in p.operations]
    notes = sample_annotations(max(calls))
    write_html(result, path, annotations=notes, title="A history")
    return path


@pytest.fixture
def view(pages: Pages, page: Path) -> View:
    """That page."""
    return pages.show(page)


# Help


def test_help_lists_the_keys_of_such_a_page(view: View) -> None:
    """By button and by key; what only a run has is not in it."""
    view.page.click("#help-button")
    listed = view.text("#help")
    for words in (
        "next operation of the client",
        "in the linearization",
        "zoom in, zoom out",
        "search; Enter: next match",
        "client:3",
        "contradict one another",
    ):
        assert words in listed
    for words in ("crash", "the promise", "server", "play", "cursor", "term:5"):
        assert words not in listed
    view.page.click("#help-close")
    assert view.page.locator("#help").is_hidden()
    view.page.keyboard.press("?")
    assert view.page.locator("#help").is_visible()


def test_an_open_help_keeps_all_keys(view: View) -> None:
    """Nothing happens behind it, and Escape closes it and nothing else."""
    view.call("select", 17)
    before = view.call("view")
    view.page.keyboard.press("?")
    for key in ("ArrowRight", "n", "+", "e"):
        view.page.keyboard.press(key)
    assert (view.call("selected"), view.call("view")) == (17, before)
    view.page.keyboard.press("Escape")
    assert view.page.locator("#help").is_hidden()
    assert view.call("selected") == 17


def test_the_keys_of_operations_work_wherever_one_is(view: View) -> None:
    """Also after a click on a button: no need to go to the picture first."""
    view.page.click("#zoom-in")
    view.page.keyboard.press("ArrowRight")
    first = view.call("selected")
    assert first is not None
    order = view.call("linearization", view.call("operation", first)["key"])
    view.page.keyboard.press("]")
    assert view.call("selected") == order[order.index(first) + 1]
    view.page.keyboard.press("[")
    assert view.call("selected") == first
    before = view.call("view")
    view.page.keyboard.press("Enter")
    assert view.call("view") != before


def test_shift_enter_goes_to_the_match_before(view: View) -> None:
    """Around the end, as Enter does."""
    view.page.fill("#search", "is:core")
    view.page.press("#search", "Enter")
    first = view.call("selected")
    view.page.press("#search", "Enter")
    assert view.call("selected") > first
    view.page.press("#search", "Shift+Enter")
    assert view.call("selected") == first
    view.page.press("#search", "Shift+Enter")
    assert view.call("selected") > first


def test_help_of_annotations_alone(open_page: OpenPage) -> None:
    """There are no operations, nothing to search, and no signs."""
    view = open_page(None, sample_annotations(7.5))
    view.page.keyboard.press("?")
    listed = view.text("#help")
    assert "zoom in, zoom out" in listed
    for words in ("operation", "Search", "Signs"):
        assert words not in listed


# The address


def test_an_address_leads_to_the_same_place(
    pages: Pages, page: Path, view: View
) -> None:
    """Operation, key and time in sight, on another page of the history."""
    view.call("showKey", "k0")
    operation = view.call("linearization", "k0")[5]
    view.call("zoom", 4)
    view.call("select", operation)
    address_says(view, f"#o={operation}&k=k0&w=")
    view.page.keyboard.press("+")
    address = address_of_sight(view)
    assert "k=k0" in address
    other = pages.show(page, address)
    assert other.call("selected") == operation
    assert other.page.input_value("#key") == view.page.input_value("#key")
    assert other.call("visibleOperations") == view.call("visibleOperations")
    assert close_to(other.call("view"), view.call("view"))


def test_a_changed_address_is_followed(pages: Pages, page: Path) -> None:
    """Without a stretch of time, what it names comes into sight; else nothing moves."""
    view = pages.show(page, "#w=0.01..0.02")
    last = view.call("operationCount") - 1
    assert last not in view.call("visibleOperations")
    view.page.evaluate(f"location.hash = '#o={last}'")
    view.page.wait_for_function(f"() => raftlab.selected() === {last}")
    assert last in view.call("visibleOperations")
    sight = view.call("view")
    assert sight["last"] - sight["first"] == pytest.approx(1e7)
    view.page.evaluate("location.hash = '#k=k1'")
    view.page.wait_for_function(
        "() => document.getElementById('key').selectedOptions[0].text.startsWith('k1')"
    )
    assert view.call("view") == sight


def test_an_operation_of_another_key_is_shown(pages: Pages, page: Path) -> None:
    """What is selected is in sight, whatever key the address names."""
    view = pages.show(page)
    other = next(i for i in range(60) if view.call("operation", i)["key"] != "k0")
    followed = pages.show(page, f"#o={other}&k=k0")
    assert followed.call("selected") == other
    assert followed.call("boxOf", other) is not None


def test_an_annotation_has_an_address(pages: Pages, page: Path, view: View) -> None:
    """It is selected like an operation."""
    view.page.get_by_role("tab", name="Annotations").click()
    rows = view.page.locator("#annotations .row[data-item]")
    rows.filter(has_text="leader 2").click()
    other = pages.show(page, address_says(view, "#a=3&"))
    assert "in term 7" in other.text("#details")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("#o=63", "no operation “63”"),
        ("#o=first&k=k9", "no operation “first” and no key “k9”"),
        ("#a=5", "no annotation “5”"),
        ("#w=2..1", "no stretch of time “2..1”"),
        ("#t=1.5&s=2", "no run, as “t=1.5” needs and no run, as “s=2” needs"),
        ("#operation=3", "nothing that “operation” names"),
        ("#%", "nothing that “%” names"),
        ("#o=<img src=x>", "no operation “<img src=x>”"),
    ],
)
def test_what_an_address_names_in_vain_is_told(
    pages: Pages, page: Path, said: str, told: str
) -> None:
    """For all to see and hear; the rest of it counts."""
    view = pages.show(page, said + "&o=4" if "o=" not in said else said)
    assert told in view.text("#address-note")
    assert told in view.text("#announcer")
    assert view.call("selected") == (4 if "o=" not in said else None)
    view.page.click("#address-note-close")
    assert view.page.locator("#address-note").is_hidden()
    view.page.evaluate("location.hash = '#o=99'")
    view.page.wait_for_selector("#address-note", state="visible")
    view.page.evaluate("location.hash = '#o=3'")
    view.page.wait_for_selector("#address-note", state="hidden")
    assert view.call("selected") == 3


@pytest.mark.parametrize("key", ["a b&c=d", "100%", "a+b", "é/?#", "<k>", "&k=k0"])
def test_any_key_has_an_address(pages: Pages, tmp_path: Path, key: str) -> None:
    """Whatever letters are in its name."""
    mine, others = one_partition([put(0, 0, 1)], name=key), legal(run(10))
    parts = (*mine.partitions, *others.partitions)
    page = written(tmp_path, Result(mine.verdict, mine.model, parts, 0.0))
    view = pages.show(page)
    view.call("showKey", key)
    chosen = view.page.input_value("#key")
    other = pages.show(page, address_says(view, "k="))
    assert other.page.input_value("#key") == chosen
    assert other.page.locator("#address-note").is_hidden()


def test_a_page_that_nobody_has_moved_has_no_address(view: View) -> None:
    """Copying the link writes one; the button says what became of it."""
    assert "#" not in view.page.url
    view.page.click("#copy-link")
    view.page.wait_for_function(
        "() => ['Copied', 'See address bar'].includes("
        "document.getElementById('copy-link').textContent)"
    )
    assert "#w=" in view.page.url


# The picture


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_the_picture_is_an_svg_file(
    pages: Pages, page: Path, colour_scheme: Literal["light", "dark"]
) -> None:
    """It has what is in sight, as the page draws it."""
    view = pages.show(page, "#o=61&w=0.07..0.09", colour_scheme=colour_scheme)
    with view.page.expect_download() as download:
        view.page.click("#export-svg")
    assert download.value.suggested_filename == "A-history.svg"
    text = Path(download.value.path()).read_text()
    assert text == view.call("svg")
    texts = "\n".join(ElementTree.fromstring(text).itertext())
    for words in ("A history", "client 0", "put(", "test failed"):
        assert words in texts
    assert "iteration 0" not in texts
    assert f'fill="{view.theme("page")}"' in text


# Everybody


@pytest.mark.parametrize(("colour_scheme", "size"), SCREENS)
def test_axe_finds_no_violation(
    pages: Pages,
    page: Path,
    colour_scheme: Literal["light", "dark"],
    size: tuple[int, int],
) -> None:
    """Whatever is selected, with a table, the note on the address, and the help."""
    view = pages.show(page, "#o=61&x=1", colour_scheme=colour_scheme, size=size)
    assert violations(view) == []
    view.page.evaluate("location.hash = '#a=3'")
    view.page.wait_for_function("() => raftlab.selected() === null")
    assert violations(view) == []
    view.call("clear")
    view.page.get_by_role("tab", name="Operations").click()
    assert violations(view) == []
    view.page.click("#help-button")
    assert violations(view) == []


def test_a_phone_shows_and_reaches_everything(pages: Pages, page: Path) -> None:
    """The page scrolls; the picture has room, and fingers hit what they aim at."""
    view = pages.show(page, "#o=61&x=1", size=PHONE)
    assert view.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert small_targets(view) == []
    canvas = view.page.locator("#canvas").bounding_box()
    details = view.page.locator("#details").bounding_box()
    assert canvas is not None
    assert details is not None
    assert canvas["height"] >= PHONE[1] / 2
    assert details["y"] >= canvas["y"] + canvas["height"]
