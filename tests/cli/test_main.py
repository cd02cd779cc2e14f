"""The command line as a whole: help, version, completion, refusals and statuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tester1.cli.errors import ExitStatus
from tester1.cli.main import app
from tester1.solution import REFERENCE_ROOT
from tests.cli.conftest import Raftlab, raftlab_apart

DOCUMENT = REFERENCE_ROOT / "docs" / "command-line.md"
COMMANDS = ["init", "test", "grade", "replay", "logs", "show", "rules", "check"]


def help_of(*command: str) -> str:
    """What `--help` prints."""
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    return result.output


def test_help_lists_every_command() -> None:
    """Each command is listed with a sentence that begins with what it does."""
    listed = re.findall(r"^  ([a-z]+) +([A-Z].*\w\.)$", help_of(), re.MULTILINE)
    assert [name for name, _ in listed] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_commands_is_alike(command: str) -> None:
    """Every help says what the command does, and what its exit statuses mean."""
    usage, purpose, *more = help_of(command).split("\n\n")
    assert usage.startswith(f"Usage: raftlab {command} [OPTIONS]")
    assert re.fullmatch(r"  [A-Z].*\w\.", purpose)
    assert re.search(r"^  Exit status: 0 [a-z]", "\n".join(more), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_a_help(command: str) -> None:
    """Every option and argument is explained in sentences."""
    options = help_of(command).partition("Options:\n")[2]
    entries = re.split(r"\n(?=  -)", options.rstrip())
    assert len(entries) > 1
    for entry in entries:
        words = " ".join(entry.split())
        assert re.search(r" [A-Z][^\[]*\w\)?\.( \[[^\]]*\])?$", words), words


def test_without_a_command(raftlab: Raftlab) -> None:
    """`raftlab` alone prints the help."""
    ended = raftlab()
    assert ended.status == 0
    assert ended.out.startswith("Usage: raftlab [OPTIONS] COMMAND")


def test_version(raftlab: Raftlab) -> None:
    """`--version` is one line."""
    ended = raftlab("--version")
    assert ended.status == 0
    assert re.fullmatch(r"raftlab \S.*\n", ended.out)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("build", r"raftlab: No such command 'build'\. \(see raftlab --help\)"),
        ("replay --seed 1", "raftlab replay: Missing argument 'WHAT'.*"),
        ("replay TestX --seed x", "raftlab replay: Invalid value for '--seed'.*"),
        ("replay TestX --seed 1", "raftlab: there is no test or part 'TestX'; .*"),
        ("logs --color", "raftlab logs: No such option: --color .*"),
    ],
)
def test_refusals_are_one_line(raftlab: Raftlab, arguments: str, line: str) -> None:
    """What cannot be done is refused in one line, which says where to look."""
    assert re.fullmatch(line, raftlab(*arguments.split()).refusal)


def test_refusal_without_traceback(tmp_path: Path) -> None:
    """A process of its own ends the same way: one line on standard error, status 2."""
    ended = raftlab_apart("logs", "nothing.trace", cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        "raftlab: cannot read nothing.trace: No such file or directory\n"
    )


def test_interrupt_is_130(raftlab: Raftlab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a command with the status that shells use for it."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tester1.cli.logs.newest", interrupted)
    assert raftlab("logs").status == 130


# Named with the option, a shell needs no looking for.
SHELL_IS_NAMED = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}


def shown_completion(shell: str, folder: Path) -> str:
    """The script that teaches a shell to complete."""
    ended = raftlab_apart("--show-completion", shell, cwd=folder, **SHELL_IS_NAMED)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_completion_in_bash(tmp_path: Path) -> None:
    """Commands, parts, names of tests, options and their values are completed."""
    expected = {
        "re": "replay",
        "test 3": "3A 3B 3C 3D",
        "replay TestFigure8U": "TestFigure8Unreliable3C",
        "replay --so": "--solution",
        "check --model k": "kv kv-append",
        "replay TestBackup3B --preempt ": "none line",
    }
    (tmp_path / "raftlab").write_text(
        f'#!/bin/sh\nexec {sys.executable} -P -m tester1.cli "$@"\n'
    )
    (tmp_path / "raftlab").chmod(0o755)
    (tmp_path / "completion.sh").write_text(shown_completion("bash", tmp_path))
    # What bash does when the Tab key is pressed behind these words.
    script = """
        . ./completion.sh
        complete -p raftlab
        while IFS= read -r line; do
            IFS=' ' read -ra COMP_WORDS <<< "raftlab $line"
            case "$line" in *" ") COMP_WORDS+=("") ;; esac
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            _raftlab_completion raftlab
            echo "${COMPREPLY[@]}"
        done
    """
    search = f"{tmp_path}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-c", script],
        input="\n".join([*expected, ""]),
        cwd=tmp_path,
        env={**os.environ, "PATH": search, "PYTHONPATH": str(REFERENCE_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    registered, *offered = ended.stdout.splitlines()
    assert registered == "complete -o default -F _raftlab_completion raftlab"
    assert offered == list(expected.values())


@pytest.mark.parametrize(
    ("shell", "line"),
    [("zsh", "#compdef raftlab"), ("fish", "complete --command raftlab .*")],
)
def test_completion_in_other_shells(tmp_path: Path, shell: str, line: str) -> None:
    """Their scripts are shown too."""
    first, *_ = shown_completion(shell, tmp_path).splitlines()
    assert re.fullmatch(line, first)


def test_completion_can_be_installed(tmp_path: Path) -> None:
    """`--install-completion` writes a script that bash accepts."""
    ended = raftlab_apart(
        *("--install-completion", "bash"),
        cwd=tmp_path,
        HOME=str(tmp_path),
        **SHELL_IS_NAMED,
    )
    assert ended.returncode == 0, ended.stderr
    script = tmp_path / ".bash_completions" / "raftlab.sh"
    assert "_RAFTLAB_COMPLETE=complete_bash" in script.read_text()
    subprocess.run(["bash", "-n", script], check=True)


def test_statuses_are_documented() -> None:
    """The table in the documentation has every exit status, and no other."""
    rows = re.findall(r"^\| (\d+) \|", DOCUMENT.read_text(), re.MULTILINE)
    assert sorted(map(int, rows)) == sorted({*ExitStatus, 3})


def test_every_command_is_documented() -> None:
    """The documentation has a section for each command."""
    sections = re.findall(r"^## `raftlab (\w+)", DOCUMENT.read_text(), re.MULTILINE)
    assert sections == COMMANDS
