"""`raftlab grade`: a class's submissions, by the points of a rubric."""

from __future__ import annotations

import contextlib
import math
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from tester1.batch.errors import BatchError
from tester1.batch.grading.entries import Entry, find_entries, single_entry
from tester1.batch.grading.rubric import default_rubric, read_rubric
from tester1.batch.runs.executors import engine
from tester1.cli.errors import ExitStatus, InputError
from tester1.cli.options import (
    FirstSeedOption,
    ModeOption,
    SchedulerOption,
    WorkersOption,
    check_mode,
    runs_option,
)
from tester1.cli.processors import usable_processors
from tester1.lab import Mode
from tester1.sandbox.confine import missing
from tester1.session.seeds import draw_seed

__all__ = ["grade_command"]

GRADES: Final = Path("raftlab-grades")


def grade_command(
    submissions: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR|ZIP",
            help="Submissions as folders or archives (.zip, .tar, .tar.gz and others), "
            "or folders of such.",
            show_default=False,
        ),
    ],
    rubric: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The points of each test and how they are earned. Without it every "
            "test has one point, for passing all runs.",
            show_default=False,
        ),
    ] = None,
    runs: Annotated[int | None, runs_option("as the rubric says")] = None,
    workers: WorkersOption = None,
    mode: ModeOption = Mode.SIM,
    audit: Annotated[
        int,
        typer.Option(
            metavar="K",
            min=0,
            help="Run each test K times in processes as well, which the code under "
            "test cannot meddle with; a test that never passes there gets no points.",
        ),
    ] = 0,
    seed: FirstSeedOption = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder of results.")
    ] = GRADES,
    resume_grading: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on in a folder with results: run what is new."
        ),
    ] = False,
    time_limit: Annotated[
        int | None,
        typer.Option(
            metavar="S",
            min=1,
            help="Begin no more runs after this many seconds, and grade by those that "
            "were done.",
            show_default=False,
        ),
    ] = None,
    results_file: Annotated[
        Path | None,
        typer.Option(
            "--gradescope",
            metavar="FILE",
            help="Write Gradescope's results.json of a single submission to this file "
            "as well.",
            show_default=False,
        ),
    ] = None,
    scheduler: SchedulerOption = None,
) -> None:
    """Grade submissions: the tests of a rubric, many runs of each.

    Every run is a process of its own, with limits. Results are kept as they come: a
    grading that was ended goes on with --resume, and nothing is run twice. The folder
    of results has pages for the class and for each submission (index.html), tables
    (CSV), JUnit's XML, and Gradescope's results.json.

    Exit status: 0 everything was graded, 1 some submissions could not be run, 2 wrong
    input, 130 interrupted.
    """
    # Here, since the other commands need not wait for it to be loaded.
    from tester1.batch.grading import grading

    check_mode(mode)
    try:
        chosen = default_rubric() if rubric is None else read_rubric(rubric)
        entries = _entries(submissions, results_file)
        _require_simulated(mode, audit)
        header = grading.GradeHeader(
            chosen,
            chosen.runs if runs is None else runs,
            draw_seed() if seed is None else seed,
            mode,
            audit,
        )
        begin = grading.resume if resume_grading else grading.begin
        if resume_grading and seed is not None:
            raise BatchError(
                "--resume goes on with the seed of the results; leave out --seed"
            )
        _warn_unconfined()
        with (
            # Without workers there is nothing to leave a folder for.
            engine(workers or usable_processors(), scheduler) as made,
            contextlib.closing(begin(out, header, entries, results_file)) as run,
        ):
            complete = run.run(made, Console(), time_limit or math.inf)
    except BatchError as error:
        raise InputError(str(error)) from None
    raise typer.Exit(ExitStatus.OK if complete else ExitStatus.FAILED)


def _entries(paths: list[Path], results_file: Path | None) -> list[Entry]:
    """The submissions to grade: one, if a file for Gradescope is to tell of it.

    Gradescope gets its file whatever was handed in. Without that there has to be a
    submission that can be run.
    """
    if results_file is None:
        entries = find_entries(paths)
        problems = [entry.problem for entry in entries]
        if all(problems):
            raise BatchError(problems[0])
        return entries
    if len(paths) > 1:
        raise BatchError(
            f"--gradescope writes about one submission, and there are {len(paths)}; "
            "leave it out: each has its results.json in the folder of results"
        )
    return [single_entry(paths[0])]


def _require_simulated(mode: Mode, audit: int) -> None:
    if audit and mode is Mode.PROCESS:
        raise BatchError(
            "--audit adds runs in processes to simulated ones; with --mode process all "
            "runs are: leave one of the two out"
        )


def _warn_unconfined() -> None:
    lacking = missing()
    if lacking:
        print(
            f"raftlab: warning: this machine has no {' and no '.join(lacking)}: "
            "submissions are not confined; grade in a container that may be lost",
            file=sys.stderr,
        )
