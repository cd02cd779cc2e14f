"""Options and arguments that several commands share, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.models import OptionInfo

from tester1.cli.errors import InputError
from tester1.hosts.modes import UnavailableMode, check_available
from tester1.lab import Mode, Preempt, RunOptions
from tester1.session.settings import DEFAULT_ARTIFACTS
from tester1.solution import (
    LAB_PACKAGES,
    REFERENCE_ROOT,
    CodeUnderTest,
    SolutionError,
)
from tester1.suites import SuiteTest, UnknownTest, select, suite_tests

__all__ = [
    "ARTIFACTS",
    "ArtifactsOption",
    "FirstSeedOption",
    "ModeOption",
    "SchedulerOption",
    "SolutionOption",
    "TestArgument",
    "WorkersOption",
    "check_mode",
    "chosen_solution",
    "one_test",
    "runs_option",
    "test_names",
]


def test_names(incomplete: str) -> list[str]:
    """The names of tests that begin so, for completion in a shell."""
    names = [test.name for test in suite_tests()]
    return [name for name in names if name.lower().startswith(incomplete.lower())]


SolutionOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="The solution to run: DIR/raft1 and DIR/kvraft1. Without it the current "
        "folder if it holds a solution, else the reference.",
        show_default=False,
    ),
]

ArtifactsOption = Annotated[
    Path, typer.Option(metavar="DIR", help="The folder of traces and timelines.")
]

FirstSeedOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        help="The first run's seed, which the others follow from. Without it one "
        "is drawn.",
        show_default=False,
    ),
]

SchedulerOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Run on the Dask cluster of this scheduler, such as tcp://10.0.0.1:8786.",
        show_default=False,
    ),
]

WorkersOption = Annotated[
    int | None,
    typer.Option(
        "-j",
        "--workers",
        metavar="N",
        min=1,
        help="Runs at a time on this machine. Without it one for each core.",
        show_default=False,
    ),
]

TestArgument = Annotated[
    str,
    typer.Argument(
        metavar="TEST",
        help="A test by its name, such as TestFigure83C.",
        autocompletion=test_names,
        show_default=False,
    ),
]

ModeOption = Annotated[Mode, typer.Option(help="Where the servers run.")]


def runs_option(otherwise: str) -> OptionInfo:
    """The option `--runs`; `otherwise` says how many runs there are without it."""
    option: OptionInfo = typer.Option(
        "-n",
        "--runs",
        metavar="N",
        min=1,
        help=f"Runs of each test. Without it {otherwise}.",
        show_default=False,
    )
    return option


ARTIFACTS = Path(DEFAULT_ARTIFACTS)
"""The folder of traces and timelines, unless another one is named."""


def chosen_solution(given: Path | None) -> Path | None:
    """The folder of the solution to run; None stands for the reference.

    Without a choice it is the present folder, if there is a solution in it. Raises
    `InputError` for a folder that cannot be one.
    """
    if given is None:
        # In a checkout the packages are the reference itself, and no choice.
        given = Path.cwd()
        if given == REFERENCE_ROOT or not _has_solution(given):
            return None
    try:
        CodeUnderTest.of(given)
    except SolutionError as error:
        raise InputError(f"--solution: {error}") from None
    return given


def check_mode(mode: Mode, preempt: Preempt = Preempt.NONE) -> None:
    """Raise `InputError` for a mode that cannot be used here, or not so."""
    try:
        check_available(RunOptions(mode, preempt))
    except UnavailableMode as error:
        raise InputError(str(error)) from None


def one_test(word: str) -> SuiteTest:
    """The test of that name. Raises `InputError` if that is none, or several."""
    try:
        tests = select([word])
    except UnknownTest as error:
        raise InputError(str(error)) from None
    if len(tests) > 1:
        raise InputError(
            f"{word} names {len(tests)} tests; name one of them, such as "
            f"{tests[0].name}"
        )
    return tests[0]


def _has_solution(folder: Path) -> bool:
    return any(any((folder / package).glob("**/*.py")) for package in LAB_PACKAGES)
