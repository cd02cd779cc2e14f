"""Times order events, so none of their digits may be lost: not one, not anywhere.

Each property takes a small history and moves it along the axis of time, to where floats
no longer tell its instants apart. Nothing that the checker says may change but the
figures in it, and those must be the ones of the history.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.porcupine import (
    NEVER,
    AppendModel,
    KvModel,
    Operation,
    RegisterInput,
    RegisterModel,
    RegisterOp,
    RegisterOutput,
    Verdict,
    check,
    read_history,
    write_jsonl,
)
from tester1.porcupine.figures import Figure, exact
from tester1.porcupine.formats import MODELS
from tester1.porcupine.model import AnyModel, Engine, Time
from tester1.porcupine.reasons import when
from tester1.porcupine.report import report
from tester1.timeline.history_data import page_data
from tests.porcupine.histories import (
    COUNTS,
    RANDOM,
    AppendServer,
    RegisterServer,
    guessed_kv,
    guessed_register,
    served,
    served_kv,
)


def kv_history(random: Random, count: int) -> list[Operation]:
    """A history of the versioned store, of one of both kinds."""
    if random.randrange(2):
        return guessed_kv(random, count)
    return served_kv(random, count, broken=True)


def register_history(random: Random, count: int) -> list[Operation]:
    """A history of a register, of one of both kinds."""
    if random.randrange(2):
        return guessed_register(random, count, values=3)
    serve = RegisterServer(distinct=True, broken=True, failures=False)
    return served(random, count, serve=serve)


def append_history(random: Random, count: int) -> list[Operation]:
    """A history of the store that appends."""
    serve = AppendServer(distinct=random.randrange(2) == 0, broken=True)
    return served(random, count, serve=serve)


HISTORIES: dict[str, Callable[[Random, int], list[Operation]]] = {
    "kv": kv_history,
    "register": register_history,
    "kv-append": append_history,
}

# Every one of them puts neighbouring instants where floats have no room for them.
MOVES: dict[str, Callable[[int], Time]] = {
    "Unix nanoseconds": lambda at: 1_730_000_000_000_000_000 + at,
    "before 1970": lambda at: -(10**19) + at,
    "beyond 64 bits": lambda at: 10**30 + at,
    "decimal seconds": lambda at: Figure(f"1730000000.0000000{at + 50:02}"),
    "tiny fractions": lambda at: Figure(f"0.1{'0' * 30}{at + 50:02}"),
    "in turn": lambda at: (
        2**60 + at if at % 2 else Figure(f"{2**60 + at}.{'0' * (at % 3)}")
    ),
}


def moved(history: list[Operation], move: Callable[[int], Time]) -> list[Operation]:
    """A history with other times, in the same order."""
    return [
        Operation(
            one.client,
            one.input,
            one.output,
            move(int(one.call)),
            NEVER if one.ret == NEVER else move(int(one.ret)),
        )
        for one in history
    ]


def told(model: AnyModel, history: list[Operation], engine: Engine) -> object:
    """All that is said about a history, but for its times."""
    result = check(model, history, engine=engine)
    return result.verdict, [
        (
            part.engine,
            part.verdict,
            part.contradiction,
            part.core,
            part.linearizations,
            page_data(result, [], "").parts,
        )
        for part in result.partitions
    ]


@pytest.mark.parametrize("model", MODELS)
@given(random=RANDOM, count=COUNTS, to=st.sampled_from(list(MOVES)))
def test_moved_history(model: str, random: Random, count: int, to: str) -> None:
    """Verdict, explanation, linearizations and picture do not depend on where it is."""
    history = HISTORIES[model](random, count)
    checked = MODELS[model]()
    for engine in (Engine.AUTO, Engine.SEARCH):
        before = told(checked, history, engine)
        after = told(checked, moved(history, MOVES[to]), engine)
        assert without_sentences(after) == without_sentences(before)


def without_sentences(said: object) -> str:
    """A text of all that was said, without the times that sentences name."""
    text = repr(said)
    for word in ("called at ", "returned at "):
        pieces = text.split(word)
        text = word.join([pieces[0], *(p.lstrip("-+.0123456789E") for p in pieces[1:])])
    return text


@pytest.mark.parametrize("model", MODELS)
@given(random=RANDOM, count=COUNTS, to=st.sampled_from(list(MOVES)))
def test_moved_history_in_a_file(
    tmp_path_factory: pytest.TempPathFactory,
    model: str,
    random: Random,
    count: int,
    to: str,
) -> None:
    """It is read from its file as it was written, to the last digit."""
    history = moved(HISTORIES[model](random, count), MOVES[to])
    path = tmp_path_factory.mktemp("moved") / "history.jsonl"
    write_jsonl(path, history)
    again = read_history(path, model)
    assert again == history
    for one, other in zip(again, history, strict=True):
        assert [str(one.call), str(one.ret)] == [str(other.call), str(other.ret)]


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_times_are_printed_as_they_are(move: Callable[[int], Time]) -> None:
    """A sentence names the times that the history has."""
    call, ret = move(3), move(4)
    operation = Operation(1, None, None, call, ret)
    assert when(operation) == f"by client 1 (called at {call}, returned at {ret})"


TIMES = [
    "0",
    "-0",
    "12",
    "-12",
    "0.60",
    "1e3",
    "-1.5E-7",
    "1730000000000000000",
    "1556833025.232152622",
    "123456789012345678901234567890",
    "1e99",
]


@pytest.mark.parametrize("quoted", [False, True], ids=["number", "text"])
@pytest.mark.parametrize("time", TIMES)
def test_times_in_json(tmp_path: Path, time: str, quoted: bool) -> None:
    """A time is a number of any kind, or a text that holds one."""
    shown = json.dumps(time) if quoted else time
    line = (
        f'{{"client": 1, "call": {shown}, "return": {shown}, "input": {{"op": "read"}}'
    )
    file = tmp_path / "history"
    file.write_text(f'{line}, "output": {{}}}}\n')
    (operation,) = read_history(file, "register")
    assert operation.call == operation.ret == exact(time)
    assert not isinstance(operation.call, float)


@pytest.mark.parametrize(
    "time", ["true", '""', '"now"', '"1 "', '"inf"', '"NaN"', "[1]", "1e1000", '"٣"']
)
def test_what_is_no_time(tmp_path: Path, time: str) -> None:
    """Anything else is refused, with its field and its line."""
    line = f'{{"client": 1, "call": 0, "return": {time}, "input": {{"op": "read"}}'
    file = tmp_path / "history"
    file.write_text(f'{line}, "output": {{}}}}\n')
    with pytest.raises(ValueError, match=r"history:1: return: .* is no number"):
        read_history(file, "register")


@pytest.mark.parametrize("time", [float("-inf"), float("nan")])
def test_what_cannot_be_written(tmp_path: Path, time: float) -> None:
    """JSON has no numbers that are none."""
    operation = Operation(
        1, RegisterInput(RegisterOp.READ), RegisterOutput(), time, NEVER
    )
    with pytest.raises(ValueError, match="is no time"):
        write_jsonl(tmp_path / "history", [operation])


@pytest.mark.parametrize("at", [5, 5.0, Figure("5.00"), Figure("0.5e1")], ids=repr)
@pytest.mark.parametrize("same", [5, 5.0, Figure("5")], ids=repr)
def test_equal_times_are_equal_in_every_notation(at: Time, same: Time) -> None:
    """A write and a read that touch are concurrent, however the instant is written."""
    history = [
        Operation(1, RegisterInput(RegisterOp.WRITE, 1), RegisterOutput(), -1, at),
        Operation(2, RegisterInput(RegisterOp.READ), RegisterOutput(), same, 9),
    ]
    assert check(RegisterModel(), history).verdict is Verdict.OK


def test_values_keep_their_digits(tmp_path: Path) -> None:
    """Two long numbers that would be one float are two values."""
    long = "1556833025.232152622", "1556833025.232152623", "2" * 30, "2" * 29 + "3"
    lines = [
        f'{{"client": 1, "call": {n}, "return": {n}.5, "input": {{"op": "write", '
        f'"value": {value}}}, "output": {{}}}}'
        for n, value in enumerate(long)
    ]
    file = tmp_path / "history"
    file.write_text("\n".join(lines))
    history = read_history(file, "register")
    assert [repr(one.input.value) for one in history] == list(long)
    assert len({one.input.value for one in history}) == len(long)
    again = tmp_path / "again"
    write_jsonl(again, history)
    assert read_history(again, "register") == history


NANOSECONDS = """\
{"client": 1, "call": 1556833025232152622, "return": 1556833025232152650, \
"input": {"op": "write", "value": 1}, "output": {}}
{"client": 1, "call": 1556833025232152660, "return": 1556833025232152680, \
"input": {"op": "write", "value": 2}, "output": {}}
{"client": 2, "call": 1556833025232152700, "return": 1556833025232152710, \
"input": {"op": "read"}, "output": {"value": 1}}
"""
NANOSECONDS_KV = """\
{"client": 1, "call": 1730000000000000000, "return": 1730000000000000100, \
"input": {"op": "put", "key": "x", "value": "a", "version": 0}, \
"output": {"err": "OK"}}
{"client": 2, "call": 1730000000000000150, "return": 1730000000000000250, \
"input": {"op": "get", "key": "x"}, "output": {"err": "ErrNoKey"}}
"""


@pytest.mark.parametrize(
    ("text", "model"), [(NANOSECONDS, RegisterModel()), (NANOSECONDS_KV, KvModel())]
)
def test_stale_read_by_nanoseconds(
    tmp_path: Path, text: str, model: RegisterModel | KvModel
) -> None:
    """A read that is stale by 20 ns is stale, and told with the times of the file."""
    name = "register" if isinstance(model, RegisterModel) else "kv"
    file = tmp_path / "history"
    file.write_text(text)
    result = check(model, read_history(file, name))
    assert result.verdict is Verdict.ILLEGAL
    printed = "\n".join(report(result, "history"))
    for line in text.splitlines():
        operation = json.loads(line)
        times = f"called at {operation['call']}, returned at {operation['return']})"
        assert printed.count(times) == 2


def test_models_are_those_of_files() -> None:
    """Every model that a file can have is moved here."""
    assert HISTORIES.keys() == MODELS.keys()
    assert isinstance(MODELS["kv-append"](), AppendModel)
