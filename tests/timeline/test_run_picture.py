"""The picture of a run: every server and message is drawn, or counted as left out.

The run is made up of few facts, so that each of them can be named here.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import pytest

from labrt import Fact
from tester1.facts.kinds import ClerkCalled
from tester1.timeline.picture import write_picture
from tester1.timeline.run_schema import CallKind
from tests.tester1.stories import APPEND, Story, append, appended
from tests.timeline.conftest import Pages, View
from tests.timeline.drawn_runs import at, busy_run, small_run


def open_run(pages: Pages, folder: Path, facts: list[Fact]) -> View:
    """The page of a run, with all of it loaded."""
    path = folder / "run.html"
    write_picture(path, facts, annotations=(), title="a run")
    view = pages.show(path)
    view.page.evaluate("raftlab.allLoaded()")
    view.settle()
    return view


@pytest.fixture
def view(pages: Pages, tmp_path: Path) -> View:
    """The page of the small run."""
    return open_run(pages, tmp_path, small_run())


@pytest.fixture
def busy(pages: Pages, tmp_path: Path) -> View:
    """The page of the busy run."""
    return open_run(pages, tmp_path, busy_run())


def show_all(view: View) -> None:
    """Show the whole run."""
    view.call("fit")
    view.settle()


def sent_facts(view: View) -> list[int]:
    """The positions of all facts that a message was sent."""
    found: list[int] = view.page.evaluate(
        "Array.from({ length: raftlab.factCount }, (_, i) => i)"
        ".filter((i) => raftlab.fact(i).kind === 'sent')"
    )
    return found


def test_every_server_has_a_lane(view: View) -> None:
    """Lanes are high enough to be read, and below one another."""
    boxes = [view.call("serverBox", server) for server in range(3)]
    assert view.call("serverCount") == 3
    assert all(box["height"] >= 40 for box in boxes)
    for above, below in pairwise(boxes):
        assert above["y"] + above["height"] <= below["y"]
    assert view.call("serverBox", 3) is None


def test_the_bar_shows_the_role_and_the_term(view: View) -> None:
    """A leader's bar is as high as it gets, in the colour of its term."""
    show_all(view)
    box = view.call("serverBox", 0)
    axis = box["y"] + box["height"] * 0.42
    led = view.call("xOf", 0.25e9)
    assert view.colour_at(led, axis + 8) == view.theme("term-0")
    follows = view.call("serverBox", 2)
    middle = follows["y"] + follows["height"] * 0.42
    assert view.colour_at(led, middle) == view.theme("term-0")
    assert view.colour_at(led, middle + 8) != view.theme("term-0")


def test_a_crash_is_a_gap_between_two_lives(view: View) -> None:
    """The second life begins later than the first one ends."""
    first, second = view.call("livesOf", 1)["lives"]
    assert (first["incarnation"], second["incarnation"]) == (1, 2)
    assert first["ended"]
    assert second["start"] - first["end"] == pytest.approx(0.05e9, abs=1e3)
    assert not second["ended"]


def test_every_call_is_drawn_when_zoomed_in_to_it(view: View) -> None:
    """Each has a rectangle, and its request is found at the middle of its arrow."""
    calls = sent_facts(view)
    assert len(calls) == 11
    for call in calls:
        time = view.call("fact", call)["time"]
        view.call("show", time - 5e6, time + 5e6)
        view.settle()
        assert call in view.call("drawnMessages")
        box = view.call("messageBox", call)
        assert box["width"] > 0
        assert box["height"] > 20


def test_an_arrow_is_found_by_the_mouse(view: View) -> None:
    """What is under the mouse is told: request, answer, and how it went."""
    call = sent_facts(view)[0]
    known = view.call("callOf", call)
    view.call("show", known["sentAt"] - 1e6, known["endedAt"] + 1e6)
    view.settle()
    box = view.call("messageBox", call)
    x = (view.call("xOf", known["sentAt"]) + view.call("xOf", known["handedAt"])) / 2
    y = box["y"] + box["height"] / 2
    assert view.call("hitTest", x, y) == {"fact": call}
    view.page.mouse.move(x, y)
    tip = view.text("#tooltip")
    for said in ("S0 → S2", "vote for 0? T1", "candidate_id: 0", "granted: True"):
        assert said in tip
    view.page.mouse.click(x, y)
    assert view.call("cursor") == {"time": known["sentAt"], "fact": call}


