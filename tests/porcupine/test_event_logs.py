"""What each type of event means, in every format, compared with a judge of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.porcupine import Engine, Verdict, check, read_history
from tester1.porcupine.formats import MODELS
from tests.porcupine.event_logs import Call, possible, random_calls
from tests.porcupine.histories import RANDOM

Event = tuple[int, str, str, str, str]
"""Process, type, name, key and value, as text."""


def events_of(calls: Iterable[Call]) -> list[Event]:
    """The events of some calls, in order."""
    placed: dict[int, Event] = {}
    for call in calls:
        asked = edn(call.asked)
        placed[call.begins] = (call.process, "invoke", call.name, call.key, asked)
        if call.type != "pending":
            reads = call.name in ("read", "get") and call.type == "ok"
            value = edn(call.answer) if reads else asked
            placed[call.ends] = (call.process, call.type, call.name, call.key, value)
    return [placed[place] for place in sorted(placed)]


def edn(value: object) -> str:
    """A value in EDN."""
    if isinstance(value, tuple):
        return f"[{' '.join(map(edn, value))}]"
    return (
        "nil"
        if value is None
        else f'"{value}"'
        if isinstance(value, str)
        else f"{value}"
    )


def maps(events: Sequence[Event]) -> str:
    """Events as maps, one a line."""
    return "\n".join(
        f"{{:process {process}, :type :{type}, :f :{name}, "
        f':key "{key}", :value {value}}}'
        for process, type, name, key, value in events
    )


def records(events: Sequence[Event]) -> str:
    """Events as the records of a vector, with those of a nemesis, in pairs."""
    written = [
        f"#jepsen.history.Op{{:index {2 * index}, :type :{type}, :process {process},\n"
        f'  :f :{name}, :value ["{key}" {value}], :error [:a "b"]}}\n'
        f"{{:index {2 * index + 1} :type :info, :f :start, :process :nemesis}}"
        for index, (process, type, name, key, value) in enumerate(events)
    ]
    return f"[{' '.join(reversed(written))}]"  # the indices put them in order


def text(prefix: str) -> Callable[[Sequence[Event]], str]:
    """A writer of logs, whose lines begin so."""

    def written(events: Sequence[Event]) -> str:
        return "\n".join(
            f'{prefix}{process}\t:{type}\t:{name}\t["{key}" {value}]'
            for process, type, name, key, value in events
        )

    return written


def undated(events: Sequence[Event]) -> str:
    """Events of a single key as the log in which failures are answers."""
    return "\n".join(
        f"INFO  jepsen.util - {process}\t:{type}\t:{name}\t{value}"
        for process, type, name, _, value in events
    )


DATED = text("2022-11-11 15:14:20,037{GMT}\tINFO\t[jepsen worker 0] jepsen.util: ")
FORMATS: dict[str, Callable[[Sequence[Event]], str]] = {
    "maps": maps,
    "records": records,
    "history.txt": text(""),
    "jepsen.log": DATED,
}


def agree(
    folder: pytest.TempPathFactory, model: str, content: str, expected: bool
) -> None:
    """Check a file with every engine, and compare the verdict."""
    file = folder.mktemp("log") / "history"
    file.write_text(content)
    history = read_history(file, model)
    for engine in (Engine.AUTO, Engine.SEARCH):
        verdict = check(MODELS[model](), history, engine=engine).verdict
        assert (verdict is Verdict.OK) is expected, content
        assert verdict is not Verdict.UNKNOWN


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("model", ["register", "kv-append"])
@given(random=RANDOM, count=st.integers(1, 6), keys=st.sampled_from(["x", "xy"]))
def test_logs_mean_what_they_say(
    tmp_path_factory: pytest.TempPathFactory,
    model: str,
    write: Callable[[Sequence[Event]], str],
    random: Random,
    count: int,
    keys: str,
) -> None:
    """What failed did not happen, and what nobody knows of may have, at any time."""
    appends = model == "kv-append"
    calls = random_calls(random, count, appends=appends, keys=keys)
    store = dict.fromkeys(keys, "" if appends else None)
    expected = possible(calls, store, answered=False)
    agree(tmp_path_factory, model, write(events_of(calls)), expected)


@given(random=RANDOM, count=st.integers(1, 6))
def test_failures_that_are_answers(
    tmp_path_factory: pytest.TempPathFactory, random: Random, count: int
) -> None:
    """In the undated log of etcd, a swap that failed found another value."""
    calls = random_calls(random, count, appends=False, keys="x")
    expected = possible(calls, {"x": None}, answered=True)
    agree(tmp_path_factory, "register", undated(events_of(calls)), expected)


@pytest.mark.parametrize("appends", [False, True])
def test_logs_are_of_all_kinds(appends: bool) -> None:
    """The random logs are legal and illegal ones, and every type decides some."""
    decided = dict.fromkeys(("ok", "fail", "info", "pending"), 0)
    legal = 0
    store = {"x": "" if appends else None}
    for seed in range(300):
        calls = random_calls(Random(seed), 5, appends=appends, keys="x")
        verdict = possible(calls, store, answered=False)
        legal += verdict
        for call in calls:
            type, call.type = call.type, "fail" if call.type == "ok" else "ok"
            call.ends = call.ends or 1_000
            decided[type] += possible(calls, store, answered=False) is not verdict
            call.type = type
    assert 60 <= legal <= 240
    assert all(count >= 20 for count in decided.values()), decided
