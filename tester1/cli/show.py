"""`raftlab show`: the timeline of a run, as an HTML page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from tester1.cli.artifacts import newest, read_trace
from tester1.cli.errors import InputError
from tester1.cli.options import ArtifactsOption, artifacts_folder, one_test, test_names
from tester1.porcupine import HistoryError
from tester1.rules.hints.likeliest import suspected
from tester1.session.run_reference import RUN
from tester1.timeline.html import PageError
from tester1.timeline.picture import (
    annotations_of,
    failure_of,
    until_end,
    write_picture,
)

__all__ = ["show_command"]

_TRACE: Final = ".trace"


def show_command(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="TEST|TRACE",
            help="The test whose timeline to show, or the trace to make one of. "
            "Without it the newest of all timelines.",
            autocompletion=test_names,
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, help="The run of the test that had this seed."
        ),
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in a browser.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where the page of a trace goes; without it beside the trace.",
            show_default=False,
        ),
    ] = None,
    artifacts: ArtifactsOption = None,
) -> None:
    """Say where the timeline of a run is, and open it with --open.

    A timeline is a page of its own: servers, messages, faults, checks and clients'
    operations on one axis of time, and how every server stood at any instant of it.
    Every replayed run leaves one among the artifacts, and so does every test that
    fails. Of a trace, as batches keep it of failures, one is made here.

    Exit status: 0 there is one, 2 there is none.
    """
    if what is not None and what.endswith(_TRACE):
        if seed is not None:
            raise InputError("a trace is of one seed: leave --seed out")
        page = _made_of(Path(what), output)
    elif output is not None:
        raise InputError("-o is where the page of a trace goes: name a trace")
    else:
        name = "*" if what is None else one_test(what).function
        run = "*" if seed is None else str(seed)
        page = newest(artifacts_folder(artifacts), f"{name}-{run}.html", "timeline")
    print(page)
    if open_page:
        typer.launch(str(page.resolve()))


def _made_of(trace: Path, output: Path | None) -> Path:
    """Make the page of a trace; returns where it is."""
    page = output or trace.with_suffix(".html")
    recording = read_trace(trace)
    facts = until_end(recording.facts)
    failure = failure_of(facts)
    try:
        if failure is not None:
            hints = [(hint.text, hint.proof) for hint in suspected(facts)]
            failure = replace(failure, hints=hints)
        write_picture(
            page,
            facts,
            annotations=annotations_of(facts),
            failure=failure,
            title=_title(recording.about, trace),
            about=json.dumps(recording.about.get(RUN, {})),
        )
    except PageError as error:
        raise InputError(str(error)) from None
    except (HistoryError, OverflowError, RecursionError) as error:
        # No run has left this file as it is.
        raise InputError(f"{trace} cannot be drawn: {error}") from None
    return page


def _title(about: object, trace: Path) -> str:
    """The name of the test, if the trace says it."""
    run = about.get(RUN) if isinstance(about, dict) else None
    test = run.get("test") if isinstance(run, dict) else None
    return str(test or trace.stem)
