"""What a message holds, told without its types."""

from __future__ import annotations

import enum
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import labgob
from labgob.descriptions import (
    Description,
    Field,
    Shape,
    add_description,
    description_of,
    descriptions,
    header_of_record,
    on_new_description,
    plain,
    tag_of,
)


@dataclass
class Entry:
    """What a log holds."""

    term: int
    command: Any


@dataclass
class Request:
    """Fields of every shape."""

    leader: int
    entries: list[Entry]
    pair: tuple[int, Entry]
    maybe: Entry | None
    data: bytes
    anything: Any = None


@dataclass
class Command:
    """What travels under its registered name."""

    key: str
    value: int


class Colour(enum.Enum):
    """An enum that travels under its name."""

    RED = "red"


@pytest.fixture(autouse=True)
def registry() -> None:
    """The classes that travel in `Any`."""
    labgob.Register(Command)
    labgob.Register(Colour)


def sample(anything: object = None) -> Request:
    """A request that holds something everywhere."""
    entry = Entry(3, "set x")
    return Request(1, [entry, Entry(4, 7)], (9, entry), entry, b"12345", anything)


def test_a_record_is_a_dict_with_its_class_first() -> None:
    """Every field bears its name, at any depth; bytes are told by their size."""
    entry = {"": "Entry", "term": 3, "command": "set x"}
    assert plain(labgob.encode(sample())) == {
        "": "Request",
        "leader": 1,
        "entries": [entry, {"": "Entry", "term": 4, "command": 7}],
        "pair": [9, entry],
        "maybe": entry,
        "data": "<5 B>",
        "anything": None,
    }


COMMAND = {"": "Command", "key": "x", "value": 1}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Command("x", 1), COMMAND),
        # Records of one class travel together, as a table.
        ([Command("x", 1), Command("x", 1)], [COMMAND, COMMAND]),
        ([Command("x", 1), 5], [COMMAND, 5]),
        ((1, "a"), [1, "a"]),
        ((Command("x", 1),), [COMMAND]),
        ({2, 1}, [1, 2]),
        (frozenset(("b", "a")), ["a", "b"]),
        ({"k": Command("x", 1)}, {"k": COMMAND}),
        ({(1, 2): "v"}, {"[1, 2]": "v"}),
        (Colour.RED, "RED"),
        (2**80, 2**80),
        (b"123", "<3 B>"),
        (None, None),
        (1.5, 1.5),
    ],
)
def test_what_is_declared_any(value: object, expected: object) -> None:
    """A value that nothing declares is told as well, in a field and by itself."""
    whole = plain(labgob.encode(sample(value)))
    assert isinstance(whole, dict)
    assert whole["anything"] == expected
    assert plain(labgob.encode(value)) == expected


def test_what_is_no_message_is_told_as_nothing() -> None:
    """Whatever the bytes are, reading them raises nothing."""
    assert plain(b"") is None
    assert plain(b"\xc1") is None
    assert plain(labgob.encode(sample())[:-3]) is None


def test_the_tag_names_the_class() -> None:
    """It is read without the rest, and what has none has none."""
    tag = tag_of(labgob.encode(sample()))
    assert tag.startswith("Request:")
    description = description_of(tag)
    assert description is not None
    assert description.name == "Request"
    assert [field.name for field in description.fields] == [
        *("leader", "entries", "pair", "maybe", "data", "anything"),
    ]
    assert [field.shape.kind for field in description.fields] == [
        *("int", "list", "tuple", "union", "bytes", "any"),
    ]
    assert description in list(descriptions())
    for no_record in (labgob.encode(5), labgob.encode([1, 2]), b"", b"\xc1"):
        assert tag_of(no_record) == ""


def test_a_value_under_its_name_has_a_tag_too() -> None:
    """Where it begins is said too; of a class that nobody described it is empty."""
    name = b"tests.Command"
    tag = next(one.tag for one in descriptions() if one.name == "Command")
    digits = int(tag.partition(":")[2], 16).to_bytes(2)
    body = bytes([len(name)]) + name + digits + b"rest"
    assert header_of_record(body) == (tag, len(body) - 4)
    # Registered under another name, the digits tell it.
    other = bytes([1]) + b"C" + digits
    assert header_of_record(other) == (tag, 4)
    assert header_of_record(bytes([1]) + b"C" + b"\x00\x00")[0] == ""


def test_descriptions_reach_listeners_once() -> None:
    """Those known already at once, a new one when it comes; the first one stays."""
    heard: list[Description] = []
    on_new_description(heard.append)
    assert heard == list(descriptions())
    made = Description("Stranger:0001", (Field("term", Shape("int")),))
    add_description(made)
    add_description(Description("Stranger:0001", ()))
    assert heard[-1] == made
    assert [one for one in heard if one.tag == "Stranger:0001"] == [made]
    assert description_of("Stranger:0001") == made


def test_nobody_encodes_before_all_are_told() -> None:
    """A reader in another process has to have the description before the message."""

    @dataclass
    class Slow:
        number: int

    asked, told = threading.Event(), threading.Event()

    def hear(description: Description) -> None:
        if description.name == "Slow" and not told.is_set():
            asked.set()
            assert told.wait(10)

    on_new_description(hear)
    encoders = [threading.Thread(target=labgob.encode, args=(Slow(1),)) for _ in "ab"]
    encoders[0].start()
    assert asked.wait(10)
    encoders[1].start()
    encoders[1].join(0.2)
    assert all(encoder.is_alive() for encoder in encoders)
    told.set()
    for encoder in encoders:
        encoder.join()


def test_another_process_reads_it_by_the_description(tmp_path: Path) -> None:
    """A process that has never seen the class reads the fields' names, and runs none
    of its code."""
    import msgspec

    data = labgob.encode(sample(Command("x", 1)))
    (tmp_path / "data").write_bytes(data)
    known = msgspec.json.encode(list(descriptions()))
    (tmp_path / "known").write_bytes(known)
    script = """
import sys, pathlib, msgspec
from labgob.descriptions import Description, add_description, plain
folder = pathlib.Path(sys.argv[1])
data = (folder / "data").read_bytes()
assert isinstance(plain(data), list), "without the description, a list"
for one in msgspec.json.decode((folder / "known").read_bytes(), type=list[Description]):
    add_description(one)
print(plain(data))
assert not any(name.startswith("tests") for name in sys.modules)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=Path(labgob.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == str(plain(data))
