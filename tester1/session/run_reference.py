"""Which run it was: what the files that it left and the reports on it say.

A run is its test, its seed, how it was done, and the code. Three things name one:

- A file that the run has left carries a `RunReference`: a timeline in the head of its
  page, a trace in its first line. `run_of` reads it.
- A report ends with a command; `run_of_command` reads that.
- What carries neither has a name that begins with the test and its seed.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn, Self

import msgspec

from tester1.files import reason
from tester1.fingerprint import fingerprint
from tester1.lab import Mode, Preempt
from tester1.session.settings import Settings
from tester1.solution import SolutionError

__all__ = [
    "COPY",
    "PRINTED",
    "RUN",
    "RunReference",
    "UnknownRun",
    "is_artifact",
    "run_by",
    "run_of",
    "run_of_command",
    "without_command",
]

RUN: Final = "run"
"""The entry of a trace's first line, a JSON object, that holds the reference."""

_TRACE: Final = ".trace"
_PAGE: Final = ".html"
_REPORT: Final = ".txt"
_KINDS: Final = (_TRACE, _PAGE, _REPORT)

_REPEAT: Final = "repeat:"
_COMMANDS: Final = (("pytest",), ("raftlab", "replay"))
_IN_PAGE: Final = re.compile(r'<meta name="about" content="([^"]*)">')
_NAME: Final = re.compile(r"(?P<test>.+?)-(?P<seed>\d+)(?P<options>(?:-[a-z]+)*)")
_SEED_OF_MANY: Final = re.compile(r"\[seed=(\d+)\]$")
"""How pytest calls one of the runs of a test under `--seeds`."""

_MOST_BYTES: Final = 1 << 20
"""Where a file has said by then whose run it is of, if it ever does."""
PRINTED: Final = "the last of what it printed:"
"""The heading, in the report on a failure, of what the solution has printed."""
COPY: Final = "solution"
"""The copy of a graded solution, in the folder of the files of its failures."""


