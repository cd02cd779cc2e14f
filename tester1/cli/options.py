"""Options and arguments that several commands share, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.models import OptionInfo

from tester1.cli.errors import InputError
from tester1.discovery import ARTIFACTS, Choice, artifacts_of, choose
from tester1.hosts.modes import UnavailableMode, check_available
from tester1.lab import Mode, Preempt, RunOptions
from tester1.solution import SolutionError
from tester1.suites import SuiteTest, UnknownTest, select, suite_tests

__all__ = [
    "ArtifactsOption",
    "FirstSeedOption",
    "ModeOption",
    "SchedulerOption",
    "SolutionOption",
    "WorkersOption",
    "artifacts_folder",
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
        help="The solution to run: DIR/raft1 and DIR/kvraft1. Without it the lab "
        "that the current folder is in, else the reference.",
        show_default=False,
    ),
]

ArtifactsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help=f"The folder of traces and timelines. Without it {ARTIFACTS}, at the "
        "root of the lab that the current folder is in.",
        show_default=False,
    ),
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


def artifacts_folder(given: Path | None) -> Path:
    """The folder of traces and timelines: the one named, or what is found from here."""
    return artifacts_of(Path.cwd()) if given is None else given


def chosen_solution(given: Path | None) -> Choice:
    """Whose code runs: of the folder that was named, or what is found from here.

    Raises `InputError` for a folder that holds no solution.
    """
    try:
        return choose(given, Path.cwd())
    except SolutionError as error:
        named = "" if given is None else "--solution: "
        raise InputError(f"{named}{error}") from None


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
