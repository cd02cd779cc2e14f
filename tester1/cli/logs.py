"""`raftlab logs`: the recorded facts of a run, in columns or for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from labrt import Fact
from tester1.cli.artifacts import newest, read_trace
from tester1.cli.columns import (
    KindOption,
    LastOption,
    ServerOption,
    UntilOption,
    View,
    chosen_facts,
    print_columns,
)
from tester1.cli.errors import InputError
from tester1.cli.options import ArtifactsOption, artifacts_folder
from tester1.files import reason
from tester1.view.perfetto import perfetto
from tester1.view.shiviz import PARSER, shiviz

__all__ = ["logs_command"]


class Export(StrEnum):
    """The programs that facts are written for."""

    PERFETTO = "perfetto"
    SHIVIZ = "shiviz"


_SUFFIXES: Final = {Export.PERFETTO: ".perfetto.json", Export.SHIVIZ: ".shiviz.log"}


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
    end: UntilOption = float("inf"),
    last: LastOption = 0,
    export: Annotated[
        Export | None,
        typer.Option(
            help="Write the facts for another program instead of printing them: "
            "perfetto for ui.perfetto.dev and chrome://tracing, shiviz for ShiViz (its "
            f"parser is {PARSER}); docs/facts.md says more.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where --export writes; without it beside the trace.",
            show_default=False,
        ),
    ] = None,
    artifacts: ArtifactsOption = None,
) -> None:
    """Print the facts of a recorded run, a column for each server.

    Runs leave a trace when they are told to: `raftlab replay` always,
    `pytest --trace-events` for every test.

    Exit status: 0 printed or written, 2 there is no such trace, or it cannot be read.
    """
    path = trace or newest(artifacts_folder(artifacts), "*.trace", "trace")
    facts = read_trace(path).facts
    view = View(server or (), kind or (), last, start, end)
    if export is None and output is not None:
        raise InputError("-o is where --export writes: name one of perfetto and shiviz")
    if export is None:
        print_columns(facts, view)
    else:
        _export(facts, view, export, output or path.with_suffix(_SUFFIXES[export]))


def _export(facts: Sequence[Fact], view: View, export: Export, path: Path) -> None:
    """Write the facts of the view for another program; prints where."""
    chosen = chosen_facts(facts, view)
    if export is Export.PERFETTO:
        data = perfetto(facts, chosen)
    else:
        data = shiviz(facts, chosen).encode()
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InputError(f"cannot write {path}: {reason(error)}") from None
    print(path)