class UnknownRun(ValueError):
    """No run is named by that; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class RunReference:
    """One run of one test, as far as it is known; what is not known is None."""

    test: str
    """The test by either of its names, or as pytest is told of it: `FILE::NAME`."""
    seed: int | None = None
    mode: Mode | None = None
    preempt: Preempt | None = None
    solution: str | None = None
    """The solution's folder, in full if it was read from a file; None for the
    reference, if the fingerprint is known."""
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    """The solution's files (`tester1.fingerprint`); empty if they are not known."""
    rules: bool = True
    """Whether the rules watched it."""

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads, ready to be encoded."""
        return dict(msgspec.to_builtins(self))

    @classmethod
    def from_json(cls, data: object) -> Self:
        """The reference in decoded JSON. Raises `UnknownRun` if there is none."""
        try:
            return msgspec.convert(data, cls)
        except msgspec.ValidationError as error:
            raise UnknownRun(f"does not say which run it is of ({error})") from None


def run_by(settings: Settings, test: str, seed: int) -> RunReference:
    """The run of a test that is done with these settings."""
    place = settings.place or settings.solution
    try:
        files = fingerprint(settings.solution)
    except (SolutionError, OSError):
        # The run has loaded it, so it was there a moment ago. That a file of the run
        # does not say what it was is no reason to have no file.
        files = {}
    return RunReference(
        test,
        seed,
        settings.options.mode,
        settings.options.preempt,
        None if place is None else str(place.resolve()),
        files,
        settings.options.rules,
    )


# Files


def is_artifact(word: str) -> bool:
    """Whether a word is meant as a file of a run, and not as a test."""
    path = Path(word)
    # A file of tests is no such file, and a test has no ending.
    return path.suffix in _KINDS or (path.is_file() and path.suffix != ".py")


def run_of(path: Path) -> RunReference:
    """The run that a trace, a timeline or the report on a failure is of.

    Raises `UnknownRun` if the file does not tell, or cannot be read.
    """
    found = _carried(path)
    # Of a failure a batch keeps a file of each kind, and not every one of them says it.
    beside = (path.with_suffix(kind) for kind in _KINDS)
    for other in beside:
        if found is None and other != path and other.is_file():
            found = _carried(other)
    if found is None:
        found = _named(path)
    copy = path.parent / COPY
    if copy.is_dir():
        # It is the very code that was graded, wherever the results are by now.
        return RunReference(
            found.test,
            found.seed,
            found.mode,
            found.preempt,
            str(copy.resolve()),
            found.fingerprint,
            found.rules,
        )
    return found


def _carried(path: Path) -> RunReference | None:
    """What a file says itself; None if it says nothing of its run."""
    try:
        with path.open("rb") as file:
            beginning = file.read(_MOST_BYTES).decode(errors="replace")
    except OSError as error:
        raise UnknownRun(f"cannot read {path}: {reason(error)}") from None
    if path.suffix == _REPORT:
        return _in_report(beginning)
    if path.suffix == _PAGE:
        found = _IN_PAGE.search(beginning)
        return None if found is None else _decoded(path, html.unescape(found[1]))
    return _in_trace(path, beginning.partition("\n")[0])


def _in_trace(path: Path, line: str) -> RunReference | None:
    if not line.startswith("{"):
        return None
    try:
        header = json.loads(line)
    except ValueError:
        return None
    if RUN not in header:
        return None
    return _converted(path, header[RUN])


def _in_report(text: str) -> RunReference | None:
    # The last one that is the report's own: a solution prints and raises what it likes.
    own = text.partition(f"\n{PRINTED}\n")[0]
    lines = [line for line in own.splitlines() if line.startswith(f"{_REPEAT} ")]
    return run_of_command(shlex.split(lines[-1])) if lines else None


def _decoded(path: Path, text: str) -> RunReference:
    try:
        return _converted(path, json.loads(text))
    except ValueError as error:
        raise UnknownRun(f"{path} does not say which run it is of ({error})") from None


def _converted(path: Path, data: object) -> RunReference:
    try:
        return RunReference.from_json(data)
    except UnknownRun as error:
        raise UnknownRun(f"{path} {error}") from None


def _named(path: Path) -> RunReference:
    """The run that a file is named after, as those of `Lab.file_stem` are."""
    found = _NAME.fullmatch(path.stem)
    if found is None:
        raise UnknownRun(
            f"{path} does not say which run it is of: neither in the file nor in its "
            "name, which would be TEST-SEED"
        )
    words = found["options"].split("-")
    modes = [mode for mode in Mode if mode in words]
    preempts = [preempt for preempt in Preempt if preempt in words]
    return RunReference(
        found["test"],
        int(found["seed"]),
        modes[0] if modes else None,
        preempts[0] if preempts else None,
    )


# Commands


class _Parser(argparse.ArgumentParser):
    """Says in an `UnknownRun` what is wrong, and ends no program."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the words."""
        raise UnknownRun(message)


def run_of_command(words: Sequence[str]) -> RunReference:
    """The run that a command repeats, which a report has printed.

    Raises `UnknownRun` for words that are no such command.
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("tests", nargs="*")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--mode", type=Mode)
    parser.add_argument("--preempt", type=Preempt)
    parser.add_argument("--solution")
    parser.add_argument("--no-rules", action="store_true")
    parsed = parser.parse_args(without_command(words))
    if len(parsed.tests) != 1:
        raise UnknownRun(f"{shlex.join(words)} does not name one test")
    (test,) = parsed.tests
    seed = parsed.seed
    many = _SEED_OF_MANY.search(test)
    if many is not None:
        test, seed = test[: many.start()], int(many[1])
    return RunReference(
        test,
        seed,
        parsed.mode,
        parsed.preempt,
        parsed.solution,
        rules=not parsed.no_rules,
    )


def without_command(words: Sequence[str]) -> list[str]:
    """The words of a line of a report without what is in front of the test."""
    left = list(words)
    if left[:1] == [_REPEAT]:
        del left[0]
    for command in _COMMANDS:
        if tuple(left[: len(command)]) == command:
            return left[len(command) :]
    return left
