"""The `raftlab` command: all sub-commands under one roof.

Whatever is refused, by a command or by the parsing of its arguments, becomes one line
on standard error. A traceback on the terminal means a bug in raftlab.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from tester1.cli.check import check_command
from tester1.cli.errors import ExitStatus
from tester1.cli.grade import grade_command
from tester1.cli.init import init_command
from tester1.cli.logs import logs_command
from tester1.cli.replay import replay_command
from tester1.cli.rules import rules_command
from tester1.cli.show import show_command
from tester1.cli.test import batch_command
from tester1.files import reason

__all__ = ["app", "main"]

NAME: Final = "raftlab"

app = typer.Typer(
    name=NAME,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("init")(init_command)
app.command("test")(batch_command)
app.command("grade")(grade_command)
app.command("replay")(replay_command)
app.command("logs")(logs_command)
app.command("show")(show_command)
app.command("rules")(rules_command)
app.command("check")(check_command)


def _version() -> str:
    try:
        return importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        return "from a checkout that is not installed"


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"{NAME} {_version()}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """The MIT 6.5840 Raft and key/value labs in Python, under virtual time.

    Write a solution, test it many times over, and find out why a run failed: the same
    seed gives the same run.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, `sys.argv` by default, and exit with its status."""
    try:
        # Errors come out as they are, so that they are all told in one way.
        status = app(arguments, prog_name=NAME, standalone_mode=False)
        # Otherwise Python does it when nobody can say any more what went wrong.
        sys.stdout.flush()
    except typer.TyperException as error:
        print(_one_line(error), file=sys.stderr)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(ExitStatus.INTERRUPTED)
    except OSError as error:
        # What no command has put in words of its own: mostly its output's fault.
        _drop_output()
        if not isinstance(error, BrokenPipeError):
            place = error.filename or "the output"
            print(f"{NAME}: cannot use {place}: {reason(error)}", file=sys.stderr)
        sys.exit(ExitStatus.REFUSED)
    sys.exit(status)


def _drop_output() -> None:
    """Keep Python from writing what is left to an output that takes nothing."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _one_line(error: typer.TyperException) -> str:
    """The message of an error, with the command that it is about."""
    message = " ".join(error.format_message().split())
    message = message.replace(
        ": Value error, ", ": "
    )  # pydantic's, in front of typer's
    context: typer.Context | None = getattr(error, "ctx", None)
    if context is None:
        return f"{NAME}: {message}"
    return f"{context.command_path}: {message} (see {context.command_path} --help)"
