"""Names of classes: whose they are, and that nothing outlives its server."""

from __future__ import annotations

import gc
import sys
import types
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import labgob
from tests.labgob.typed_values import DICT, LIST

SOURCE = """
from __future__ import annotations
import enum
from dataclasses import dataclass, field
from typing import Any

class State(enum.Enum):
    FOLLOWER = "follower"
    LEADER = "leader"

@dataclass(frozen=True)
class Op:
    key: str
    state: State = State.FOLLOWER

@dataclass
class Args:
    term: int
    entries: list[Op] = field(default_factory=list)
    command: Any = None
    next: Args | None = None
"""

Load = Callable[[str], types.ModuleType]


@dataclass
class Plain:
    """A class of the test's own."""

    value: Any = 0


@pytest.fixture(autouse=True)
def registry() -> Iterator[labgob.Registry]:
    """A registry for one test."""
    registry = labgob.Registry()
    labgob.use_registry_source(lambda: registry)
    yield registry
    labgob.use_registry_source(None)


@pytest.fixture
def load() -> Iterator[Load]:
    """Loads a fresh copy of a small solution under a name, as a world would."""
    names: list[str] = []

    def load(name: str) -> types.ModuleType:
        module = types.ModuleType(name)
        sys.modules[name] = module
        names.append(name)
        exec(SOURCE, module.__dict__)
        return module

    yield load
    for name in names:
        sys.modules.pop(name, None)


def test_copies_of_a_class_understand_each_other(load: Load) -> None:
    """What one server's copy of a class encodes, another server's copy decodes."""
    one, two = load("lab.raft@server-0-1#2"), load("lab.raft@server-0-2#1")
    args = one.Args(1, [one.Op("k")], (one.Op("x"), one.State.LEADER), one.Args(2))
    for module in (one, two):
        labgob.Register(module.Op)
        labgob.Register(module.State)
        if module is one:
            data = labgob.encode(args)
    decoded = labgob.decode(data, two.Args)
    expected = two.Args(1, [two.Op("k")], (two.Op("x"), two.State.LEADER), two.Args(2))
    assert decoded == expected
    assert type(decoded.command[0]) is two.Op


def test_a_fresh_copy_replaces_the_old_one(
    load: Load, registry: labgob.Registry
) -> None:
    """One name belongs to one class, the one that was registered last."""
    one, two = load("lab.raft@server-0-1#1"), load("lab.raft@server-0-1#2")
    labgob.Register(one.Op)
    data = labgob.encode([one.Op("k"), 1])
    assert type(labgob.decode(data, list[Any])[0]) is one.Op
    labgob.Register(two.Op)
    assert type(labgob.decode(data, list[Any])[0]) is two.Op
    assert registry.classes() == (two.Op,)
    assert registry.class_of("lab.raft.Op") is two.Op
    with pytest.raises(labgob.EncodeError, match="Op, which is not registered"):
        labgob.encode(Plain(one.Op("k")))


def test_registering_again_changes_nothing(registry: labgob.Registry) -> None:
    """A class may be registered any number of times, by itself or an instance."""
    labgob.Register(Plain)
    labgob.Register(Plain(1))
    assert registry.classes() == (Plain,)
    assert registry.name_of(Plain) == f"{__name__}.Plain"


def test_plain_data_needs_no_register(registry: labgob.Registry) -> None:
    """Registering an integer, as Go's gob allows, does nothing."""
    values: list[object] = [1, "x", [], {}, None, int, b""]
    for value in values:
        labgob.Register(value)
    assert registry.classes() == ()


def test_names_of_ones_own(registry: labgob.Registry) -> None:
    """RegisterName puts its name on the wire, and the reader looks that name up."""
    labgob.RegisterName("short", Plain)
    data = labgob.encode(Plain(Plain(1)))
    assert b"short" in data
    assert labgob.decode(data, Plain) == Plain(Plain(1))
    labgob.RegisterName("other", Plain)
    assert registry.class_of("short") is None
    with pytest.raises(labgob.DecodeError, match="holds a short, which is not regist"):
        labgob.decode(data, Plain)


def test_the_registry_is_the_running_codes_own() -> None:
    """Which registry counts is asked anew for each value."""
    mine, yours = labgob.Registry(), labgob.Registry()
    mine.register(Plain)
    labgob.use_registry_source(lambda: mine)
    data = labgob.encode(Plain(Plain(1)))
    assert labgob.decode(data, Plain) == Plain(Plain(1))
    labgob.use_registry_source(lambda: yours)
    assert labgob.current_registry() is yours
    # The class asked for is itself known; what it may hold is the registry's matter.
    assert labgob.decode(data, Plain) == Plain(Plain(1))
    with pytest.raises(labgob.EncodeError, match="Plain, which is not registered"):
        labgob.encode(Plain(Plain(1)))


def use_classes_of(module: types.ModuleType) -> list[weakref.ref[type]]:
    """Encode and decode everything a server might; returns what must be let go."""
    registry = labgob.Registry()
    labgob.use_registry_source(lambda: registry)
    labgob.Register(module.Op)
    args = module.Args(1, [module.Op("k")], module.Op("x"))
    for value, kind in (
        (args, module.Args),
        ([args], LIST[module.Args]),
        ({1: module.Op("k")}, DICT[int, module.Op]),
        (Plain([module.Op("k"), 1]), Plain),
        (module.State.LEADER, module.State | None),
    ):
        assert labgob.decode(labgob.encode(value), kind) == value
    return [weakref.ref(cls) for cls in (module.Args, module.Op, module.State)]


def test_classes_are_let_go(load: Load) -> None:
    """When a server is gone, so are its classes: no cache holds on to them."""
    gone = use_classes_of(load("lab.raft@server-0-1#9"))
    del sys.modules["lab.raft@server-0-1#9"]
    labgob.use_registry_source(None)
    gc.collect()
    assert [ref() for ref in gone] == [None, None, None]


def test_warnings_are_made_once_for_all_copies(
    load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hundred servers with the same mistake say so once."""
    before = labgob.error_count()
    for index in range(3):
        module = load(f"lab.once@server-0-{index}#1")
        exec("@dataclass\nclass Hidden:\n    _x: int\n    _y: int\n", module.__dict__)
        decoded = labgob.decode(labgob.encode(module.Hidden(1, 2)), module.Hidden)
        assert decoded == module.Hidden(0, 0)
    assert labgob.error_count() == before + 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[4] for line in lines] == ["_x", "_y"]
