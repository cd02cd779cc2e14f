"""The labs' suites: where their files are, and which tests they consist of.

In a checkout the suites are `tests/raft` and `tests/kvraft`. An installed wheel carries
the same files as the packages `raftlab_suites.raft` and `raftlab_suites.kvraft`, next
to `tester1`, with the handouts. Whoever runs suites asks here, and never cares which of
the two it is.

The course has 58 tests. The files `test_ours.py` add some of our own, which belong to a
part as well, and come after all of the course's in every list.

Test files are read, not imported: a list of tests costs a few milliseconds, and works
without pytest.
"""

from __future__ import annotations

import ast
import difflib
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tester1.solution import REFERENCE_ROOT

__all__ = [
    "OURS",
    "PARTS",
    "SUITES",
    "SuiteTest",
    "UnknownTest",
    "course_name",
    "handouts_root",
    "is_ours",
    "select",
    "shown_name",
    "suite_tests",
    "suites_root",
]

PARTS: Final = ("3A", "3B", "3C", "3D", "4A", "4B", "4C")
"""The parts of the labs, in the order in which they are done."""

SUITES: Final = ("raft", "kvraft")
"""The folders of the suites, below `suites_root`."""

OURS: Final = "ours"
"""What stands for the tests that the course does not have: their marker, too."""

_NEAR: Final = 0.7
"""How alike a name has to be to be suggested; `difflib` has 1 for equal ones."""
_INSTALLED: Final = "raftlab_suites"
_IN_CHECKOUT: Final = "tests"
_DOCS: Final = "docs"


class UnknownTest(ValueError):
    """There is no test or part of that name; the message says which ones there are."""


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """One test of a suite: the file that it is in, and its function there."""

    file: Path
    function: str

    @property
    def name(self) -> str:
        """The test's name in the course, such as `TestFigure83C`."""
        return course_name(self.function)

    @property
    def part(self) -> str:
        """The part that it belongs to, such as `3C`."""
        return self.function[-2:]

    @property
    def ours(self) -> bool:
        """Whether it is one that the course does not have."""
        return self.file.stem == f"test_{OURS}"

    @property
    def node_id(self) -> str:
        """What to call pytest with to run this test."""
        return f"{self.file}::{self.function}"


def suites_root() -> Path:
    """The folder that holds the suites `raft` and `kvraft`."""
    installed = REFERENCE_ROOT / _INSTALLED
    # In this order: beside an installed harness, a folder `tests` is somebody else's.
    return installed if installed.is_dir() else REFERENCE_ROOT / _IN_CHECKOUT


def handouts_root() -> Path:
    """The folder that holds the handouts `lab3.md` and `lab4.md`."""
    installed = REFERENCE_ROOT / _INSTALLED
    return installed if installed.is_dir() else REFERENCE_ROOT / _DOCS


@functools.cache
def suite_tests() -> tuple[SuiteTest, ...]:
    """All tests of the labs: the course's first, by part, and then as in the suites."""
    found = [
        SuiteTest(file, node.name)
        for suite in SUITES
        for file in sorted((suites_root() / suite).glob("test_*.py"))
        for node in ast.parse(file.read_bytes()).body
        if isinstance(node, ast.FunctionDef) and _is_test(node.name)
    ]
    # The one test of 4C that is in the RSM's file comes first in the course too.
    # All others keep their order within a part: sorting is stable.
    return tuple(sorted(found, key=_position))


def select(words: Iterable[str]) -> list[SuiteTest]:
    """The tests that the words name, in the order of the suites; no words: all.

    A word is a part (`3A`), a lab (`3`), a test by its name here or in the course, or
    `ours` for the tests that the course does not have.
    Raises `UnknownTest` for anything else.
    """
    tests = suite_tests()
    wanted: set[SuiteTest] = set()
    chosen = list(words)
    for word in chosen:
        matching = [test for test in tests if _matches(test, word)]
        if not matching:
            raise UnknownTest(_unknown(word))
        wanted.update(matching)
    return [test for test in tests if test in wanted] if chosen else list(tests)


def course_name(test: str) -> str:
    """The course's name of a test: `test_figure_8_3C` is `TestFigure83C` there."""
    return "".join(map(_capitalized, test.split("_")))


def shown_name(test: str) -> str:
    """The name of a test as tables have it: `course_name`, and whether it is ours."""
    return f"{course_name(test)} ({OURS})" if is_ours(test) else course_name(test)


def is_ours(test: str) -> bool:
    """Whether the test of that function is one that the course does not have."""
    return test in _our_functions()


@functools.cache
def _our_functions() -> frozenset[str]:
    return frozenset(test.function for test in suite_tests() if test.ours)


def _capitalized(word: str) -> str:
    # Not by `capitalize`, which makes the rest small: `3C` would become `3c`.
    return word.upper() if word == "rpc" else word[:1].upper() + word[1:]


def _is_test(function: str) -> bool:
    return function.startswith("test_") and function[-2:] in PARTS


def _position(test: SuiteTest) -> tuple[bool, int, bool]:
    return test.ours, PARTS.index(test.part), test.file.name != "test_rsm.py"


def _matches(test: SuiteTest, word: str) -> bool:
    if re.fullmatch(r"[34][A-Da-d]?", word):
        return test.part.startswith(word.upper())
    if word.lower() == OURS:
        return test.ours
    return word.lower() in (test.name.lower(), test.function.lower())


def _distinct(name: str) -> str:
    """What tells a test from others, in whichever spelling: `backup3b`."""
    return name.lower().replace("_", "").removeprefix("test")


def _unknown(word: str) -> str:
    # Without what all names begin with, which makes any two of them alike.
    names = {_distinct(test.name): test.name for test in suite_tests()}
    near = difflib.get_close_matches(_distinct(word), names, n=1, cutoff=_NEAR)
    parts = f"parts are {', '.join(PARTS)}"
    hint = f"did you mean {names[near[0]]}?" if near else parts
    return f"there is no test or part {word!r}; {hint}"
