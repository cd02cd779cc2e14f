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
    suite_tests,
    suites_root,
)


def test_number_of_tests() -> None:
    """The course has 58 tests, so many in each part."""
    counts = Counter(test.part for test in suite_tests())
    assert counts == {"3A": 3, "3B": 10, "3C": 8, "3D": 7, "4A": 7, "4B": 13, "4C": 10}
    assert [test.part for test in suite_tests()] == sorted(
        (test.part for test in suite_tests()), key=PARTS.index
    )


def test_handouts_list_every_test() -> None:
    """The handouts have each test in a table, in the order of the suites."""
    text = "".join((handouts_root() / f"lab{number}.md").read_text() for number in "34")
    rows = [
        line.split("|")[1].strip() for line in text.splitlines() if "| Test" in line
    ]
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
    assert [test.part for test in select(["3A"])] == ["3A"] * 3
    assert len(select(["3"])) == 28
    assert len(select(["4", "4b"])) == 30
    assert select([]) == list(suite_tests())
    chosen = select(["TestBackup3B", "3A", "test_backup_3B", "TestReElection3A"])
    assert [test.name for test in chosen] == [
        *("TestInitialElection3A", "TestReElection3A", "TestManyElections3A"),
        "TestBackup3B",
    ]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("3E", "parts are 3A, 3B, 3C, 3D, 4A, 4B, 4C"),
        ("TestFigure8", "did you mean TestFigure83C?"),
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
