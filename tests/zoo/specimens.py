"""What is kept in the zoo: the base solution, changed in one place or a few.

A place is whole lines of a file, which are there once, at whatever depth. What takes
their place has its first line where theirs was.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.mutating import write_solution

BASE: Final = Path(__file__).parent / "base"

RAFT_FILE: Final = "raft1/raft.py"
RSM_FILE: Final = "kvraft1/rsm/rsm.py"
SERVER_FILE: Final = "kvraft1/server.py"
CLERK_FILE: Final = "kvraft1/client.py"

DEEPEST_INDENTATION: Final = 40


@dataclass(frozen=True, slots=True)
class Change:
    """In `file`, the lines `right` have become `wrong`."""

    file: str
    right: str
    wrong: str

    def made_in(self, source: str) -> str:
        """The source with the change; an `AssertionError` if the place is not there."""
        found = [
            old
            for depth in range(0, DEEPEST_INDENTATION, 4)
            if (old := "\n" + _shifted(self.right, depth)) in source
        ]
        places = sum(source.count(old) for old in found)
        assert places == 1, f"{places} places in {self.file} are {self.right!r}"
        (old,) = found
        return source.replace(
            old, "\n" + _shifted(self.wrong, _depth(old.lstrip("\n")))
        )


def _shifted(text: str, depth: int) -> str:
    """Lines that are moved so that the first has `depth` spaces before it."""
    lines = text.rstrip().lstrip("\n").splitlines()
    shift = depth - _depth(lines[0]) if lines else 0
    return "".join(
        f"{' ' * (_depth(line) + shift)}{line.strip()}\n" if line.strip() else "\n"
        for line in lines
    )


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def changes(file: str, texts: tuple[str, ...]) -> tuple[Change, ...]:
    """Changes of one file, from right and wrong lines in turn."""
    return tuple(
        Change(file, right, wrong)
        for right, wrong in zip(texts[::2], texts[1::2], strict=True)
    )


@dataclass(frozen=True, slots=True)
class Specimen:
    """A solution of the zoo."""

    name: str
    changes: tuple[Change, ...]
    parts: tuple[str, ...]
    """The parts of the labs whose tests it is shown to."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    """Words that all files have replaced, before they are changed."""

    def sources(self) -> dict[str, str]:
        """The text of each file that differs from the base."""
        files = {change.file: None for change in self.changes}
        if self.renamed:
            files[RAFT_FILE] = None
        texts = {file: self._renaming((BASE / file).read_text()) for file in files}
        for change in self.changes:
            texts[change.file] = change.made_in(texts[change.file])
        for file, text in texts.items():
            ast.parse(text, file)
        return texts

    def _renaming(self, text: str) -> str:
        for old, new in self.renamed.items():
            text = re.sub(rf"\b{old}\b", new, text)
        return text

    def write(self, folder: Path) -> Path:
        """Write the solution into `folder`; returns `folder`."""
        return write_solution(folder, BASE, ("raft1", "kvraft1"), self.sources())


@dataclass(frozen=True, slots=True)
class Bug(Specimen):
    """A wrong solution."""

    rule: str = ""
    """The rule that it breaks, by its name in `tests.zoo.rules`; "" if it breaks none
    of them, and a check of the course finds it or a hint explains it."""

    also: tuple[str, ...] = ()
    """Rules that it breaks as well, in some runs before the other."""

    is_race: bool = False
    """Whether it shows only if threads are switched at an unlucky place."""

    likely: tuple[str, ...] = ()
    """The tests that probably find it, which are run first."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that a failure may name: its own first, if it has one."""
        return (self.rule, *self.also) if self.rule else ()


@dataclass(frozen=True, slots=True)
class Variant(Specimen):
    """A correct solution in another style: nothing may accuse it."""
