"""Broken solutions that are made: the reference with one mistake each.

A mutant is a change of one place in one file, so that it stays a mutant of whatever the
reference is at the time: if the place is gone, making the mutant fails. Written into a
folder it is a solution like any student's. That means without the reference's
assertions too: what finds the mistake has to be the suite.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from kvraft1.testing.rsm_scaffold import RsmTestMaker
from kvraft1.testing.scaffold import KvTestMaker
from labrpc import LabrpcError
from labrt import Facts, RuntimeFailure
from raft1.testing.scaffold import RaftTestMaker
from tester1.hosts.modes import make_facts, make_runtime
from tester1.lab import Lab, LabFailure, Mode, RunOptions
from tester1.solution import REFERENCE_ROOT, is_testers

SuiteTest: TypeAlias = Callable[[Any], None]
"""A test of the suites; its parameter is what makes its environment."""

_PLAIN: Final = RunOptions()

_MAKERS: dict[str, Callable[[Lab, str], object]] = {
    "raft_test": lambda lab, _: RaftTestMaker(lab),
    "rsm_test": RsmTestMaker,
    "kv_test": KvTestMaker,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake: in `file`, `right` has become `wrong`."""

    name: str
    file: str
    right: str
    wrong: str

    def write(self, folder: Path) -> Path:
        """Write the solution with the mistake into `folder`; returns `folder`."""
        source = (REFERENCE_ROOT / self.file).read_text()
        places = source.count(self.right)
        assert places == 1, f"{self.name}: {places} places in {self.file} to change"
        changed = {self.file: source.replace(self.right, self.wrong)}
        package = self.file.partition("/")[0]
        return write_solution(folder, REFERENCE_ROOT, [package], changed)


@dataclass(frozen=True, slots=True)
class Catch:
    """A test of the suites catches a mutant, with a message that matches."""

    mutant: Mutant
    test: SuiteTest
    message: str

    @property
    def name(self) -> str:
        """The mistake and the test."""
        return f"{self.mutant.name} ({self.test.__name__})"

    def failure(self, solution: Path, seeds: Iterable[int]) -> str:
        """What the test says first about the mutant in `solution`; "" if nothing.

        Without the rules, which mostly have their say before a test has its own.
        """
        texts = (run_with(None, self.test, seed, solution) for seed in seeds)
        return next(filter(None, texts), "")


def run(
    test: SuiteTest,
    seed: int,
    solution: Path,
    options: RunOptions = _PLAIN,
) -> str:
    """Run a test of the suites on a solution; returns why it fails, "" if it passes.

    Writes no files. What the solution raises is a reason to fail like any other.
    """
    facts = make_facts(options, everything=False)
    return run_with(facts, test, seed, solution, options)


def run_with(
    facts: Facts | None,
    test: SuiteTest,
    seed: int,
    solution: Path | None,
    options: RunOptions = _PLAIN,
) -> str:
    """The same, with these facts: the rules watch them, if there are any."""
    (parameter,) = test.__annotations__.keys() - {"return"}
    runtime = make_runtime(options, seed, facts)
    name = test.__name__
    lab = Lab(runtime, Mode.SIM, seed, solution=solution, name=name, is_replay=True)
    maker = _MAKERS[parameter](lab, name)
    try:
        with redirect_stdout(io.StringIO()):
            lab.run(lambda: test(maker))
    except (LabFailure, LabrpcError, RuntimeFailure) as failure:
        return str(failure)
    return ""


def write_solution(
    folder: Path, root: Path, packages: Iterable[str], changed: Mapping[str, str]
) -> Path:
    """Write the solution that lies in `root`, with the text of some files changed.

    Only the labs' packages that are named, and no assertions. Returns `folder`.
    """
    for path in [path for package in packages for path in _modules(root, package)]:
        text = changed.get(path) or (root / path).read_text()
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(_without_assertions(text))
    return folder


def _modules(root: Path, package: str) -> Iterator[str]:
    """The files of a solution in one of the labs' packages."""
    for path in sorted((root / package).rglob("*.py")):
        name = str(path.relative_to(root))
        if not is_testers(name.removesuffix(".py").replace("/", ".")):
            yield name


class _Dropper(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.Pass:
        return ast.Pass()


def _without_assertions(source: str) -> str:
    return ast.unparse(_Dropper().visit(ast.parse(source)))
