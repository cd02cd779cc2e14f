"""The page on the two modes says what the code does, where that can be compared."""

from __future__ import annotations

import re
from pathlib import Path

from tester1.hosts.process.frames import MAX_FRAME, Kind
from tester1.hosts.process.program import MAX_CALL_BYTES, MAX_CALLS
from tester1.sandbox import limits
from tester1.sandbox.limits import Limits
from tester1.solution import REFERENCE_ROOT

PAGE = (REFERENCE_ROOT / "docs" / "modes.md").read_text()
PROCESS = Path(limits.__file__).parent


def rows(first_column: str) -> list[tuple[str, ...]]:
    """The rows of the page's tables whose first column matches, as their columns."""
    found = re.findall(rf"^\| ({first_column}) \|(.*)\|$", PAGE, re.M)
    return [(first, *map(str.strip, rest.split("|"))) for first, rest in found]


def test_the_kinds_of_frames() -> None:
    """Every kind is there, with its number."""
    assert [row[0] for row in rows(r"\d+ [A-Z_]+")] == [
        f"{kind.value} {kind.name}" for kind in Kind
    ]


def test_the_environment_variables() -> None:
    """Every variable that the code reads is there, with its usual value."""
    code = "".join(file.read_text() for file in PROCESS.glob("*.py"))
    told = {row[0].strip("`"): row[2] for row in rows("`RAFTLAB_[A-Z_]+`")}
    # The tester sets the workspace itself, for its fork server.
    assert told.keys() == set(re.findall(r"RAFTLAB_[A-Z_]+", code)) - {
        "RAFTLAB_WORKSPACE"
    }
    usual = Limits()
    numbers = (usual.memory_mib, usual.file_mib, usual.output_kib, usual.start_s)
    assert list(told.values())[:4] == [str(number) for number in numbers]


def test_the_bounds() -> None:
    """The numbers in the text are those in the code."""
    text = " ".join(PAGE.split())
    assert f"at most {MAX_FRAME >> 20} MiB" in text
    assert f"at most {MAX_CALLS:,} calls" in text
    assert f"with {MAX_CALL_BYTES >> 20} MiB of arguments" in text
    assert f"may have {Limits().open_files} files open" in text
