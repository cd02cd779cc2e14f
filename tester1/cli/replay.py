"""`raftlab replay`: one run of a test again, exactly as it was, with its events."""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from labrt.texts import harmless
from tester1.cli.columns import (
    KindOption,
    LastOption,
    ServerOption,
    UntilOption,
    View,
    print_columns,
)
from tester1.cli.errors import ExitStatus, InputError
from tester1.cli.options import (
    ArtifactsOption,
    SolutionOption,
    artifacts_folder,
    chosen_solution,
    one_test,
    test_names,
)
from tester1.cli.twice import compare_processes
from tester1.discovery import Choice, to_name
from tester1.facts.file import read_facts
from tester1.files import reason
from tester1.fingerprint import changed_files, fingerprint
from tester1.lab import Mode, Preempt, RunOptions, file_stem
from tester1.session.run_reference import (
    RunReference,
    UnknownRun,
    is_artifact,
    run_of,
    run_of_command,
    without_command,
)
from tester1.solution import REFERENCE_ROOT
from tester1.suites import suites_root

__all__ = ["replay_command"]

# What pytest's own exit statuses mean here. Whatever else it ends with is about how it
# was called, and it has said so.
_STATUSES: Final = {
    0: ExitStatus.OK,
    1: ExitStatus.FAILED,
    2: ExitStatus.INTERRUPTED,
}
_CHANGES_SHOWN: Final = 5
_REPLAYS: Final = "replay"
"""The folder, in that of artifacts, of the files that replays leave."""


@dataclass(frozen=True, slots=True)
class Target:
    """The test to run: what pytest is told, and what commands and files call it."""

    node_id: str
    root: Path
    name: str
    word: str


def replay_command(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="WHAT",
            help="The run: what the report printed behind 'repeat:', a trace, timeline "
            "or report of a failure, or a test by its name, with --seed.",
            autocompletion=test_names,
            show_default=False,
        ),
    ],
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="The seed of the run, if WHAT does not say it.",
            show_default=False,
        ),
    ] = None,
    solution: SolutionOption = None,
    mode: Annotated[
        Mode | None,
        typer.Option(
            help="Where the servers run; as WHAT says, or sim.", show_default=False
        ),
    ] = None,
    preempt: Annotated[
        Preempt | None,
        typer.Option(
            help="The run's --preempt; as WHAT says, or none.", show_default=False
        ),
    ] = None,
    no_rules: Annotated[
        bool,
        typer.Option(
            "--no-rules", help="Watch no rules, only what the course's tests check."
        ),
    ] = False,
    server: ServerOption = None,
    kind: KindOption = None,
    last: LastOption = 60,
    until: UntilOption = float("inf"),
    artifacts: ArtifactsOption = None,
    twice: Annotated[
        bool,
        typer.Option(
            "--twice",
            help="Run it in two processes that have nothing in common, and show where "
            "they part.",
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--pdb",
            help="Stop in the debugger where the test fails: in the solution's code, "
            "if that was running when a rule was broken or has raised.",
        ),
    ] = False,
) -> None:
    """Repeat one run of a test and show its events.

    In simulation the same solution and the same seed give the same run, event by
    event. As processes (--mode process) they give the same faults, while the timing
    is the machine's. The trace and the timeline of the run are kept in the folder
    `replay` of the artifacts, for `raftlab logs` and `raftlab show`; a file that the
    run is named by stays as it is.

    Exit status: 0 the test passes, 1 it fails, or with --twice the two runs differ;
    2 wrong input, 130 interrupted.
    """
    run, given = _meant(what)
    target = _target(run.test)
    seed = run.seed if seed is None else seed
    if seed is None:
        raise InputError(f"{run.test} has many runs; name one with --seed N")
    options = RunOptions(
        mode or run.mode or Mode.SIM,
        preempt or run.preempt or Preempt.NONE,
        rules=run.rules and not no_rules,
    )
    if debug and (twice or options.mode is not Mode.SIM):
        raise InputError("--pdb stops one simulated run: leave out the other option")
    if twice and options.mode is not Mode.SIM:
        raise InputError("--twice compares simulated runs: leave out --mode process")
    choice = _solution(solution, run)
    stem = file_stem(target.name, seed)
    folder = _apart(artifacts, stem, given)
    trace = folder / f"{stem}.trace"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in trace, trace.with_suffix(".html"):
            left.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {reason(error)}") from None
    print(choice.line)
    _tell_changes(run, choice)
    arguments = [
        # Named in any case: it is decided, whatever pytest would find from here.
        *options.words(seed, choice.folder or REFERENCE_ROOT),
        f"--artifacts={folder}",
        *("-o", f"raftlab_command={_repeat(target, seed, options, choice)}"),
        *(["--pdb"] if debug else []),
    ]
    if twice:
        raise typer.Exit(
            compare_processes(trace, functools.partial(_run, target, arguments))
        )
    status = _run(target, arguments, {})
    if trace.exists():
        print_columns(
            read_facts(trace).facts, View(server or (), kind or (), last, end=until)
        )
        print(f"trace: {trace} (raftlab logs shows more of it)")
    timeline = trace.with_suffix(".html")
    if timeline.exists():
        print(f"timeline: {timeline} (raftlab show --open)")
    raise typer.Exit(status)


