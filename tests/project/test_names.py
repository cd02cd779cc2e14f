"""What pages and docstrings name is there: files, modules, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tester1.solution import REFERENCE_ROOT

PACKAGES: Final = (
    *("labrt", "labgob", "labrpc", "raft1", "kvraft1", "tester1"),
    *("tests", "benchmarks"),
)
_ONE_OF: Final = "|".join(PACKAGES)
_DOTTED: Final = re.compile(rf"`((?:{_ONE_OF})(?:\.\w+)+)(?:\(\))?`")
_DATA: Final = {"tests.csv"}
"""What only looks like a member of a package: a file that grading writes."""

_PATH: Final = re.compile(rf"`((?:{_ONE_OF}|docs)/[\w/.]*)`")


def texts() -> Iterator[Path]:
    """The pages, and the sources that are not tests."""
    yield from REFERENCE_ROOT.glob("*.md")
    yield from REFERENCE_ROOT.glob("docs/*.md")
    for package in PACKAGES:
        if package != "tests":
            yield from (REFERENCE_ROOT / package).rglob("*.py")


def missing(text: str, root: Path) -> list[str]:
    """The files, modules and members that a text names in backticks and nobody has."""
    named = (name for name in _DOTTED.findall(text) if name not in _DATA)
    dotted = (name for name in named if not _is_there(name, root))
    paths = (path for path in _PATH.findall(text) if not (root / path).exists())
    return [*dotted, *paths]


def _is_there(name: str, root: Path) -> bool:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        place = root.joinpath(*parts[:length])
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if file.exists():
            source = file.read_text()
            # By its word: what a package offers, it has imported under that name.
            return all(re.search(rf"\b{part}\b", source) for part in parts[length:])
    return False


def test_what_is_named_is_there() -> None:
    """A file that is moved, or a function that is renamed, is so everywhere."""
    found = {
        str(path.relative_to(REFERENCE_ROOT)): names
        for path in texts()
        if (names := missing(path.read_text(), REFERENCE_ROOT))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("see `labrt.sim.kernel`", []),
        ("see `labrt.sim.kernel.Kernel.block`, `labrpc.MakeNetwork()`", []),
        ("see `raft1/raft.py` and `raft1/testing/`", []),
        ("see `labrt.sim.scheduler`", ["labrt.sim.scheduler"]),
        ("see `labrt.sim.kernel.Scheduler2`", ["labrt.sim.kernel.Scheduler2"]),
        ("see `raft1/server.py`, raft1/server.py", ["raft1/server.py"]),
    ],
)
def test_what_is_missing_is_found(text: str, names: list[str]) -> None:
    """Modules and their members, and paths."""
    assert missing(text, REFERENCE_ROOT) == names
