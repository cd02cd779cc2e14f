"""The facts of a run in a file: one a line, in JSON.

The first line says what the file is, which version of the format it has, and which
run it is of. Every further line is a fact: its `kind`, `number`, `time` in seconds,
`server` and `incarnation`, the number of its `cause`, and the fields of its kind, which
are those of the classes in `labrt.facts`, `labrpc.facts` and `tester1.facts.kinds`. A
field that is missing has its default. Fields and kinds may be added under the same
version; one that is taken away, or means something else, makes a new version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from labrt import Fact
from labrt.facts import line
from tester1.facts.kinds import AnyFact

__all__ = [
    "FORMAT_VERSION",
    "Recording",
    "UnreadableFacts",
    "read_facts",
    "write_facts",
]

FORMAT_VERSION: Final = 1

_WHAT: Final = "raftlab facts"
_DECODE: Final = msgspec.json.Decoder(AnyFact).decode
_HEADER: Final = msgspec.json.Decoder(dict[str, object]).decode


class UnreadableFacts(ValueError):
    """The file holds no facts; the message names the line that shows it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The facts of a run, and what the file says about the run: test, seed and more."""

    about: Mapping[str, object]
    facts: list[Fact]


def write_facts(
    path: Path, facts: Iterable[Fact], about: Mapping[str, object] | None = None
) -> None:
    """Write facts, in place of what the file may hold."""
    header = {_WHAT: FORMAT_VERSION, **(about or {})}
    with path.open("wb") as file:
        file.write(msgspec.json.encode(header) + b"\n")
        for fact in facts:
            file.write(line(fact.lasting()))


def read_facts(path: Path) -> Recording:
    """What `write_facts` wrote; a last line that was cut off is left out.

    Raises `UnreadableFacts` for a file of another kind or of a newer version, `OSError`
    as `open` does.
    """
    # Every fact ends its line. What follows the last end is empty, or was cut off.
    lines = path.read_bytes().split(b"\n")[:-1]
    about = _header(path, lines[0] if lines else b"")
    facts: list[Fact] = []
    for number, text in enumerate(lines[1:], start=2):
        try:
            facts.append(_DECODE(text))
        except (msgspec.MsgspecError, RecursionError) as error:
            raise UnreadableFacts(f"{path}:{number} is no fact: {error}") from None
    return Recording(about, facts)


def _header(path: Path, text: bytes) -> dict[str, object]:
    try:
        about = _HEADER(text)
        version = about.pop(_WHAT)
    except (msgspec.MsgspecError, KeyError, RecursionError):
        raise UnreadableFacts(
            f"{path}:1 is no beginning of a file of facts; raftlab replay writes them, "
            "and pytest --trace-events"
        ) from None
    if version != FORMAT_VERSION:
        raise UnreadableFacts(
            f"{path} has version {version} of the format, and this raftlab reads "
            f"version {FORMAT_VERSION}"
        )
    return about