def _meant(what: list[str]) -> tuple[RunReference, Path | None]:
    """The run that the words name, and the file by which they do, if it is one.

    Raises `InputError` if they name none.
    """
    try:
        words = what
        if len(what) == 1 and not Path(what[0]).is_file():
            # One word of the shell's, in quotation marks: the whole line of a report.
            words = shlex.split(what[0])
        words = without_command(words)
        if len(words) == 1 and is_artifact(words[0]):
            file = Path(words[0])
            return run_of(file), file
        return run_of_command(words), None
    except UnknownRun as error:
        raise InputError(str(error)) from None
    except ValueError as error:  # of quotation marks without their end
        raise InputError(f"WHAT cannot be read: {error}") from None


def _apart(artifacts: Path | None, stem: str, given: Path | None) -> Path:
    """The folder for the files of this run, `artifacts` if that was named.

    What the run that is repeated has left stays as it is: with another solution this
    one may end otherwise, and the next is to be compared with the same file again.
    """
    folder = artifacts_folder(None) / _REPLAYS if artifacts is None else artifacts
    # All files of a run are called like it.
    while (
        given is not None
        and given.name.startswith(f"{stem}.")
        and given.resolve().parent == folder.resolve()
    ):
        folder /= _REPLAYS
    return folder


def _target(word: str) -> Target:
    """The test of that name. Raises `InputError` if there is none."""
    file, _, name = word.partition("::")
    path = Path(file)
    # A file of tests may be a copy of a suite's, or of the student's own.
    if name and path.is_file():
        path = path.resolve()
        return Target(f"{path}::{name}", path.parent, name, word)
    test = one_test(name or word)
    return Target(test.node_id, suites_root(), test.function, test.name)


def _solution(given: Path | None, run: RunReference) -> Choice:
    """Whose code to run: what was named now, what was run, or what is found."""
    if given is None and run.solution is not None:
        given = Path(run.solution)
        if not given.is_dir():
            raise InputError(
                f"the solution of this run was in {given}, which is gone; "
                "name another one with --solution"
            )
    if given is None and run.fingerprint:
        return Choice(None, "as in the run that is repeated")
    return chosen_solution(given)


def _tell_changes(run: RunReference, choice: Choice) -> None:
    """Say which files are not those that were run, if that is known."""
    if not run.fingerprint:
        return
    changed = changed_files(run.fingerprint, fingerprint(choice.folder))
    if not changed:
        return
    names = ", ".join(changed[:_CHANGES_SHOWN])
    more = len(changed) - _CHANGES_SHOWN
    others = f" and {more} more" if more > 0 else ""
    print(f"the solution has changed since: {harmless(names)}{others}")


def _repeat(target: Target, seed: int, options: RunOptions, choice: Choice) -> str:
    solution = to_name(choice.folder, Path.cwd())
    words = options.words(seed, solution)
    return shlex.join(["raftlab", "replay", target.word, *words])


def _run(
    target: Target, arguments: list[str], variables: Mapping[str, str]
) -> ExitStatus:
    """Run the test in a pytest of its own, which reads nobody's configuration."""
    command = [
        *(sys.executable, "-P", "-m", "pytest", target.node_id, *arguments),
        *("-p", "tester1.session.plugin", "--trace-events", "-q", "-rN"),
        *("-p", "no:cacheprovider"),
        # No configuration of the folder that this is called in.
        *("-c", os.devnull, f"--rootdir={target.root}"),
    ]
    # For `-P`, which leaves the present folder out: the harness still has to be found.
    search = os.pathsep.join(filter(None, [str(REFERENCE_ROOT), _python_path()]))
    # The page goes to the artifacts under its own name, whatever file the user has the
    # pages of other runs written to.
    environment = {**os.environ, "VIS_ENABLE": "always", "PYTHONPATH": search}
    environment.update(variables)
    environment.pop("VIS_FILE", None)
    # Pytest writes to the same place, behind what is printed here.
    sys.stdout.flush()
    ended = subprocess.run(command, env=environment, check=False).returncode
    if ended not in _STATUSES:
        raise InputError(f"pytest could not run the test (its exit status: {ended})")
    return _STATUSES[ended]


def _python_path() -> str:
    return os.environ.get("PYTHONPATH", "")