def test_a_lost_call_ends_in_a_cross(view: View) -> None:
    """Its arrow stops on the way, and says why."""
    show_all(view)
    lost = [i for i in sent_facts(view) if view.call("callOf", i)["lost"]]
    assert [view.call("callOf", i)["lost"] for i in lost] == ["no way there"]
    assert [i for i in sent_facts(view) if view.call("isCrossed", i)] == lost
    time = view.call("fact", lost[0])["time"]
    view.call("show", time - 5e6, time + 5e6)
    view.settle()
    box = view.call("messageBox", lost[0])
    lane = view.call("serverBox", 1)
    assert box["y"] + box["height"] < lane["y"] + lane["height"] * 0.42
    view.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "lost: no way there" in view.text("#tooltip")


def test_the_page_opens_at_the_finding(view: View) -> None:
    """The proof is in sight, with the cursor where the rule broke."""
    (pin,) = view.call("pins")
    sight = view.call("view")
    for fact in pin["proof"]:
        assert sight["first"] < view.call("fact", fact)["time"] < sight["last"]
    assert view.call("cursor") == {"time": pin["time"], "fact": pin["at"]}
    lane = view.call("serverBox", 2)
    x, y = view.call("xOf", pin["time"]), lane["y"] + lane["height"] * 0.42
    assert view.call("hitTest", x, y) == {"fact": pin["at"]}


def test_a_click_on_nothing_sets_the_cursor(view: View) -> None:
    """The cursor is an instant, and no fact is selected."""
    show_all(view)
    lane = view.call("serverBox", 0)
    x = view.call("xOf", 0.05e9)
    view.page.mouse.click(x, lane["y"] + 2)
    cursor = view.call("cursor")
    assert cursor["fact"] == -1
    assert cursor["time"] == pytest.approx(0.05e9, abs=1e6)


def test_facts_that_matter_have_marks(view: View) -> None:
    """Grants, Start, applies and saves, each at its place."""
    show_all(view)
    frame = view.settle()
    marked = [view.call("fact", i)["kind"] for i in view.call("drawnMarks")]
    expected = ["answered", "answered", "applied", "saved", "start"]
    assert sorted(marked) == expected
    assert frame["marks"] == len(expected)
    assert frame["mergedMarks"] == 0


@pytest.mark.parametrize("factor", [1, 3, 20, 200])
def test_what_is_not_drawn_is_counted(busy: View, factor: int) -> None:
    """However far one zooms, drawn and left out are all calls in sight."""
    show_all(busy)
    busy.call("zoom", factor)
    messages = busy.page.evaluate(
        "raftlab.settled().then(() => raftlab.frame().messages)"
    )
    counted = sum(kind["drawn"] + kind["leftOut"] for kind in messages.values())
    assert counted == len(busy.call("callsInSight"))
    drawn = sum(kind["drawn"] for kind in messages.values())
    assert len(busy.call("drawnMessages")) == drawn
    assert drawn <= 2_500


def test_heartbeats_are_left_out_first(busy: View) -> None:
    """Votes are drawn among thousands, and the picture says what is missing."""
    show_all(busy)
    messages = busy.page.evaluate(
        "raftlab.settled().then(() => raftlab.frame().messages)"
    )
    assert messages["vote"] == {"drawn": 1, "leftOut": 0, "hidden": 0}
    assert messages["heartbeat"]["drawn"] == 0
    assert messages["append"]["drawn"] > 0
    said = f"0 of {messages['heartbeat']['leftOut']:,} heartbeats"
    assert said in text_of(busy.call("svg"))


def test_what_is_searched_for_is_drawn_first(busy: View) -> None:
    """One heartbeat of thousands is drawn when it is what one looks for."""
    show_all(busy)
    call = sent_facts(busy)[1_001]
    assert busy.call("callOf", call)["kind"] == CallKind.HEARTBEAT
    assert call not in busy.call("drawnMessages")
    assert busy.call("search", f"#{busy.call('fact', call)['number']}") == 1
    busy.settle()
    assert call in busy.call("drawnMessages")


def text_of(svg: str) -> str:
    """All texts of a picture."""
    return "\n".join(ElementTree.fromstring(svg).itertext())


def test_the_exported_picture_is_whole(view: View) -> None:
    """It is well-formed, names every server, and fetches nothing."""
    show_all(view)
    svg = view.call("svg")
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = text_of(svg)
    for name in ("S0", "S1", "S2", "one vote a term", "T1 leader", "a run"):
        assert name in texts
    assert not re.search(r"href|url\(|NaN|undefined|Infinity", svg)


def test_the_export_is_a_file(view: View) -> None:
    """The button leaves what is visible as a file of the test's name."""
    with view.page.expect_download() as download:
        view.page.locator("#export-svg").click()
    assert download.value.suggested_filename == "a-run.svg"
    saved = Path(download.value.path()).read_text()
    assert text_of(saved) == text_of(view.call("svg"))


