"""`raftlab check`: verdicts as exit statuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tester1.cli.check import ModelName
from tester1.porcupine import Operation, write_jsonl
from tester1.porcupine.formats import MODELS
from tester1.solution import REFERENCE_ROOT
from tests.cli.conftest import Raftlab
from tests.porcupine.builders import append, get, put

LEGAL = [put("a", 0, 0, 1, client=1), get("a", 1, 2, 3, client=2)]
STALE = [*LEGAL, put("b", 1, 4, 5, client=1), get("a", 1, 6, 7, client=3)]


@pytest.mark.parametrize(
    ("history", "status", "line"),
    [
        (LEGAL, 0, "h: linearizable (2 operations, "),
        (STALE, 1, "h: not linearizable (4 operations, "),
    ],
    ids=["legal", "stale"],
)
def test_verdicts(
    raftlab: Raftlab, history: list[Operation], status: int, line: str
) -> None:
    """The verdict is the first line, and the exit status."""
    write_jsonl(Path("h"), history)
    ended = raftlab("check", "h", "--model", "kv", "--html", "h.html")
    assert ended.status == status
    assert ended.out.startswith(line)
    assert ended.out.endswith("picture: h.html\n")


def test_out_of_time(raftlab: Raftlab) -> None:
    """Without time to decide, the status is 3."""
    write_jsonl(Path("h"), [append(f"{n}", 0, 1) for n in range(3)])
    ended = raftlab("check", "h", "--model", "kv-append", "--timeout", "0")
    assert ended.status == 3
    assert "unknown" in ended.out


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("none", "raftlab: cannot read none: No such file"),
        ("bad", "raftlab: cannot read the history: bad:2: "),
    ],
)
def test_refusals(raftlab: Raftlab, file: str, line: str) -> None:
    """One line names the file that cannot be read, and in it the line that is wrong."""
    write_jsonl(Path("good"), LEGAL)
    Path("bad").write_text(f"{Path('good').read_text().splitlines()[0]}\nput x\n")
    refusal = raftlab("check", file, "--model", "kv").refusal
    assert re.match(line, refusal), refusal


def test_unwritable_picture(raftlab: Raftlab) -> None:
    """The verdict is not lost if its picture cannot be written."""
    write_jsonl(Path("h"), LEGAL)
    ended = raftlab("check", "h", "--model", "kv", "--html", "none/h.html")
    assert ended.status == 2
    assert ended.out.startswith("h: linearizable")
    assert re.fullmatch("raftlab: cannot write .* to none/h.html: .*\n", ended.err)


def test_documented_lines_can_be_read(raftlab: Raftlab) -> None:
    """The examples of the documentation are histories."""
    text = (REFERENCE_ROOT / "docs" / "command-line.md").read_text()
    examples = re.findall(r'^\{"client".*$', text, re.MULTILINE)
    Path("kv").write_text("\n".join(examples))
    assert raftlab("check", "kv", "--model", "kv").status == 0
    rows = re.findall(
        r"^\| `([a-z-]+)` \| `(\{.*\})` \| `(.*)` \|$", text, re.MULTILINE
    )
    assert {model for model, _, _ in rows} == {str(name) for name in ModelName}
    for model, taken, given in rows:
        times = '"client": 0, "call": 1, "return": 2'
        Path("one").write_text(f'{{{times}, "input": {taken}, "output": {given}}}\n')
        ended = raftlab("check", "one", "--model", model)
        assert "(1 operation, " in ended.out, (taken, ended.err)


def test_every_model_can_be_named() -> None:
    """The command offers the models that histories can have, and no others."""
    assert [str(name) for name in ModelName] == list(MODELS)
