"""`raftlab replay`: one run of a test again, exactly as it was, with its events."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Annotated, Final

import typer

from labrt import Fact
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
    ARTIFACTS,
    ArtifactsOption,
    ModeOption,
    SolutionOption,
    TestArgument,
    chosen_solution,
    one_test,
)
from tester1.cli.twice import compare_processes
from tester1.facts.file import read_facts
from tester1.files import reason
from tester1.lab import Mode, Preempt, RunOptions
from tester1.solution import REFERENCE_ROOT
from tester1.suites import SuiteTest, suites_root

__all__ = ["replay_command"]

# What pytest's own exit statuses mean here. Whatever else it ends with is about how it
# was called, and it has said so.
_STATUSES: Final = {
    0: ExitStatus.OK,
    1: ExitStatus.FAILED,
    2: ExitStatus.INTERRUPTED,
}


def replay_command(
    test: TestArgument,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="The seed of the run, from its report.",
            show_default=False,
        ),
    ],
    solution: SolutionOption = None,
    mode: ModeOption = Mode.SIM,
    preempt: Annotated[
        Preempt, typer.Option(help="The run's --preempt.")
    ] = Preempt.NONE,
    server: ServerOption = None,
    kind: KindOption = None,
    last: LastOption = 60,
    until: UntilOption = float("inf"),
    artifacts: ArtifactsOption = ARTIFACTS,
    twice: Annotated[
        bool,
        typer.Option(
            "--twice",
            help="Run it in two processes that have nothing in common, and show where "
            "they part.",
        ),
    ] = False,
) -> None:
    """Repeat one run of a test and show its events.

    In simulation the same solution and the same seed give the same run, event by
    event. As processes (--mode process) they give the same faults, while the timing
    is the machine's. The trace and the timeline of the run are kept in the folder of
    artifacts, for `raftlab logs` and `raftlab show`.

    Exit status: 0 the test passes, 1 it fails, or with --twice the two runs differ;
    2 wrong input, 130 interrupted.
    """
    chosen = one_test(test)
    arguments = RunOptions(mode, preempt).words(seed, chosen_solution(solution))
    trace = artifacts / f"{chosen.function}-{seed}.trace"
    try:
        artifacts.mkdir(parents=True, exist_ok=True)
        for left in trace, trace.with_suffix(".html"):
            left.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to {artifacts}: {reason(error)}") from None
    arguments.append(f"--artifacts={artifacts}")
    if twice and mode is not Mode.SIM:
        raise InputError("--twice compares simulated runs: leave out --mode process")
    if twice:
        raise typer.Exit(
            compare_processes(trace, functools.partial(_run, chosen, arguments))
        )
    status = _run(chosen, arguments, {})
    if trace.exists():
        events = _until_the_end(read_facts(trace).facts)
        print_columns(events, View(server or (), kind or (), last, end=until))
        print(f"trace: {trace} (raftlab logs shows more of it)")
    timeline = trace.with_suffix(".html")
    if timeline.exists():
        print(f"timeline: {timeline} (raftlab show --open)")
    raise typer.Exit(status)


def _until_the_end(events: list[Fact]) -> list[Fact]:
    """The events without those of the end of the test, which stops all servers."""
    length = len(events)
    while length and events[length - 1].kind in ("ended", "note", "cut"):
        length -= 1
    # A check that failed is noted before that.
    while length < len(events) and events[length].kind != "ended":
        length += 1
    return events[:length]


def _run(
    test: SuiteTest, arguments: list[str], variables: Mapping[str, str]
) -> ExitStatus:
    """Run the test in a pytest of its own, which reads nobody's configuration."""
    command = [
        *(sys.executable, "-P", "-m", "pytest", test.node_id, *arguments),
        *("-p", "tester1.session.plugin", "--trace-events", "-q", "-rN"),
        *("-p", "no:cacheprovider"),
        # No configuration of the folder that this is called in.
        *("-c", os.devnull, f"--rootdir={suites_root()}"),
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
