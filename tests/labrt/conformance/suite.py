"""Which of CPython's tests there are, on the Python that runs.

A test is known by the module that defines it and by `Class.method`. Modules that
the installation lacks (distributions pack the tests apart, and some forget a folder)
are named, so that what is not run is not silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from labrt.loading.modulenames import plain_name

if TYPE_CHECKING:
    import unittest

_TOPICS = (
    "test_thread",
    "test_threading",
    "test_threading_local",
    "test_queue",
    "test_sched",
    "test_concurrent_futures",
)
# The package about executors is about processes as well, which is not our subject.
_OF_PROCESSES = {"test_process_pool", "test_deadlock"}


class Kind(StrEnum):
    """How a test ended."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, order=True)
class TestId:
    """One test: the module below `test`, and its class and method."""

    __test__ = False

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}::{self.name}"


def library() -> Path | None:
    """The folder that holds the `test` package, None if it is not there."""
    spec = find_spec("test")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)))
    return folder.parent if (folder / "support" / "__init__.py").is_file() else None


def modules(root: Path) -> tuple[list[str], list[str]]:
    """The test modules that are installed, and the topics that are not."""
    found: list[str] = []
    missing: list[str] = []
    for topic in _TOPICS:
        folder = root / "test" / topic
        if folder.with_suffix(".py").is_file():
            found.append(topic)
        elif (folder / "__init__.py").is_file():
            names = sorted(path.stem for path in folder.glob("test_*.py"))
            found += [f"{topic}.{name}" for name in names if name not in _OF_PROCESSES]
        else:
            missing.append(topic)
    return found, missing


def tests(framework: ModuleType, module: ModuleType) -> dict[TestId, unittest.TestCase]:
    """The tests of a module, which a world has loaded like its `unittest`."""
    found: dict[TestId, unittest.TestCase] = {}
    name = plain_name(module.__name__).removeprefix("test.")
    for case in _flatten(framework.defaultTestLoader.loadTestsFromModule(module)):
        label = _label(case)
        if "ProcessPool" in label:
            continue
        # A module's doctests may be run twice, in two settings.
        while TestId(name, label) in found:
            label += "'"
        found[TestId(name, label)] = case
    return found


def _flatten(suite: Any) -> Iterator[unittest.TestCase]:
    if hasattr(suite, "id"):
        yield suite
        return
    for part in suite:
        yield from _flatten(part)


def _label(case: unittest.TestCase) -> str:
    method: str = getattr(case, "_testMethodName", "")
    if method != "runTest":
        return f"{type(case).__qualname__}.{method}"
    return f"doctest.{plain_name(case.id())}"
