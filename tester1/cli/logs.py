"""`raftlab logs`: the recorded events of a run, in columns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tester1.cli.artifacts import newest
from tester1.cli.columns import (
    KindOption,
    LastOption,
    ServerOption,
    View,
    print_columns,
)
from tester1.cli.errors import InputError
from tester1.cli.options import ARTIFACTS, ArtifactsOption
from tester1.facts.file import UnreadableFacts, read_facts

__all__ = ["logs_command"]


def logs_command(
    trace: Annotated[
        Path | None,
        typer.Argument(
            metavar="TRACE",
            help="The trace of a run. Without it the newest among the artifacts.",
            show_default=False,
        ),
    ] = None,
    server: ServerOption = None,
    kind: KindOption = None,
    start: Annotated[
        float,
        typer.Option(
            "--from",
            metavar="S",
            help="Leave out what was before this second of the run.",
            show_default=False,
        ),
    ] = 0.0,
    end: Annotated[
        float,
        typer.Option(
            "--to",
            metavar="S",
            help="Leave out what was after this second of the run.",
            show_default=False,
        ),
    ] = float("inf"),
    last: LastOption = 0,
    artifacts: ArtifactsOption = ARTIFACTS,
) -> None:
    """Print the events of a recorded run, a column for each server.

    Runs leave a trace when they are told to: `raftlab replay` always,
    `pytest --trace-events` for every test.

    Exit status: 0 printed, 2 there is no such trace, or it cannot be read.
    """
    path = trace or newest(artifacts, "*.trace", "trace")
    try:
        events = read_facts(path).facts
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except UnreadableFacts as error:
        raise InputError(str(error)) from None
    print_columns(events, View(server or (), kind or (), last, start, end))
