"""What a grader counts: points for each test, and the rule by which a test earns them.

A rubric is a TOML file (`docs/instructors.md` describes it). It is read strictly: a key
that means nothing here is an error that names it, since a misspelt rule would silently
grade a whole class wrongly.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec

from tester1.batch.errors import BatchError
from tester1.batch.runs.jobs import Bounds
from tester1.suites import SuiteTest, UnknownTest, select

__all__ = ["Rubric", "Rule", "TestRule", "default_rubric", "read_rubric"]

T = TypeVar("T")

_RUNS: Final = 100
_USUAL: Final = Bounds()
_Positive = Annotated[int, msgspec.Meta(ge=1)]
_Points = Annotated[float, msgspec.Meta(ge=0)]
_Rate = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Rule(StrEnum):
    """What a test's pass rate is worth."""

    ALL = "all"
    """All points if every run has passed, else none."""
    SHARE = "share"
    """The share of the points that is the pass rate, if that is not below a threshold,
    else none."""


class TestRule(msgspec.Struct, frozen=True):
    """The points of one test, and how they are earned."""

    __test__ = False  # to pytest, its name looks like a class of tests

    points: float
    rule: Rule
    threshold: float

    def score(self, passed: int, total: int) -> float:
        """What a test has earned that has passed so many of its runs."""
        if total == 0:
            return 0.0
        if self.rule is Rule.ALL:
            return self.points if passed == total else 0.0
        rate = passed / total
        return self.points * rate if rate >= self.threshold else 0.0


class Rubric(msgspec.Struct, frozen=True):
    """All that a grader decides about a class."""

    title: str
    runs: int
    limits: Bounds
    tests: dict[str, TestRule]
    """By the tests' functions, in the order of the suites."""

    @property
    def points(self) -> float:
        """What a perfect submission gets."""
        return sum(rule.points for rule in self.tests.values())


class _Limits(msgspec.Struct, forbid_unknown_fields=True):
    cpu_s: _Positive = _USUAL.cpu_s
    wall_s: _Positive = _USUAL.wall_s
    memory_mib: _Positive = _USUAL.memory_mib
    output_kib: _Positive = _USUAL.output_kib


class _Test(msgspec.Struct, forbid_unknown_fields=True):
    points: _Points
    rule: Rule | None = None
    threshold: _Rate | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    # The values are converted one by one later, so that errors name their keys.
    tests: dict[str, Any]
    title: str = "Grades"
    runs: _Positive = _RUNS
    rule: Rule = Rule.ALL
    threshold: _Rate = 0.0
    limits: _Limits = msgspec.field(default_factory=_Limits)


def default_rubric() -> Rubric:
    """A point for each of the course's tests that passes every run; none for ours."""
    tests = {
        test.function: TestRule(0.0 if test.ours else 1.0, Rule.ALL, 0.0)
        for test in select(())
    }
    return Rubric("Grades", _RUNS, Bounds(), tests)


def read_rubric(path: Path) -> Rubric:
    """Read a rubric. Raises `BatchError`, which names the key that is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BatchError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BatchError(f"{path}: is no TOML file: {error}") from None
    file = _convert(path, "", content, _File)
    limits = file.limits
    return Rubric(
        file.title,
        file.runs,
        Bounds(limits.cpu_s, limits.wall_s, limits.memory_mib, limits.output_kib),
        _rules(path, file),
    )


def _rules(path: Path, file: _File) -> dict[str, TestRule]:
    """The rule of every test: the one that names it most closely counts."""
    chosen: dict[str, TestRule] = {}
    entries = list(_entries(path, file.tests))
    # From what names many tests to what names one: each overrules those before.
    entries.sort(key=lambda entry: -len(entry[1]))
    for key, tests, value in entries:
        # A number is short for a table that gives nothing but points.
        given = value if isinstance(value, Mapping) else {"points": value}
        entry = _convert(path, key, given, _Test)
        # TOML can say `inf`, which is not below zero either.
        if not math.isfinite(entry.points):
            raise BatchError(f"{path}: {key}: give a number of points")
        rule = TestRule(
            entry.points,
            file.rule if entry.rule is None else entry.rule,
            file.threshold if entry.threshold is None else entry.threshold,
        )
        # A part's points are for the course's tests. Ours are run with them and shown,
        # and earn something only where they are named themselves.
        meant = all(test.ours for test in tests)
        for test in tests:
            if meant or not test.ours:
                chosen[test.function] = rule
            else:
                shown = msgspec.structs.replace(rule, points=0.0)
                chosen.setdefault(test.function, shown)
    if not chosen:
        raise BatchError(f"{path}: tests: name at least one test, or a part such as 3A")
    return {
        test.function: chosen[test.function]
        for test in select(())
        if test.function in chosen
    }


def _entries(
    path: Path, tests: Mapping[str, Any]
) -> Iterator[tuple[str, list[SuiteTest], Any]]:
    """Each key of the table of tests, which tests it names, and its value."""
    seen: dict[tuple[SuiteTest, ...], str] = {}
    for word, value in tests.items():
        key = f"tests.{word}"
        try:
            named = select([word])
        except UnknownTest as error:
            raise BatchError(f"{path}: {key}: {error}") from None
        # Which of two such keys counts would hang on their order in the file.
        other = seen.setdefault(tuple(named), key)
        if other != key:
            raise BatchError(f"{path}: {key}: is the same as {other}; leave out one")
        yield key, named, value


def _convert(path: Path, key: str, value: object, to: type[T]) -> T:
    """The value of a key in its own type. Raises `BatchError`, which names the key."""
    try:
        return msgspec.convert(value, to)
    except msgspec.ValidationError as error:
        # msgspec says where by a path from the value that it was given; whoever reads
        # it wants a key as in the file.
        problem, _, place = str(error).partition(" - at `$")
        unknown = re.search(r"(unknown|required) field `(\w+)`", problem)
        inner = re.findall(r"\w+", place)
        if unknown is not None:
            inner.append(unknown[2])
            what = {"unknown": "there is no such key", "required": "is missing"}
            problem = what[unknown[1]]
        if problem.startswith("Invalid enum"):
            problem += f"; give one of {', '.join(Rule)}"
        name = ".".join(filter(None, [key, *inner])) or "the file"
        problem = problem[:1].lower() + problem[1:]
        raise BatchError(f"{path}: {name}: {problem}") from None
