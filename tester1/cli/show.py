"""`raftlab show`: the timeline of a run, as an HTML page."""

from __future__ import annotations

from typing import Annotated

import typer

from tester1.cli.artifacts import newest
from tester1.cli.options import ArtifactsOption, artifacts_folder, one_test, test_names

__all__ = ["show_command"]


def show_command(
    test: Annotated[
        str | None,
        typer.Argument(
            metavar="TEST",
            help="The test whose timeline to show. Without it the newest of all.",
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
    artifacts: ArtifactsOption = None,
) -> None:
    """Say where the timeline of a run is, and open it with --open.

    A timeline is a page of its own: faults, checks and clients' operations on one
    axis of time. Every replayed run leaves one among the artifacts, and so does every
    test that fails under `pytest --artifacts`.

    Exit status: 0 there is one, 2 there is none.
    """
    name = "*" if test is None else one_test(test).function
    run = "*" if seed is None else str(seed)
    page = newest(artifacts_folder(artifacts), f"{name}-{run}.html", "timeline")
    print(page)
    if open_page:
        typer.launch(str(page.resolve()))
