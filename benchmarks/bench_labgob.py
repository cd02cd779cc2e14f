"""How fast labgob is, next to msgspec by itself, pickle and json.

    python -m benchmarks.bench_labgob

Each figure is the best of several repetitions, in nanoseconds for one value; the sizes
are in bytes. `msgspec` encodes the same dataclasses as maps with field names and knows
no classes inside `Any`; json is given the fields as plain dicts and makes no objects.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import pickle
import sys
import timeit
import types
from collections.abc import Callable
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

import labgob

_REPETITIONS = 5
_SECONDS_PER_REPETITION = 0.04


@dataclasses.dataclass
class VoteArgs:
    """A small message of plain fields."""

    term: int
    candidate: int
    name: str
    data: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenVoteArgs:
    """The same, frozen and slotted."""

    term: int
    candidate: int
    name: str
    data: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class LogEntry:
    """A Raft log entry."""

    term: int
    command: Any


@dataclasses.dataclass(frozen=True, slots=True)
class Put:
    """A registered command."""

    key: str
    value: str
    version: int


@dataclasses.dataclass
class AppendArgs:
    """A message with records inside, or a saved state."""

    term: int
    leader: int
    entries: list[LogEntry]


@dataclasses.dataclass(frozen=True)
class Case:
    """One value to encode and decode."""

    name: str
    value: Any
    plain: bool  # whether msgspec and json can carry it

    @property
    def kind(self) -> type:
        """The class to decode into."""
        return type(self.value)


def cases() -> list[Case]:
    """The values measured."""
    ints = [LogEntry(i // 10, i) for i in range(40)]
    puts = [LogEntry(i // 10, Put(f"key{i}", "value", i)) for i in range(40)]
    return [
        Case("message", VoteArgs(7, 3, "server-0-1", b"twenty bytes of data"), True),
        Case("frozen", FrozenVoteArgs(7, 3, "server-0-1", b"twenty bytes of d"), True),
        Case("log of 40 integers", AppendArgs(7, 3, ints), True),
        Case("log of 40 records", AppendArgs(7, 3, puts), False),
    ]


def best_ns(call: Callable[[], object]) -> float:
    """Nanoseconds that one call takes, at its best."""
    timer = timeit.Timer(call)
    # So many calls that one repetition takes about as long as it is to.
    number = max(1, int(_SECONDS_PER_REPETITION / max(timer.timeit(20) / 20, 1e-9)))
    return min(timer.repeat(_REPETITIONS, number)) / number * 1e9


def codecs(
    case: Case,
) -> list[tuple[str, Callable[[Any], bytes], Callable[[bytes], Any]]]:
    """Name, encoder and decoder of each codec that can carry the case."""
    found: list[tuple[str, Callable[[Any], bytes], Callable[[bytes], Any]]] = [
        ("labgob", labgob.encode, lambda data: labgob.decode(data, case.kind)),
        ("pickle", lambda value: pickle.dumps(value, 5), pickle.loads),
    ]
    if case.plain:
        encoder = msgspec.msgpack.Encoder()
        decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(case.kind)
        found.append(("msgspec", encoder.encode, decoder.decode))
        if not any(isinstance(v, bytes) for v in vars_of(case.value)):
            found.append(("json", _to_json, json.loads))
    return found


def vars_of(record: Any) -> list[Any]:
    """The values of a record's fields."""
    return [getattr(record, field.name) for field in dataclasses.fields(record)]


def _to_json(value: Any) -> bytes:
    return json.dumps(dataclasses.asdict(value)).encode()


def prepare_us() -> float:
    """Microseconds for the first encode and decode with a fresh copy of a class."""
    source = (
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from typing import Any\n"
        "@dataclass\n"
        "class Args:\n    term: int\n    leader: int\n    name: str\n    command: Any\n"
    )
    code = compile(source, "fresh", "exec")
    # The codecs of a class are kept, so that every measurement needs a new one.
    copies = []
    for index in range(200):
        module = types.ModuleType(f"fresh@{index}")
        sys.modules[module.__name__] = module
        exec(code, module.__dict__)
        copies.append(module.__dict__["Args"])
    waiting = iter(copies)

    def first_use() -> None:
        cls = next(waiting)
        labgob.decode(labgob.encode(cls(1, 2, "x", 3)), cls)

    spent = timeit.timeit(first_use, number=len(copies)) / len(copies)
    for index in range(200):
        del sys.modules[f"fresh@{index}"]
    return spent * 1e6


def main() -> None:
    """Measure and print the table."""
    labgob.Register(Put)
    table = Table("value", "codec", "encode ns", "decode ns", "bytes")
    for case in cases():
        for name, encode, decode in codecs(case):
            data = encode(case.value)
            table.add_row(
                case.name,
                name,
                f"{best_ns(functools.partial(encode, case.value)):,.0f}",
                f"{best_ns(functools.partial(decode, data)):,.0f}",
                str(len(data)),
            )
        table.add_section()
    console = Console()
    console.print(table)
    console.print(f"first use of a class: {prepare_us():.0f} microseconds")


if __name__ == "__main__":
    main()
