"""`raftlab check`: verdicts as exit statuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tester1.cli.check import ModelName
from tester1.porcupine import Operation, write_jsonl
from tester1.porcupine.formats import MODELS
from tester1.solution import REFERENCE_ROOT
from tests.cli.conftest import Raftlab, raftlab_apart
from tests.porcupine.builders import append, get, put
from tests.porcupine.test_recorded import HISTORIES, recorded

LEGAL = [put("a", 0, 0, 1, client=1), get("a", 1, 2, 3, client=2)]
STALE = [*LEGAL, put("b", 1, 4, 5, client=1), get("a", 1, 6, 7, client=3)]

CASES: dict[str, tuple[str, str, int, list[str]]] = {
    "failed, since there was no server": (
        "register",
        "{:process 0, :type :invoke, :f :write, :value 1}\n"
        "{:process 0, :type :ok, :f :write, :value 1}\n"
        "{:process 1, :type :invoke, :f :cas, :value [1 2]}\n"
        "{:process 1, :type :fail, :f :cas, :value [1 2], :error [:unavailable]}\n"
        "{:process 0, :type :invoke, :f :read, :value nil}\n"
        "{:process 0, :type :ok, :f :read, :value 1}\n",
        0,
        ["h: linearizable (2 operations, "],
    ),
    "a whole file of Jepsen": (
        "register",
        "[#jepsen.history.Op{:index 0, :time 3, :type :invoke, :process 0,\n"
        " :f :write, :value [9 1]}\n"
        "{:index 1, :time 4, :type :info, :process :nemesis, :f :start, :value nil}\n"
        "{:index 2, :time 5, :type :ok, :process 0, :f :write, :value [9 1]}\n"
        "{:index 3, :time 6, :type :invoke, :process 1, :f :read, :value [9 nil]}\n"
        "{:index 4, :time 7, :type :ok, :process 1, :f :read, :value [9 nil]}]\n",
        1,
        [
            "h: not linearizable (2 operations, ",
            "read() -> absent by client 1 (called at 5, returned at 6)",
            "(2 of 2 operations on '9'):",
        ],
    ),
    "the log of 2017": (
        "register",
        "INFO [2017-03-24 12:12:25,679] jepsen worker 0 - jepsen.util 0\t:invoke\t"
        ":write\t1\n"
        "INFO [2017-03-24 12:12:25,680] jepsen worker 0 - jepsen.util 0\t:info\t"
        ":write\t1\ttimeout\n",
        0,
        ["h: linearizable (1 operation, "],
    ),
    "Unix nanoseconds": (
        "register",
        '{"client": 1, "call": 1556833025232152622, "return": 1556833025232152650, '
        '"input": {"op": "write", "value": 1}, "output": {}}\n'
        '{"client": 2, "call": 1556833025232152700, "return": 1556833025232152710, '
        '"input": {"op": "read"}, "output": {"value": null}}\n',
        1,
        [
            "write(1) by client 1 (called at 1556833025232152622, returned at "
            "1556833025232152650)",
            "read() -> absent by client 2 (called at 1556833025232152700, returned at "
            "1556833025232152710)",
        ],
    ),
    "a file of Windows": (
        "kv",
        '\ufeff{"client": 1, "call": 0.25, "return": 0.50, "input": {"op": "put", '
        '"key": "x", "value": "a"}, "output": {}}\r\n'
        '{"client": 2, "call": 0.60, "return": 0.7, "input": {"op": "get", "key": '
        '"x"}, "output": {"err": "ErrNoKey"}}\r\n',
        1,
        ["(called at 0.25, returned at 0.50)", "(called at 0.60, returned at 0.7)"],
    ),
}
"""By what is special: model, content, exit status, and what is printed."""


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
    assert Path("h.html").stat().st_size > 0


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
        (
            "short",
            "raftlab: cannot read the history: short:1: Object missing required field",
        ),
    ],
)
def test_refusals(raftlab: Raftlab, file: str, line: str) -> None:
    """One line names the file that cannot be read, and in it the line that is wrong."""
    write_jsonl(Path("good"), LEGAL)
    Path("bad").write_text(f"{Path('good').read_text().splitlines()[0]}\nput x\n")
    Path("short").write_text('{"client": 1}\n')
    refusal = raftlab("check", file, "--model", "kv").refusal
    assert re.match(line, refusal), refusal


def test_what_is_no_history(raftlab: Raftlab) -> None:
    """One line says what the file looks like, and what is expected."""
    Path("h").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    refusal = raftlab("check", "h", "--model", "register").refusal
    assert refusal.startswith(
        "raftlab: cannot read the history: h: this looks like a PNG image; a history "
        "of the model register is in JSON Lines, one operation a line, "
    )


@pytest.mark.parametrize("name", CASES)
def test_files_of_other_people(raftlab: Raftlab, name: str) -> None:
    """What other programs write is read as they mean it, and named as they wrote it."""
    model, text, status, printed = CASES[name]
    Path("h").write_bytes(text.encode())
    ended = raftlab("check", "h", "--model", model)
    assert (ended.status, ended.err) == (status, "")
    for part in printed:
        assert part in ended.out


@pytest.mark.parametrize("value", ["a\nb", "\x1b[31m", "\u2028", "\U0001f600", "\xe9"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_values_that_cannot_be_printed(
    tmp_path: Path, value: str, encoding: str
) -> None:
    """A value forges no line, commands no terminal, and never costs the verdict."""
    history = [put(value, 0, 0, 1), get("b", 1, 2, 3, client=2)]
    write_jsonl(tmp_path / "h", history)
    ended = raftlab_apart(
        "check", "h", "--model", "kv", cwd=tmp_path, PYTHONIOENCODING=encoding
    )
    assert ended.returncode == 1
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)
    assert lines[0].startswith("h: not linearizable (2 operations, ")


def test_surrogate_in_a_value(raftlab: Raftlab) -> None:
    """A character that no encoding has is escaped, wherever it is shown."""
    event = '{{:process 0, :type :{}, :f :{}, :value "\\ud800"}}\n'
    types = [("invoke", "read"), ("ok", "read")]
    Path("h").write_text("".join(event.format(*one) for one in types))
    ended = raftlab("check", "h", "--model", "register", "--html", "h.html")
    assert ended.status == 1
    assert "read() -> '\\ud800' by client 0" in ended.out


@pytest.mark.parametrize(("name", "model", "verdict"), recorded())
def test_recorded_histories(
    raftlab: Raftlab, name: str, model: str, verdict: str
) -> None:
    """The exit status is the verdict that is known."""
    ended = raftlab("check", HISTORIES / name, "--model", model)
    assert ended.status == {"ok": 0, "illegal": 1}[verdict]


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
