"""A file that is no Python source says which file, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from labrt import RealRuntime, SimRuntime

OK = "def main():\n    return 7\n"

FILES = {
    "nul": (b"x = 1\n\0" + OK.encode(), 2, "there is a NUL byte in the file"),
    "utf-16": (OK.encode("utf-16"), 1, "the file is written in UTF-16; save it as UTF"),
    "utf-16-be": (b"\xfe\xff" + OK.encode("utf-16-be"), 1, "is written in UTF-16"),
    "utf-16-bare": (OK.encode("utf-16-le"), 1, "the file looks like UTF-16"),
    "utf-32": (OK.encode("utf-32"), 1, "the file is written in UTF-32"),
    "misspelt": (b"# coding: utf-9\n" + OK.encode(), 1, "unknown encoding: utf-9"),
    "second-line": (b"#!x\n# coding=utf-9\n" + OK.encode(), 2, "unknown encoding"),
    "no-text": (b"# coding: rot13\n" + OK.encode(), 1, "unknown encoding: rot13"),
    "mark": (b"\xef\xbb\xbf# coding: latin-1\n", 1, "encoding problem: utf-8"),
    "latin-1": (OK.encode() + b"s = '\xe9'\n", 3, "the byte 0xe9 is not utf-8; save"),
    "ascii": (b"# coding: ascii\ns = '\xe9'\n", 2, "the byte 0xe9 is not ascii"),
    "grammar": (b"\n\ndef main(:\n", 3, "invalid syntax"),
    "deep": (b"x = " + b"(" * 5000 + b")" * 5000, 1, "too many nested parentheses"),
}
"""What is in a file, the line that shows what is wrong, and what is said of it."""


@pytest.mark.parametrize("make_runtime", [SimRuntime, RealRuntime])
@pytest.mark.parametrize("name", FILES)
def test_refusal_names_file_and_line(
    name: str,
    make_runtime: Callable[[int], SimRuntime | RealRuntime],
    tmp_path: Path,
) -> None:
    """The same in every mode, and never with another exception."""
    source, line, says = FILES[name]
    (tmp_path / "program.py").write_bytes(source)
    runtime = make_runtime(1)

    def main() -> None:
        runtime.world("server", roots=[tmp_path]).load("program")

    with pytest.raises(SyntaxError) as refusal:
        runtime.run(main)
    assert refusal.value.filename == str(tmp_path / "program.py")
    assert refusal.value.lineno == line
    assert says in refusal.value.msg


def test_encodings_that_are_declared(tmp_path: Path) -> None:
    """They are read."""
    source = "# coding: latin-1\nname = 'é'\n"
    (tmp_path / "program.py").write_bytes(source.encode("latin-1"))
    runtime = SimRuntime(1)

    def main() -> str:
        world = runtime.world("server", roots=[tmp_path])
        return str(world.load("program").name)

    assert runtime.run(main) == "é"