def test_two_fingers_zoom(view: View) -> None:
    """What was between the fingers stays between them."""
    show_all(view)
    before = view.call("view")
    length = view.page.evaluate(
        """() => {
            const canvas = document.getElementById("canvas");
            canvas.setPointerCapture = () => {};
            const box = canvas.getBoundingClientRect();
            const send = (type, pointerId, x) => canvas.dispatchEvent(
                new PointerEvent(type, { pointerId, pointerType: "touch", button: 0,
                    clientX: box.left + x, clientY: box.top + 300, bubbles: true }));
            send("pointerdown", 11, 400);
            send("pointerdown", 12, 500);
            send("pointermove", 11, 300);
            send("pointermove", 12, 600);
            send("pointerup", 11, 300);
            send("pointerup", 12, 600);
            return raftlab.view().last - raftlab.view().first;
        }"""
    )
    assert length == pytest.approx((before["last"] - before["first"]) / 3, rel=0.05)
    assert view.call("cursor")["fact"] == view.call("pins")[0]["at"]


def test_an_old_browser_says_that_it_is_too_old(pages: Pages, tmp_path: Path) -> None:
    """Without a way to inflate facts the page shows the rest, and what is missing."""
    path = tmp_path / "page.html"
    write_picture(path, small_run(), annotations=[], title="a run")
    view = pages.show(path, before="delete window.DecompressionStream")
    assert "This browser cannot read the facts" in view.text("#run-notes")


def meet(a: dict[str, float], b: dict[str, float]) -> bool:
    """Whether two rectangles have a point in common."""
    return (
        a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    )


def ring_box(ring: dict[str, float], radius: float = 9) -> dict[str, float]:
    """The square around a ring."""
    corner = {"x": ring["x"] - radius, "y": ring["y"] - radius}
    return {**corner, "width": 2 * radius, "height": 2 * radius}


def test_the_rings_of_a_finding_say_what_they_are(view: View) -> None:
    """Promise and break have their words, wherever the picture is moved to."""
    (pin,) = view.call("pins")
    for share in (0, 0.3, -0.3):
        sight = view.call("view")
        shift = share * (sight["last"] - sight["first"])
        view.call("show", sight["first"] + shift, sight["last"] + shift)
        view.settle()
        callouts = view.call("callouts")
        said = {fact: box["lines"] for box in callouts for fact in box["facts"]}
        rings = view.call("rings")
        assert set(said) == {fact for ring in rings for fact in ring["facts"]}
        boxes = [*callouts, *map(ring_box, rings)]
        for i, box in enumerate(callouts):
            assert not any(meet(box, other) for other in boxes[i + 1 :])
    view.call("show", 0, 0.5e9)
    view.settle()
    lines = [line for box in view.call("callouts") for line in box["lines"]]
    assert lines == ["granted S0, T1", "granted S1, T1"]
    box = view.call("callouts")[0]
    found = view.call("hitTest", box["x"] + 5, box["y"] + 5)
    assert found == {"fact": pin["promise"]}


def test_words_of_bars_make_way_for_rings(view: View) -> None:
    """The term of a bar that begins with a ring is beside it."""
    view.call("show", 0.098e9, 0.14e9)
    view.settle()
    words = [box for box in view.call("words") if box["text"] == "T1"]
    assert words
    for ring in view.call("rings"):
        badge = {"x": ring["x"] - 9, "y": ring["y"] - 25, "width": 18, "height": 34}
        assert not any(meet(badge, word) for word in words)


def test_a_label_says_of_which_terms_entries_are(pages: Pages, tmp_path: Path) -> None:
    """Entries of the message's own term need no word, older ones do."""
    story = Story()
    at(story, 0.1).call(0, 1, APPEND, append(4, 0, terms=(4,)), appended(4, True))
    at(story, 0.2).call(0, 1, APPEND, append(4, 0, terms=(1, 1)), appended(4, True))
    at(story, 0.5).call(0, 1, APPEND, append(4, 0), appended(4, True))
    view = open_run(pages, tmp_path, story.facts)
    show_all(view)
    texts = text_of(view.call("svg")).splitlines()
    assert "append T4 +1" in texts
    assert "append T4 +2 of T1" in texts


