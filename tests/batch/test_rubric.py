"""Rubrics: what they mean, and that what they cannot mean is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tester1.batch.errors import BatchError
from tester1.batch.grading.rubric import Rule, TestRule, default_rubric, read_rubric
from tester1.batch.runs.jobs import Bounds
from tester1.suites import select


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the rubric is."""
    return tmp_path / "rubric.toml"


def test_default_is_a_point_for_each_test() -> None:
    """Without a rubric all tests of the course count alike, and ours nothing."""
    rubric = default_rubric()
    assert rubric.points == 58
    assert list(rubric.tests) == [test.function for test in select([])]
    assert {
        test.function for test in select([]) if rubric.tests[test.function].points == 0
    } == {test.function for test in select(["ours"])}
    assert {rule.rule for rule in rubric.tests.values()} == {Rule.ALL}


def test_everything(file: Path) -> None:
    """All keys are read, and what is missing in a test is the rubric's."""
    file.write_text(
        """
        title = "Lab 3"
        runs = 400
        rule = "share"
        threshold = 0.9
        [limits]
        cpu_s = 5
        memory_mib = 512
        [tests]
        TestManyElections3A = 2
        TestFigure83C = { points = 10, rule = "all" }
        test_speed_4C = { points = 1.5, threshold = 0.5 }
        """
    )
    rubric = read_rubric(file)
    assert (rubric.title, rubric.runs) == ("Lab 3", 400)
    assert rubric.limits == Bounds(cpu_s=5, memory_mib=512)
    assert rubric.tests == {
        "test_many_elections_3A": TestRule(2.0, Rule.SHARE, 0.9),
        "test_figure_8_3C": TestRule(10.0, Rule.ALL, 0.9),
        "test_speed_4C": TestRule(1.5, Rule.SHARE, 0.5),
    }


def test_the_closest_name_counts(file: Path) -> None:
    """A test's own entry beats its part's, and that its lab's, in any order."""
    file.write_text("[tests]\nTestManyElections3A = 7\n3 = 1\n3A = 3\n")
    tests = read_rubric(file).tests
    assert len(tests) == len(select(["3"]))
    assert tests["test_many_elections_3A"].points == 7
    assert tests["test_re_election_3A"].points == 3
    assert tests["test_rejoin_3B"].points == 1


def test_ours_earn_what_they_are_named_for(file: Path) -> None:
    """With their part they are run for nothing; a name, or `ours`, gives points."""
    file.write_text("[tests]\n3A = 3\n3 = 1\nours = 0.5\nTestTwoCandidates3A = 2\n")
    tests = read_rubric(file).tests
    assert tests["test_re_election_3A"].points == 3
    assert tests["test_two_candidates_3A"].points == 2
    assert tests["test_one_way_links_3A"].points == 0.5
    assert tests["test_maybe_4B"].points == 0.5
    file.write_text("[tests]\n3A = 3\n")
    tests = read_rubric(file).tests
    assert tests["test_two_candidates_3A"].points == 0
    ours = {test.function for test in select(["ours"])} & set(tests)
    assert set(list(tests)[-len(ours) :]) == ours > {"test_two_candidates_3A"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x =", "is no TOML file: Invalid value .*"),
        ("runs = 3", "tests: is missing"),
        ("[tests]", "tests: name at least one test, or a part such as 3A"),
        ("tests = 1", "tests: expected `object`, got `int`"),
        ("point = 1\n[tests]\n3A = 1", "point: there is no such key"),
        ("runs = 0\n[tests]\n3A = 1", "runs: expected `int` >= 1"),
        ('runs = "9"\n[tests]\n3A = 1', "runs: expected `int`, got `str`"),
        ("threshold = 90\n[tests]\n3A = 1", "threshold: expected `float` <= 1.0"),
        ("[tests]\n3A = -1", "tests.3A.points: expected `float` >= 0.0"),
        ("[tests]\n3A = inf", "tests.3A: give a number of points"),
        ('[tests]\n3A = "much"', "tests.3A.points: expected `float`, got `str`"),
        ('[tests]\n3A = {rule = "all"}', "tests.3A.points: is missing"),
        ("[tests]\n3A = {points = 1, rul = 2}", "tests.3A.rul: there is no such key"),
        (
            '[tests]\n3A = {points = 1, rule = "most"}',
            "tests.3A.rule: invalid enum value 'most'; give one of all, share",
        ),
        (
            "[tests]\nTestFigure93C = 1",
            "tests.TestFigure93C: there is no test or part 'TestFigure93C'; did .*",
        ),
        (
            "[tests]\nTestFigure83C = 1\ntest_figure_8_3C = 2",
            "tests.test_figure_8_3C: is the same as tests.TestFigure83C; leave out one",
        ),
        ("[tests]\n3A = 1\n[limits]\ncpu = 1", "limits.cpu: there is no such key"),
    ],
)
def test_refusals_name_the_key(file: Path, text: str, problem: str) -> None:
    """One line: the file, the key, what is wrong with it."""
    file.write_text(text)
    with pytest.raises(BatchError, match=f"^{file}: {problem}$"):
        read_rubric(file)


def test_refuses_what_is_not_there(file: Path) -> None:
    """The file has to be there."""
    with pytest.raises(BatchError, match=f"^{file}: cannot be read: No such file"):
        read_rubric(file)


@pytest.mark.parametrize(
    ("rule", "passed", "total", "score"),
    [
        (TestRule(10, Rule.ALL, 0), 400, 400, 10),
        (TestRule(10, Rule.ALL, 0), 399, 400, 0),
        (TestRule(10, Rule.ALL, 0), 0, 0, 0),
        (TestRule(10, Rule.SHARE, 0.9), 380, 400, 9.5),
        (TestRule(10, Rule.SHARE, 0.9), 360, 400, 9),
        (TestRule(10, Rule.SHARE, 0.9), 359, 400, 0),
        (TestRule(10, Rule.SHARE, 0), 0, 0, 0),
    ],
)
def test_scores(rule: TestRule, passed: int, total: int, score: float) -> None:
    """All or nothing, or a share from a threshold on."""
    assert rule.score(passed, total) == pytest.approx(score)
