"""`raftlab test`: chosen tests, each many times over."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from labrt.texts import harmless
from tester1.batch.errors import BatchError
from tester1.batch.runs.executors import engine
from tester1.batch.testing import (
    TestHeader,
    TestRun,
    begin,
    new_folder,
    newest_folder,
    resume,
)
from tester1.cli.errors import ExitStatus, InputError
from tester1.cli.options import (
    FirstSeedOption,
    SchedulerOption,
    SolutionOption,
    WorkersOption,
    check_mode,
    chosen_solution,
    runs_option,
    test_names,
)
from tester1.cli.processors import usable_processors
from tester1.discovery import RESULTS, results_of
from tester1.lab import Mode, Preempt
from tester1.session.seeds import draw_seed
from tester1.suites import OURS, PARTS, UnknownTest, select

__all__ = ["batch_command"]

RUNS: Final = 10
KEPT: Final = 10


def selection_names(incomplete: str) -> list[str]:
    """The parts and tests that begin so, for completion in a shell."""
    groups = [*PARTS, OURS]
    parts = [part for part in groups if part.lower().startswith(incomplete.lower())]
    return parts + test_names(incomplete)


def batch_command(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHAT",
            help="Parts (3A), labs (3), tests (TestFigure83C); `ours`: those that the "
            "course does not have. Without any: all.",
            autocompletion=selection_names,
            show_default=False,
        ),
    ] = None,
    runs: Annotated[
        int | None,
        runs_option(f"{RUNS}, or what a batch that is resumed was to have"),
    ] = None,
    workers: WorkersOption = None,
    solution: SolutionOption = None,
    mode: Annotated[
        Mode | None,
        typer.Option(help="Where the servers run; sim by default.", show_default=False),
    ] = None,
    preempt: Annotated[
        Preempt | None,
        typer.Option(
            help="Where the simulation may switch threads besides where they block.",
            show_default=False,
        ),
    ] = None,
    seed: FirstSeedOption = None,
    until_fail: Annotated[
        bool, typer.Option("--until-fail", help="End with the first run that fails.")
    ] = False,
    keep: Annotated[
        int,
        typer.Option(
            metavar="K", min=0, help="For how many failures of a test to keep files."
        ),
    ] = KEPT,
    results: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=f"The folder of results. Without it a new one in {RESULTS}, at the "
            "root of the lab that the current folder is in, or to resume the newest "
            "there.",
            show_default=False,
        ),
    ] = None,
    resume_batch: Annotated[
        bool,
        typer.Option("--resume", help="Go on with a batch that was ended early."),
    ] = False,
    scheduler: SchedulerOption = None,
) -> None:
    """Run tests many times over, each run under a seed of its own.

    The table shows how often each test has passed, and how long a run takes. Of runs
    that fail the seed and the message are kept, and files of the first of them: report,
    trace and timeline. Ctrl-C ends the batch early; --resume goes on with it.

    Exit status: 0 every run has passed, 1 a run has failed, 2 wrong input, 130
    interrupted.
    """
    chosen = {
        "WHAT": what or None,
        "--solution": solution,
        "--mode": mode,
        "--preempt": preempt,
        "--seed": seed,
    }
    here = Path.cwd()
    begin_batch: Callable[[], TestRun]
    try:
        if resume_batch:
            _refuse([name for name, value in chosen.items() if value is not None])
            folder = results if results is not None else newest_folder(results_of(here))
            begin_batch = partial(resume, folder, runs, keep)
        else:
            header = TestHeader(
                _functions(what or ()),
                RUNS if runs is None else runs,
                draw_seed() if seed is None else seed,
                mode or Mode.SIM,
                preempt or Preempt.NONE,
                _folder(solution),
            )
            check_mode(header.mode, header.preempt)
            begin_batch = partial(
                begin, results or new_folder(results_of(here)), header, keep
            )
        # Without workers there is nothing to leave a folder for.
        with (
            engine(workers or usable_processors(), scheduler) as made,
            contextlib.closing(begin_batch()) as batch,
        ):
            print(batch.choice.line, flush=True)
            passed = batch.run(made, Console(), until_fail=until_fail)
    except BatchError as error:
        raise InputError(str(error)) from None
    raise typer.Exit(ExitStatus.OK if passed else ExitStatus.FAILED)


def _refuse(given: list[str]) -> None:
    """A batch that is resumed stays what it was."""
    if given:
        raise InputError(
            f"--resume goes on with a batch as it was begun; leave out "
            f"{' and '.join(given)}, or begin a new one"
        )


def _functions(words: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(test.function for test in select(words))
    except UnknownTest as error:
        raise InputError(str(error)) from None


def _folder(solution: Path | None) -> str | None:
    folder = chosen_solution(solution).folder
    if folder is None:
        return None
    # The batch of a lab may be resumed in any other folder of it. What was named is
    # kept as it was named.
    name = str(folder.resolve() if solution is None else folder)
    if harmless(name) != name:
        raise InputError(
            f"--solution: the results cannot hold the name {name!r}; rename the folder"
        )
    return name
