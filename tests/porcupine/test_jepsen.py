"""Jepsen's files are read as they are: whole, with all that is in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tester1.porcupine import (
    ABSENT,
    NEVER,
    AppendInput,
    AppendOp,
    Operation,
    RegisterInput,
    RegisterModel,
    RegisterOp,
    RegisterOutput,
    UnreadableHistoryError,
    Verdict,
    check,
    read_history,
)
from tester1.porcupine.edn import Literal

READ = RegisterInput(RegisterOp.READ)


def read(path: Path, text: str, model: str = "register") -> list[Operation]:
    """The history that a text is."""
    file = path / "history"
    file.write_text(text, encoding="utf-8")
    return read_history(file, model)


def write(value: object, call: int, ret: float, *, key: str = "") -> Operation:
    """A write of process 0."""
    output = None if ret == NEVER else RegisterOutput()
    return Operation(
        0, RegisterInput(RegisterOp.WRITE, value, key=key), output, call, ret
    )


def test_old_log(tmp_path: Path) -> None:
    """Each kind of line of Jepsen's old log means what its README says."""
    assert read(
        tmp_path,
        "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n"
        "INFO  jepsen.util - 0\t:ok\t:read\tnil\n"
        "INFO  jepsen.util - 1   :invoke  :cas  [1 4]\n"
        "INFO  jepsen.util - 1   :fail    :cas  [1 4]\n"
        "INFO  jepsen.util - 2\t:invoke\t:write\t7\n"
        "INFO  jepsen.util - 2\t:info\t:write\t:timed-out\n"
        "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n"
        "INFO  jepsen.util - 0\t:fail\t:read\t:timed-out\n"
        "INFO  jepsen.util - 3\t:invoke\t:cas\t[0 1]\n"
        "INFO  jepsen.util - 0\t:invoke\t:cas\t[2 1]\n"
        "INFO  jepsen.util - 0\t:fail\t:cas\t[2 1]\t:no-leader (try again\n",
    ) == [
        Operation(0, READ, RegisterOutput(ABSENT), 1, 2),
        Operation(
            1, RegisterInput(RegisterOp.CAS, 4, 1), RegisterOutput(ok=False), 3, 4
        ),
        Operation(2, RegisterInput(RegisterOp.WRITE, 7), None, 5, NEVER),
        Operation(3, RegisterInput(RegisterOp.CAS, 1, 0), None, 9, NEVER),
    ]


PREFIXES = {
    "history.txt": "",
    "2014": "INFO  jepsen.util - ",
    "2017": "INFO [2017-03-24 12:12:25,679] jepsen worker 0 - jepsen.util ",
    "jepsen.log": "2022-11-11 15:14:20,037{GMT}\tINFO\t[jepsen worker 0] jepsen.util: ",
}


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
@pytest.mark.parametrize("gap", ["\t", " ", "  \t"], ids=["tab", "space", "columns"])
def test_logs_of_all_years(tmp_path: Path, prefix: str, gap: str) -> None:
    """Whatever the logger puts in front, the events are the same."""
    events = [
        ["0", ":invoke", ":write", "1"],
        [":nemesis", ":info", ":start", '"Cut off {:n1 #{:n2}}"'],
        [":nemesis", ":info", ":stop"],
        ["0", ":ok", ":write", "1"],
        ["1", ":invoke", ":read", "nil"],
        ["1", ":fail", ":read", "nil", ":timeout", 'java.net: "refused (]'],
        ["0", ":invoke", ":write", "2"],
        ["0", ":info", ":write", "2", "[:unknown {:a 1}]"],
    ]
    lines = [prefix + gap.join(event) for event in events]
    assert read(tmp_path, "\n".join(lines)) == [write(1, 1, 4), write(2, 7, NEVER)]


def test_other_lines_of_a_log(tmp_path: Path) -> None:
    """Other loggers, and traces over several lines, are not about operations."""
    prefix = PREFIXES["jepsen.log"]
    assert read(
        tmp_path,
        "2022-11-11 15:14:20,036{GMT}\tINFO\t[main] jepsen.core: Relative time begins\n"
        f"{prefix}0\t:invoke\t:write\t1\n"
        f"{prefix.replace('INFO', 'WARN')}Process 0 crashed\n"
        "java.net.ConnectException: refused\n"
        "\tat java.net.Socket.connect(Socket.java:1) ~[na:1.8]\n"
        "\n"
        f"{prefix}0\t:info\t:write\t1\tindeterminate: refused\n"
        "2022-11-11 15:14:21,036{GMT}\tINFO\t[main] jepsen.core: {:valid? true,\n"
        " :op {:type :invoke, :f :write}}\n",
    ) == [write(1, 2, NEVER)]


