"""What a page shows of a verdict: linearizations, and why there is none."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.timeline.cases import illegal, legal, put, run, undecided
from tests.timeline.cases import one_partition as whole
from tests.timeline.conftest import OpenPage, View


@pytest.fixture
def view(open_page: OpenPage) -> View:
    """A page of 43 operations on two keys, k0 of which ends in a stale read."""
    return open_page(illegal(run(40, clients=4, keys=2)))


def core_of(view: View) -> list[int]:
    """The operations of the minimal illegal sub-history, by call."""
    count = view.call("operationCount")
    return [i for i in range(count) if view.call("operation", i)["core"]]


def is_red(colour: str) -> bool:
    """Whether red dominates; edges are blended with what lies beside them."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red - max(green, blue) > 80


def span_of(view: View, operations: list[int]) -> tuple[float, float]:
    """The time from the first call to the last return, with a margin."""
    facts = [view.call("operation", i) for i in operations]
    first = min(fact["call"] for fact in facts)
    last = max(fact["ret"] for fact in facts)
    return first - 1e6, last + 1e6


def test_a_linearization_lies_within_the_intervals(open_page: OpenPage) -> None:
    """Each operation takes effect between its call and its return, in the order."""
    view = open_page(legal(run(80, clients=6)))
    order, at = view.call("linearization", "k0"), view.call("instants", "k0")
    assert sorted(order) == list(range(80))
    assert at == sorted(at)
    for operation, instant in zip(order, at, strict=True):
        facts = view.call("operation", operation)
        assert facts["call"] <= instant <= facts["ret"]


def test_forced_orders_leave_room_for_each(open_page: OpenPage) -> None:
    """Operations that compete for one stretch of time get an instant of their own."""
    view = open_page(whole([put(i, 0.0, 1.0) for i in range(5)]))
    at = view.call("instants", "")
    gaps = [after - before for before, after in pairwise(at)]
    assert min(gaps) == pytest.approx(1e9 / 6)


def test_dots_stand_where_operations_take_effect(open_page: OpenPage) -> None:
    """A dot of the linearization's colour is drawn at every instant."""
    view = open_page(legal(run(12, clients=3)))
    order, at = view.call("linearization", "k0"), view.call("instants", "k0")
    for operation, instant in zip(order, at, strict=True):
        box = view.call("boxOf", operation)
        y = box["y"] + box["height"] - 6
        assert view.colour_at(view.call("xOf", instant), y) == view.theme("path")


def test_details_tell_the_states_around_an_operation(open_page: OpenPage) -> None:
    """The panel shows the position in the linearization, and both states."""
    effects = run(20)
    view = open_page(legal(effects))
    order = view.call("linearization", "k0")
    view.call("select", order[7])
    details = view.text("#details")
    assert "8 of 20" in details
    assert repr(effects[6].state) in details
    assert repr(effects[7].state) in details


def test_the_reason_stands_on_top_with_links(view: View) -> None:
    """The sentence names the key, and its operations lead to them."""
    assert view.text("#verdict") == "Not linearizable"
    reason = view.text("#finding .reason")
    assert reason.startswith("Key k0: ")
    assert "had replaced before the read began" in reason
    old, new, read = core_of(view)
    links = view.page.locator("#finding .reason button")
    assert links.count() == 2
    links.first.click()
    assert view.call("selected") == read
    links.last.click()
    assert view.call("selected") == new
    view.page.locator("#finding").get_by_text(f"#{old}", exact=True).click()
    assert view.call("selected") == old


def test_the_illegal_operations_stand_out(view: View) -> None:
    """The contradiction is red, what it builds on is framed in red."""
    old, new, read = core_of(view)
    view.call("search", "is:core")
    view.call("show", *span_of(view, [old, new, read]))
    view.settle()
    for operation in (old, new, read):
        box = view.call("boxOf", operation)
        places = [box["x"] + box["width"] * part for part in (0.2, 0.4, 0.6, 0.8)]
        reds = [is_red(view.colour_at(x, box["y"] + 1.5)) for x in places]
        # The line of a linearization may cross the frame once.
        assert reds.count(True) >= 3
    fills = [
        view.colour_at(box["x"] + 4, box["y"] + 5)
        for operation in (old, new, read)
        for box in [view.call("boxOf", operation)]
    ]
    assert fills == [view.theme("kind-1"), view.theme("error"), view.theme("error")]


def test_jump_to_error_shows_its_key_and_operations(view: View) -> None:
    """One click leads from the whole run to the operations that contradict."""
    view.page.click("#jump")
    visible = view.call("visibleOperations")
    assert set(core_of(view)[1:]) <= set(visible)
    assert len(visible) < 10
    assert {view.call("operation", i)["key"] for i in visible} == {"k0"}
    assert view.call("selected") == core_of(view)[-1]


def test_only_the_minimal_illegal_sub_history(view: View) -> None:
    """One click tones down everything else."""
    view.page.get_by_role("button", name="show only these").click()
    assert view.text("#matches") == "3 matches"
    assert view.page.input_value("#search") == "is:core"


def test_a_click_shows_a_longest_partial_linearization(view: View) -> None:
    """The partial linearization on show always includes the selected operation."""
    _, new, read = core_of(view)
    first = view.call("linearization", "k0")
    assert new in first
    assert read not in first
    view.call("jumpToError")
    view.click(read)
    second = view.call("linearization", "k0")
    assert read in second
    assert new not in second
    assert f"#{new} " in view.text("#details")


def test_partial_linearizations_can_be_leafed_through(view: View) -> None:
    """The head of the page leads through all partial linearizations."""
    line = view.page.locator("#finding .more").last
    assert "Partial linearization 1 of 2" in line.inner_text()
    first = view.call("linearization", "k0")
    view.page.get_by_label("Next partial linearization").click()
    assert "Partial linearization 2 of 2" in line.inner_text()
    assert view.call("linearization", "k0") != first
    view.page.get_by_label("Longer partial linearization").click()
    assert view.call("linearization", "k0") == first


def test_an_undecided_check_says_so(open_page: OpenPage) -> None:
    """A check without a verdict shows how far it came."""
    view = open_page(undecided(run(30)))
    assert view.text("#verdict") == "Undecided"
    assert "before it reached a verdict" in view.text("#finding")
    last = view.call("linearization", "k0")
    missing = next(i for i in range(30) if i not in last)
    view.call("select", missing)
    assert "No partial linearization" in view.text("#details")
    view.settle()
    box = view.call("boxOf", missing)
    inside = view.colour_at(box["x"] + 5, box["y"] + box["height"] - 5)
    assert inside == view.theme("left-out")


def test_a_legal_history_shows_no_alarm(open_page: OpenPage) -> None:
    """Without a violation there is no reason to show, and nowhere to jump."""
    view = open_page(legal(run(10)))
    assert view.page.locator("#finding").is_hidden()
    assert view.page.locator("#jump").is_hidden()
