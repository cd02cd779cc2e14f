"""History files are read exactly, or refused with the line that is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.porcupine import (
    ABSENT,
    NEVER,
    AppendInput,
    AppendOp,
    KvInput,
    KvOp,
    KvOutput,
    Operation,
    RegisterInput,
    RegisterOp,
    RegisterOutput,
    UnreadableHistoryError,
    read_history,
    write_jsonl,
)
from tester1.porcupine.edn import parse_forms
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
@given(random=st.randoms(use_true_random=False), count=st.integers(0, 6))
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


def test_jepsen_log(tmp_path: Path) -> None:
    """Each kind of line of Jepsen's log means what its README says."""
    path = saved(
        tmp_path,
        "INFO  jepsen.util - 0\t:invoke\t:read\tnil",
        "INFO  jepsen.util - 0\t:ok\t:read\tnil",
        "INFO  jepsen.util - 1   :invoke  :cas  [1 4]",
        "INFO  jepsen.util - 1   :fail    :cas  [1 4]",
        "INFO  jepsen.util - 2\t:invoke\t:write\t7",
        "INFO  jepsen.util - 2\t:info\t:write\t:timed-out",
        "INFO  jepsen.util - 0\t:invoke\t:read\tnil",
        "INFO  jepsen.util - 0\t:fail\t:read\t:timed-out",
        "INFO  jepsen.util - 3\t:invoke\t:cas\t[0 1]",
    )
    assert read_history(path, "register") == [
        Operation(0, RegisterInput(RegisterOp.READ), RegisterOutput(ABSENT), 1.0, 2.0),
        Operation(
            1, RegisterInput(RegisterOp.CAS, 4, 1), RegisterOutput(ok=False), 3.0, 4.0
        ),
        Operation(2, RegisterInput(RegisterOp.WRITE, 7), None, 5.0, NEVER),
        Operation(3, RegisterInput(RegisterOp.CAS, 1, 0), None, 9.0, NEVER),
    ]


def test_edn_maps(tmp_path: Path) -> None:
    """EDN maps of the append store become operations."""
    path = saved(
        tmp_path,
        '{:process 0, :type :invoke, :f :append, :key "3", :value "x \\"y\\""}',
        '{:process 1 :type :invoke :f :get :key "3" :value nil :time 12}',
        '{:process 0, :type :ok, :f :append, :key "3", :value "x"}',
        '{:process 1, :type :ok, :f :get, :key "3", :value "z"}',
        '{:process 1, :type :invoke, :f :put, :key "4", :value "w"}',
    )
    assert read_history(path, "kv-append") == [
        Operation(0, AppendInput(AppendOp.APPEND, "3", 'x "y"'), "", 1.0, 3.0),
        Operation(1, AppendInput(AppendOp.GET, "3"), "z", 2.0, 4.0),
        Operation(1, AppendInput(AppendOp.PUT, "4", "w"), None, 5.0, NEVER),
    ]


def test_edn_maps_of_a_register(tmp_path: Path) -> None:
    """EDN maps may also be about a register."""
    path = saved(
        tmp_path,
        "{:process 0, :type :invoke, :f :cas, :value [1 2]}",
        "{:process 0, :type :ok, :f :cas, :value [1 2]}",
    )
    (operation,) = read_history(path, "register")
    assert operation.input == RegisterInput(RegisterOp.CAS, 2, 1)
    assert operation.output == RegisterOutput()


def test_edn_values() -> None:
    """All values that may stand in a line are known."""
    text = '{:a [1 -2 "s\\n"], :b {}} nil true false'
    assert parse_forms(text) == ({":a": (1, -2, "s\n"), ":b": {}}, None, True, False)


EDN = '{:process 0, :type :invoke, :f :get, :key "k", :value nil}'
LOG = "INFO  jepsen.util - 0 :invoke :read nil"
UNREADABLE = [
    ("kv", [JSON_PUT, "{"], "2: Input data was truncated"),
    ("kv", [JSON_PUT.replace('"put"', '"pot"')], "1: Invalid enum value 'pot'"),
    ("kv", [JSON_PUT.replace('"version"', '"vresion"')], "1: Object contains unknown"),
    ("kv", [JSON_PUT.replace('"return": 0.5, ', "")], "1: Object missing required"),
    ("kv", [JSON_PUT.replace("0.5", "0.1")], "1: it returns at 0.1, before its call"),
    ("kv", [JSON_PUT.replace("0.5", "null")], "1: an operation that returned has an"),
    ("kv", [EDN], "1: a history of the model kv is in JSON Lines"),
    ("kv-append", [LOG], "1: the line is in no format"),
    (
        "kv-append",
        [EDN, "", EDN],
        "3: process 0 invokes an operation, but the one that",
    ),
    ("kv-append", [EDN.replace(":invoke", ":ok")], "1: process 0 has no operation"),
    (
        "kv-append",
        [EDN, EDN.replace(":invoke", ":ok")],
        "2: a :get has a text, not None",
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
    ("kv-append", [EDN.replace("}", "")], "1: the line ends before its }"),
    ("kv-append", [EDN.replace("}", "]")], "1: ] in column 58 is stray"),
    ("kv-append", [EDN.replace('"k"', '"k')], '1: " in column 43 is never closed'),
    ("kv-append", [EDN.replace("nil", "nul")], "1: nul is no value that is known here"),
    ("kv-append", [EDN.replace('"k"', '"\\q"')], '1: "\\q" is not a string'),
    ("kv-append", [f"{EDN} 1"], "1: a line holds one map"),
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


def test_file_that_is_not_text(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are refused as any other line."""
    path = tmp_path / "history"
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(UnreadableHistoryError, match=":1: "):
        read_history(path, "kv")


def test_unknown_model(tmp_path: Path) -> None:
    """A model that there is not is refused with those that there are."""
    with pytest.raises(ValueError, match="choose kv, register, kv-append"):
        read_history(saved(tmp_path, JSON_PUT), "queue")


def test_empty_file(tmp_path: Path) -> None:
    """A file without lines is a history without operations."""
    assert read_history(saved(tmp_path), "register") == []