def test_lanes_of_clients_name_their_clerks(pages: Pages, tmp_path: Path) -> None:
    """A clerk is named where its name and its client's are not the same."""
    story = Story()
    for second, clerk in enumerate(("client-2", "client-1")):
        at(story, 0.1 + second).add(ClerkCalled(clerk=clerk, operation="Get", key="x"))
    at(story, 3).call(0, 1, APPEND, append(1, 0), appended(1, True))
    view = open_run(pages, tmp_path, story.facts)
    texts = text_of(view.call("svg")).splitlines()
    assert [text for text in texts if text.startswith("client ")] == [
        "client 0 · client-2",
        "client 1",
    ]


def test_a_click_on_a_lane_chooses_its_server(view: View) -> None:
    """On its name the cursor stays; on an empty place it goes there."""
    show_all(view)
    before = view.call("cursor")
    lane = view.call("serverBox", 1)
    view.page.mouse.click(lane["x"] - 20, lane["y"] + 10)
    assert view.call("chosenServer") == 1
    assert view.call("cursor") == before
    lane = view.call("serverBox", 0)
    view.page.mouse.click(view.call("xOf", 0.05e9), lane["y"] + 2)
    assert view.call("chosenServer") == 0
    assert view.call("cursor")["time"] == pytest.approx(0.05e9, abs=1e6)


@pytest.mark.parametrize(("first", "last"), [(0.0, 0.2e9), (0.42e9, 0.45e9)])
def test_a_finding_out_of_sight_is_pointed_at(
    view: View, first: float, last: float
) -> None:
    """The arrow is at the edge on whose side the finding is, and leads there."""
    (pin,) = view.call("pins")
    (flag,) = view.call("pinFlags")
    assert not flag["away"]
    view.call("setCursor", first)
    view.call("show", first, last)
    view.settle()
    (flag,) = view.call("pinFlags")
    assert flag["away"]
    sight = view.call("view")
    is_after = pin["time"] > last
    edge = view.call("xOf", sight["last"] if is_after else sight["first"])
    near = flag["x"] + flag["width"] if is_after else flag["x"]
    assert near == pytest.approx(edge, abs=5)
    view.page.mouse.click(flag["x"] + flag["width"] / 2, flag["y"] + 8)
    view.page.wait_for_function(f"raftlab.cursor().fact === {pin['at']}")
    view.settle()
    (flag,) = view.call("pinFlags")
    assert not flag["away"]


def test_the_overview_shows_a_short_window(view: View) -> None:
    """Its frame can be seen and held; a double click puts the cursor there."""
    view.call("show", 0.1e9, 0.1001e9)
    view.settle()
    frame = view.call("overviewFrame")
    assert frame["to"] - frame["from"] == pytest.approx(6)
    box = view.page.locator("#overview").bounding_box()
    assert box
    before = view.call("view")
    grabbed = box["x"] + frame["to"] - 1
    view.page.mouse.move(grabbed, box["y"] + 20)
    view.page.mouse.down()
    assert view.call("view") == pytest.approx(before)
    view.page.mouse.move(grabbed + 40, box["y"] + 20)
    view.page.mouse.up()
    assert view.call("view")["first"] > before["last"]
    view.page.mouse.dblclick(box["x"] + box["width"] * 0.75, box["y"] + 20)
    cursor = view.call("cursor")
    sight = view.call("view")
    assert cursor["fact"] == -1
    assert sight["first"] <= cursor["time"] <= sight["last"]


def test_the_legend_names_what_is_under_way_at_the_end(view: View) -> None:
    """The sign is there where such a call is in sight."""
    show_all(view)
    assert "under way at the end" in text_of(view.call("svg"))
    view.call("show", 0.05e9, 0.2e9)
    view.settle()
    assert "under way at the end" not in text_of(view.call("svg"))


def test_a_long_tooltip_says_what_is_missing(pages: Pages, tmp_path: Path) -> None:
    """Fourteen lines of a long value are shown, and how many more there are."""
    story = Story()
    request = append(1, 0, terms=(1,) * 99)
    at(story, 0.1).call(0, 1, APPEND, request, appended(1, True))
    view = open_run(pages, tmp_path, story.facts)
    (call,) = sent_facts(view)
    show_all(view)
    box = view.call("messageBox", call)
    view.page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)
    tip = view.text("#tooltip")
    lines = view.page.locator("#tooltip .what").nth(1).inner_text().splitlines()
    assert len(lines) == 15
    assert re.fullmatch(r"… \d+ more lines: click", lines[-1])
    assert any("entries: [Entry(term=1" in line for line in lines)
    assert "success: True" in tip
    cut = view.page.evaluate(
        "[...document.querySelectorAll('#tooltip .what')]"
        ".some((one) => one.scrollHeight > one.clientHeight)"
    )
    assert not cut
