"""The labs' suites: all tests are found, under their names in the course."""

from __future__ import annotations

from collections import Counter

import pytest

from tester1.suites import (
    PARTS,
    UnknownTest,
    course_name,
    handouts_root,
    select,
    shown_name,
    suite_tests,
    suites_root,
)


def test_number_of_tests() -> None:
    """The course has 58 tests, so many in each part."""
    course = [test.part for test in suite_tests() if not test.ours]
    counts = Counter(course)
    assert counts == {"3A": 3, "3B": 10, "3C": 8, "3D": 7, "4A": 7, "4B": 13, "4C": 10}
    assert course == sorted(course, key=PARTS.index)


def test_ours_come_last() -> None:
    """Those that the course does not have, by part, and told apart by their names."""
    ours = select(["ours"])
    assert ours == list(suite_tests()[58:])
    assert all(test.ours for test in ours)
    parts = [test.part for test in ours]
    assert parts == sorted(parts, key=PARTS.index)
    assert {"3A", "3C", "3D", "4A", "4B"} <= set(parts)
    assert shown_name("test_maybe_4B") == "TestMaybe4B (ours)"
    assert shown_name("test_speed_4B") == "TestSpeed4B"


def test_handouts_list_every_test() -> None:
    """The handouts have each test in a table, in the suites' order, and ours apart."""
    text = "".join((handouts_root() / f"lab{number}.md").read_text() for number in "34")
    rows = [
        line.split("|")[1].strip() for line in text.splitlines() if "| Test" in line
    ]
    ours = {test.name for test in select(["ours"])}
    rows.sort(key=ours.__contains__)
    assert rows == [test.name for test in suite_tests()]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("test_figure_8_unreliable_3C", "TestFigure8Unreliable3C"),
        ("test_rpc_bytes_3B", "TestRPCBytes3B"),
        ("test_persist_1_3C", "TestPersist13C"),
    ],
)
def test_course_names(function: str, name: str) -> None:
    """Names are those of the course, digits and capitals included."""
    assert course_name(function) == name


def test_select() -> None:
    """Parts, labs and names in both spellings; in order, and each test once."""
    assert select(["3A"]) == [test for test in suite_tests() if test.part == "3A"]
    assert [test.ours for test in select(["3"])].count(False) == 28
    assert [test.ours for test in select(["4", "4b"])].count(False) == 30
    assert select([]) == list(suite_tests())
    ours = [test.name for test in select(["3A"]) if test.ours]
    chosen = select(["TestBackup3B", "3A", "test_backup_3B", "TestReElection3A"])
    assert [test.name for test in chosen] == [
        *("TestInitialElection3A", "TestReElection3A", "TestManyElections3A"),
        *("TestBackup3B", *ours),
    ]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("3E", "parts are 3A, 3B, 3C, 3D, 4A, 4B, 4C"),
        ("TestFigure8", "did you mean TestFigure83C?"),
        ("test_backup_3A", "did you mean TestBackup3B?"),
        ("TestReelectoin3A", "did you mean TestReElection3A?"),
        ("Persist1", "did you mean TestPersist13C?"),
        # Like others only in how all of them begin.
        ("TestNope", "parts are "),
        ("TestNope4C", "parts are "),
        ("test_x", "parts are "),
        ("", "parts are "),
    ],
)
def test_unknown(word: str, hint: str) -> None:
    """A name that nothing has is refused, with what might have been meant."""
    with pytest.raises(UnknownTest) as error:
        select(["3A", word])
    assert f"there is no test or part {word!r}" in str(error.value)
    assert hint in str(error.value)


def test_node_ids() -> None:
    """A test's id is a file that exists, and a function in it."""
    for test in suite_tests():
        file, _, function = test.node_id.partition("::")
        assert test.file.is_relative_to(suites_root())
        assert f"def {function}(" in test.file.read_text()
        assert file == str(test.file)