EVENTS = """
{:process 0, :type :invoke, :f :write, :value 3, :time 10, :index 0}
{:process :nemesis, :type :info, :f :start, :value nil, :time 11, :index 1}
{:process 0, :type :ok, :f :write, :value 3, :time 12, :index 2, :node "n1"}
{:process 1, :type :invoke, :f :read, :value nil, :time 13, :index 3}
{:process 2, :type :invoke, :f :cas, :value [3 4], :time 14, :index 4}
{:process 2, :type :fail, :f :cas, :value [3 4], :error {:via [#error {:a \\b}]}}
{:process 1, :type :ok, :f :read, :value 3, :exception #object[a.B 0x1 "a.B@1"]}
"""
HISTORY = [write(3, 2, 4), Operation(1, READ, RegisterOutput(3), 5, 8)]


@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("[", "]"), ("(", ")"), ("; from Knossos\n[", "]\n\n"), ("#_[] [", "]")],
    ids=["maps", "vector", "list", "comment", "discard"],
)
@pytest.mark.parametrize("tag", ["", "#jepsen.history.Op", "#knossos.op.Op "])
def test_shapes_of_edn(tmp_path: Path, before: str, after: str, tag: str) -> None:
    """Maps and records, bare or in a collection, are the same events."""
    lines = before.count("\n")
    text = before + EVENTS.replace("{:process", f"{tag}{{:process") + after
    moved = [
        Operation(o.client, o.input, o.output, o.call + lines, o.ret + lines)
        for o in HISTORY
    ]
    assert read(tmp_path, text) == moved


def test_maps_over_several_lines(tmp_path: Path) -> None:
    """An event's time is the line on which it begins."""
    text = "[" + EVENTS.replace(", :", "\n  :") + "]"
    assert [(o.call, o.ret) for o in read(tmp_path, text)] == [(2, 14), (21, 38)]


def test_maps_on_one_line(tmp_path: Path) -> None:
    """Where lines do not tell events apart, an event's time is its place."""
    text = "[" + EVENTS.replace("\n", " ") + "]"
    assert [(o.call, o.ret) for o in read(tmp_path, text)] == [(1, 2), (3, 6)]


def test_indices_are_the_order(tmp_path: Path) -> None:
    """A file that was sorted by process is put back in order, if it tells how."""
    text = """
    {:process 0, :type :invoke, :f :write, :value 1, :index 2}
    {:process 0, :type :ok, :f :write, :value 1, :index 4}
    {:process 1, :type :invoke, :f :read, :value nil, :index 0}
    {:process 1, :type :ok, :f :read, :value nil, :index 1}
    """
    assert [(o.client, o.call, o.ret) for o in read(tmp_path, text)] == [
        (1, 1, 2),
        (0, 3, 4),
    ]
    unindexed = re.sub(r":index \d", ":index -1", text)
    assert [o.client for o in read(tmp_path, unindexed)] == [0, 1]


def test_independent_keys(tmp_path: Path) -> None:
    """A pair where a single value belongs is a key, and the value there."""
    text = """
    {:process 0, :type :invoke, :f :write, :value [7 1]}
    {:process 0, :type :ok, :f :write, :value [7 1]}
    {:process 1, :type :invoke, :f :read, :value [7 nil]}
    {:process 1, :type :ok, :f :read, :value #clojure.lang.MapEntry[7 1]}
    {:process 1, :type :invoke, :f :cas, :value ["x" [1 2]]}
    {:process 1, :type :ok, :f :cas, :value ["x" [1 2]]}
    {:process 1, :type :invoke, :f :cas, :value [1 2]}
    """
    assert read(tmp_path, text) == [
        write(1, 2, 3, key="7"),
        Operation(1, RegisterInput(RegisterOp.READ, key="7"), RegisterOutput(1), 4, 5),
        Operation(1, RegisterInput(RegisterOp.CAS, 2, 1, "x"), RegisterOutput(), 6, 7),
        Operation(1, RegisterInput(RegisterOp.CAS, 2, 1), None, 8, NEVER),
    ]


def test_keys_of_appends(tmp_path: Path) -> None:
    """A store's key is an entry of its own, or the first of a pair."""
    text = """
    {:process 0, :type :invoke, :f :append, :key "3", :value "x \\"y\\""}
    {:process 1 :type :invoke :f :get :key "3" :value nil :time 12}
    {:process 0, :type :ok, :f :append, :key "3", :value "x \\"y\\""}
    {:process 1, :type :ok, :f :get, :key "3", :value "z"}
    {:process 0, :type :invoke, :f :put, :value ["3" "w"]}
    {:process 0, :type :ok, :f :put}
    {:process 1, :type :invoke, :f :append, :key :k, :value "w"}
    {:process 1, :type :fail, :f :append, :key :k, :value "w"}
    """
    assert read(tmp_path, text, "kv-append") == [
        Operation(0, AppendInput(AppendOp.APPEND, "3", 'x "y"'), "", 2, 4),
        Operation(1, AppendInput(AppendOp.GET, "3"), "z", 3, 5),
        Operation(0, AppendInput(AppendOp.PUT, "3", "w"), "", 6, 7),
    ]


