"""Dataclasses of a world behave as the standard library's, the second time too."""

from __future__ import annotations

import dataclasses
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from labrt import SimRuntime

SOURCE = """
    from __future__ import annotations

    import enum
    from dataclasses import KW_ONLY, dataclass, field
    from typing import Any, ClassVar

    class Role(enum.Enum):
        FOLLOWER = 1

    def fresh():
        return [Role.FOLLOWER]

    @dataclass
    class Plain:
        term: int
        role: Role = Role.FOLLOWER
        log: list[int] = field(default_factory=fresh)
        quiet: int = field(default=7, repr=False, compare=False)

    @dataclass(frozen=True, slots=True, order=True)
    class Frozen:
        term: int = 3
        command: Any = None

    @dataclass(frozen=True)
    class FrozenOpen:
        term: int

        def __post_init__(self):
            object.__setattr__(self, "term", self.term + 1)

    @dataclass(slots=True, kw_only=True)
    class Keywords:
        term: int
        role: Role = Role.FOLLOWER

    @dataclass
    class Counted:
        count: ClassVar[int] = 5
        _: KW_ONLY
        term: int = 1

    @dataclass
    class Derived(Plain):
        extra: str = "x"

    @dataclass(eq=False)
    class Identity:
        term: int = 0

    @dataclass(unsafe_hash=True, init=False)
    class Odd:
        term: int = 2
        def __repr__(self): return "odd"
"""


@pytest.fixture
def modules(
    write_program: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> list[ModuleType]:
    """Load the same module in three worlds, and once without any world."""
    folder = write_program(SOURCE)
    runtime = SimRuntime()

    def main() -> list[ModuleType]:
        worlds = [runtime.world("w", roots=[folder]) for _ in range(3)]
        return [world.load("program") for world in worlds]

    real = ModuleType("outside_any_world")
    monkeypatch.setitem(sys.modules, real.__name__, real)
    exec(compile(textwrap.dedent(SOURCE), "program.py", "exec"), vars(real))
    return [real, *runtime.run(main)]


def outcome(action: Callable[[], Any]) -> str:
    """Describe what an action returns or raises."""
    try:
        return repr(action())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def behaviour(module: Any) -> list[str]:
    """Exercise every class of the program and describe what happens."""
    plain, frozen = module.Plain(1), module.Frozen()
    two = module.Plain(2)
    two.log.append(1)

    def assign(target: Any, name: str) -> None:
        setattr(target, name, 9)

    actions: list[Callable[[], Any]] = [
        lambda: (plain, two, plain.quiet, plain == module.Plain(1), plain != two),
        lambda: plain.role is module.Role.FOLLOWER,
        lambda: plain.log[0] is module.Role.FOLLOWER,
        lambda: module.Plain(),
        lambda: hash(plain),
        lambda: (
            frozen,
            hash(frozen) == hash(module.Frozen(3)),
            frozen < module.Frozen(4),
        ),
        lambda: assign(frozen, "term"),
        lambda: hasattr(frozen, "__dict__"),
        lambda: dataclasses.replace(frozen, term=8),
        lambda: assign(module.FrozenOpen(1), "term"),
        lambda: assign(module.FrozenOpen(1), "other"),
        lambda: module.FrozenOpen(1),
        lambda: (
            module.Keywords(term=1),
            module.Keywords(term=1).role is module.Role.FOLLOWER,
        ),
        lambda: module.Keywords(1),
        lambda: (module.Counted(term=2), module.Counted.count),
        lambda: module.Counted(2),
        lambda: module.Derived(1, extra="y"),
        lambda: module.Identity() == module.Identity(),
        lambda: (module.Odd(), hash(module.Odd()) is not None),
        lambda: module.Frozen.__match_args__,
        lambda: [
            (f.name, f.type, f.init, f.kw_only)
            for f in dataclasses.fields(module.Plain)
        ],
        lambda: dataclasses.asdict(module.Frozen(1, [2])),
    ]
    return [outcome(action) for action in actions]


def test_classes_behave_as_the_librarys(modules: list[ModuleType]) -> None:
    """Every class of every world does what the same class does outside."""
    real, *worlds = (behaviour(module) for module in modules)
    assert worlds == [real] * 3


def test_methods_belong_to_their_own_world(modules: list[ModuleType]) -> None:
    """A default of one world is never an object of another."""
    _, first, second, _ = modules
    assert first.Plain(1).role is first.Role.FOLLOWER
    assert second.Plain(1).role is second.Role.FOLLOWER
    assert second.Plain(1) != first.Plain(1)
    assert second.Plain.__init__.__globals__ is vars(second)


def test_a_mutable_default_is_refused(write_program: Callable[..., Path]) -> None:
    """The library's own checks still apply."""
    folder = write_program(
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: list = []"
    )
    runtime = SimRuntime()
    with pytest.raises(ValueError, match="mutable default"):
        runtime.run(lambda: runtime.world("w", roots=[folder]).load("program"))


def test_frozen_slotted_records_keep_their_state(modules: list[ModuleType]) -> None:
    """A slotted frozen record keeps its state through the pickle protocol."""
    for module in modules[1:]:
        record = module.Frozen(5, "x")
        assert module.Frozen.__getstate__(record) == [5, "x"]


def test_a_default_factory_uses_the_classes_of_its_own_world(
    write_program: Callable[..., Path],
) -> None:
    """A log that starts with an entry starts with an entry of its own server."""
    folder = write_program("""
        from dataclasses import dataclass, field

        @dataclass
        class Entry:
            term: int = 0

        @dataclass
        class State:
            log: list = field(default_factory=lambda: [Entry(0)])

        def main():
            return State().log == [Entry(0)], type(State().log[0]) is Entry
    """)
    runtime = SimRuntime()

    def main() -> list[tuple[bool, bool]]:
        worlds = [runtime.world(f"server-{n}", roots=[folder]) for n in range(4)]
        return [world.load("program").main() for world in worlds]

    assert runtime.run(main) == [(True, True)] * 4


def test_annotations_as_texts_find_the_module(
    write_program: Callable[..., Path],
) -> None:
    """They name it by whatever name the program gave it."""
    folder = write_program("""
        from __future__ import annotations
        import dataclasses as d

        @d.dataclass
        class Server:
            peers: d.InitVar[int]
            _: d.KW_ONLY
            votes: int = 0

            def __post_init__(self, peers):
                self.votes = peers
    """)
    runtime = SimRuntime()

    def main() -> None:
        world = runtime.world("w", roots=[folder])
        server = world.load("program").Server
        assert dataclasses.asdict(server(3)) == {"votes": 3}

    runtime.run(main)
