"""History files are read exactly, or refused with the line that is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.porcupine import (
    NEVER,
    KvInput,
    KvOp,
    KvOutput,
    Operation,
    UnreadableHistoryError,
    read_history,
    write_jsonl,
)
from tests.porcupine.histories import (
    AppendServer,
    guessed_kv,
    guessed_register,
    served,
)

JSON_PUT = (
    '{"client": 1, "call": 0.25, "return": 0.5, "input": {"op": "put", "key": "x", '
    '"value": "a", "version": 3}, "output": {"err": "OK"}}'
)


def saved(path: Path, *lines: str) -> Path:
    """Write a history file."""
    file = path / "history"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_json_lines_of_the_kv_model(tmp_path: Path) -> None:
    """Each field of a JSON line finds its place, and null is never returned."""
    lost = (
        JSON_PUT.replace('0.5, "input"', 'null, "input"').split(', "output"')[0] + "}"
    )
    get = (
        '{"client": 2, "call": 1, "return": 2, "input": {"op": "get", "key": "x"}, '
        '"output": {"value": "a", "version": 4, "err": "OK"}}'
    )
    history = read_history(saved(tmp_path, JSON_PUT, "", lost, get), "kv")
    put = KvInput(KvOp.PUT, "x", "a", 3)
    assert history == [
        Operation(1, put, KvOutput(), 0.25, 0.5),
        Operation(1, put, None, 0.25, NEVER),
        Operation(2, KvInput(KvOp.GET, "x"), KvOutput("a", 4), 1.0, 2.0),
    ]


@pytest.mark.parametrize("model", ["kv", "register", "kv-append"])
@given(random=st.randoms(use_true_random=False), count=st.integers(1, 6))
def test_written_histories_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, model: str, random: Random, count: int
) -> None:
    """What `write_jsonl` writes, `read_history` reads."""
    if model == "kv":
        history = guessed_kv(random, count)
    elif model == "register":
        history = guessed_register(random, count, values=3)
    else:
        serve = AppendServer(distinct=False, broken=False)
        history = served(random, count, serve=serve)
    path = tmp_path_factory.mktemp("written") / "history.jsonl"
    write_jsonl(path, history)
    assert read_history(path, model) == history


EDN = '{:process 0, :type :invoke, :f :get, :key "k", :value nil}'
LOG = "INFO  jepsen.util - 0 :invoke :read nil"
UNREADABLE = [
    ("kv", [JSON_PUT, "{"], "2: Input data was truncated"),
    ("kv", [JSON_PUT.replace('"put"', '"pot"')], "1: Invalid enum value 'pot'"),
    ("kv", [JSON_PUT.replace('"version"', '"vresion"')], "1: Object contains unknown"),
    ("kv", [JSON_PUT.replace('"return": 0.5, ', "")], "1: Object missing required"),
    ("kv", [JSON_PUT.replace("0.5", "0.1")], "1: it returns at 0.1, before its call"),
    ("kv", [JSON_PUT.replace("0.5", "null")], "1: an operation that returned has an"),
    (
        "kv-append",
        [EDN, "", EDN],
        "3: process 0 invokes an operation, but the one that",
    ),
    ("kv-append", [EDN.replace(":invoke", ":ok")], "1: process 0 has no operation"),
    (
        "kv-append",
        [EDN, EDN.replace(":invoke", ":ok")],
        "2: a :get has a text, not nil",
    ),
    (
        "kv-append",
        [EDN, EDN.replace(":invoke", ":okay")],
        "2: an event is :invoke, :ok,",
    ),
    ("kv-append", [EDN.replace(":get", ":read")], "1: the store has :get, :put and"),
    ("kv-append", [EDN.replace(":process 0", ":process :n")], "1: a process goes by a"),
    ("kv-append", [EDN.replace(":process 0, ", "")], "1: the map has no :process"),
    ("kv-append", [EDN.replace(" nil}", "}")], "1: a map has a key without a value"),
    ("kv-append", ["[", EDN.replace("}", ""), ""], "2: the { is never closed"),
    ("kv-append", ["[", EDN, ""], "1: the [ is never closed"),
    ("kv-append", [EDN.replace("}", "]")], "1: ] in column 58 is stray"),
    ("kv-append", [EDN.replace('"k"', '"k')], '1: " in column 43 is never closed'),
    ("kv-append", [EDN.replace('"k"', '"\\q"')], '1: "\\q" is not a string'),
    ("kv-append", [f"{EDN} 1"], "1: an event is a map, not 1"),
    (
        "kv-append",
        [EDN, EDN.replace(":invoke", ":ok").replace("nil", "nul")],
        "2: a :get has a text, not nul",
    ),
    (
        "kv-append",
        [EDN.replace(":f :get", ":f 1")],
        "1: a keyword like :ok belongs here",
    ),
    (
        "register",
        [LOG, "0 :read nil"],
        "2: an event is: process, type, operation, value",
    ),
    ("register", [LOG.replace(":read", ":put")], "1: a register has :read, :write and"),
    ("register", [LOG.replace(":read nil", ":cas 1")], "1: the value of a :cas is"),
    ("register", [LOG.replace(":read nil", ":write [1]")], "1: a register cannot hold"),
]


@pytest.mark.parametrize(("model", "lines", "problem"), UNREADABLE)
def test_line_that_cannot_be_read(
    tmp_path: Path, model: str, lines: list[str], problem: str
) -> None:
    """The error names the file, the line, and what is wrong with it."""
    path = saved(tmp_path, *lines)
    with pytest.raises(UnreadableHistoryError, match=re.escape(f"{path}:{problem}")):
        read_history(path, model)


@pytest.mark.parametrize("line", range(1, 9, 7))
def test_line_that_is_not_text(tmp_path: Path, line: int) -> None:
    """Bytes that are not UTF-8 are refused as any other line."""
    lines = [JSON_PUT.encode()] * 9_000
    lines[line] = b'{"client": 1, \xff'
    path = tmp_path / "history"
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(UnreadableHistoryError, match=f":{line + 1}: not text in UTF-8"):
        read_history(path, "kv")


def test_unknown_model(tmp_path: Path) -> None:
    """A model that there is not is refused with those that there are."""
    with pytest.raises(ValueError, match="choose kv, register, kv-append"):
        read_history(saved(tmp_path, JSON_PUT), "queue")