def test_registers_hold_what_clojure_tells_apart(tmp_path: Path) -> None:
    """True is not 1, nor :a the text ":a"; all of them can be written and read."""
    values = ["1", "true", ":a", '":a"', "\\a", '"a"', "1.5", "1/2", '#inst "2017"']
    text = "".join(
        f"{{:process {n}, :type :invoke, :f :write, :value {value}}}"
        for n, value in enumerate(values)
    )
    written = [operation.input.value for operation in read(tmp_path, text)]
    assert len(set(written)) == len(values)
    assert written[:3] == [1, Literal("true"), Literal(":a")]
    assert (
        RegisterModel().describe_operation(
            RegisterInput(RegisterOp.WRITE, written[2]), RegisterOutput()
        )
        == "write(:a)"
    )


EDN = "{:process 0, :type :invoke, :f :write, :value 1}"
OK = EDN.replace(":invoke", ":ok")
KEYED = EDN.replace(":value", ":key 3, :value")
TEXT_KEYED = KEYED.replace(" 0", " 1").replace("3", '"3"')
UNREADABLE = [
    (EDN.replace(" 0", ' "a"'), '1: a process goes by a whole number, not "a"'),
    (EDN.replace(" 0", " :n1"), "1: a process goes by a whole number, not :n1"),
    (EDN.replace(":write", '"write"'), '1: a keyword like :ok belongs here, not "w'),
    (f"[{EDN}\n\n{EDN}]", "3: process 0 invokes an operation, but the one that it inv"),
    (f"[{EDN}\n{OK.replace(':write', ':cas')}]", "2: process 0 returns from :cas, but"),
    (f"[{EDN}\n{OK.replace(' 1}', ' 2}')}]", "2: the :ok has another value or key th"),
    (f"[{KEYED}\n{OK}]", "2: the :ok has another value or key than its :invoke"),
    (
        f"[{KEYED}\n{TEXT_KEYED}]",
        '2: the key "3" ca',
    ),
    (f"[{EDN}\n{EDN.replace(':process 0, ', '')}]", "2: the map has no :process"),
    ("{:valid? true}", "1: the map has no :process, :type, :f"),
    (EDN.replace(" 1}", " [1 2 3]}"), "1: a register cannot hold [1 2 3]"),
    ("0 :invoke :read nil\n0 :ok :read", "2: an event is: process, type, operation, v"),
    ("0 :invoke :read nil\n\n0 :okay :read 1", "3: an event is :invoke, :ok, :fail or"),
    ("0 :invoke :read nil\n0 :ok :read {", "2: the { is never closed"),
    (
        "0 :invoke :read nil\nx 0 :ok :read 1",
        "2: an event is: process, type, operation",
    ),
    ("0 :ok :read 1", "1: process 0 has no operation to return"),
]


@pytest.mark.parametrize(("text", "problem"), UNREADABLE)
def test_unreadable(tmp_path: Path, text: str, problem: str) -> None:
    """What is not an event is refused, with the line on which it begins."""
    with pytest.raises(UnreadableHistoryError) as error:
        read(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'history'}:{problem}")


FAILED_SWAP = """
{:process 0, :type :invoke, :f :write, :value 1}
{:process 0, :type :ok, :f :write, :value 1}
{:process 1, :type :invoke, :f :cas, :value [1 2]}
{:process 1, :type :fail, :f :cas, :value [1 2], :error [:unavailable "no leader"]}
{:process 0, :type :invoke, :f :read, :value nil}
{:process 0, :type :ok, :f :read, :value %s}
"""


@pytest.mark.parametrize(
    ("read_value", "verdict"), [("1", Verdict.OK), ("2", Verdict.ILLEGAL)]
)
@pytest.mark.parametrize("error", [True, False], ids=["error", "none"])
def test_failed_swap(
    tmp_path: Path, read_value: str, verdict: Verdict, error: bool
) -> None:
    """An operation that failed did not happen, and does not say why."""
    text = FAILED_SWAP % read_value
    if not error:
        text = re.sub(r", :error \[.*\]", "", text)
    assert check(RegisterModel(), read(tmp_path, text)).verdict is verdict
