"""Pickles outlive the world that wrote them, in both runtimes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labrt import RealRuntime, Runtime, SimRuntime

RUNTIMES = [SimRuntime, RealRuntime]
MakeRuntime = Callable[[], Runtime]
WriteProgram = Callable[..., Path]

PROGRAM = """
import copy, datetime, enum, pickle, random
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field

class Color(enum.Enum):
    RED = 1

class Flag(enum.IntFlag):
    A = 1
    B = 2

@dataclass(frozen=True, slots=True)
class Entry:
    term: int
    color: Color = Color.RED

Pair = namedtuple("Pair", "left right")

class Outer:
    class Inner:
        def __init__(self): self.x = 1
        def __eq__(self, other): return type(other) is type(self) and self.x == other.x
    def method(self): return "method"

class State:
    def __getstate__(self): return {"kept": 1}
    def __setstate__(self, state): self.state = state

class Reduced:
    def __init__(self, x): self.x = x
    def __reduce__(self): return Reduced, (self.x,)

class Singleton:
    def __reduce__(self): return "ONLY"
ONLY = Singleton()

class New:
    def __new__(cls, x): self = super().__new__(cls); self.x = x; return self
    def __getnewargs__(self): return (self.x,)

class Numbers(list): pass

class Failed(Exception): pass

class Meta(type): pass
class Made(metaclass=Meta): pass

def function(): return "function"

def make():
    node = Outer(); node.self = node
    return {
        "entries": [Entry(1), Entry(2)], "color": Color.RED, "flag": Flag.A | Flag.B,
        "pair": Pair(1, 2), "inner": Outer.Inner(), "class": Outer.Inner, "made": Made,
        "function": function, "method": Outer().method, "state": State(),
        "reduced": Reduced(3), "only": ONLY, "new": New(4), "numbers": Numbers([1]),
        "failed": Failed("why"), "cycle": node, "when": datetime.datetime(2024, 1, 2),
        "day": datetime.date(2024, 1, 2), "default": defaultdict(list, a=[1]),
        "ordered": OrderedDict(a=1), "random": random.Random(1), "len": len,
        "deep": copy.deepcopy(Entry(5)),
    }

def save(protocol): return pickle.dumps(make(), protocol)

def check(data):
    got, want = pickle.loads(data), make()
    assert got.keys() == want.keys()
    for name in ("entries", "color", "flag", "pair", "inner", "numbers", "when", "day",
                 "default", "ordered", "deep"):
        assert got[name] == want[name], name
        assert type(got[name]) is type(want[name]), name
    for name in ("class", "made", "function", "only", "len"):
        assert got[name] is want[name], name
    assert got["method"]() == "method"
    assert got["state"].state == {"kept": 1}
    assert (got["reduced"].x, type(got["reduced"])) == (3, Reduced)
    assert (got["new"].x, type(got["new"])) == (4, New)
    assert (type(got["failed"]), got["failed"].args) == (Failed, ("why",))
    assert got["cycle"].self is got["cycle"]
    assert got["random"].random() == want["random"].random()
    return "same"
"""


def two_lives(make: MakeRuntime, folder: Path, use: Callable[[Any, Any], Any]) -> Any:
    """Load the program, kill its world, and load it in a second one."""
    runtime = make()

    def main() -> Any:
        first = runtime.world("server", roots=[folder])
        data = use(first.load("program"), None)
        first.kill()
        second = runtime.world("server", roots=[folder])
        return use(second.load("program"), data)

    return runtime.run(main)


@pytest.mark.parametrize("make", RUNTIMES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_kind_of_object_survives_a_restart(
    make: MakeRuntime, protocol: int, write_program: WriteProgram
) -> None:
    """What is read is of the present world's classes, in every protocol."""
    folder = write_program(PROGRAM)

    def use(program: Any, data: bytes | None) -> Any:
        return program.save(protocol) if data is None else program.check(data)

    assert two_lives(make, folder, use) == "same"


@pytest.mark.parametrize("make", RUNTIMES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_python_reads_them_and_writes_them(
    make: MakeRuntime, protocol: int, write_program: WriteProgram
) -> None:
    """A process that never heard of worlds has the same pickles."""
    folder = write_program(PROGRAM)
    script = (
        "import sys, program; data = sys.stdin.buffer.read(); program.check(data); "
        f"sys.stdout.buffer.write(program.save({protocol}))"
    )

    def main() -> Any:
        world = runtime.world("server", roots=[folder])
        program = world.load("program")
        done = subprocess.run(
            [sys.executable, "-c", script],
            input=program.save(protocol),
            capture_output=True,
            check=True,
            env={"PYTHONPATH": str(folder)},
        )
        assert b"@server" not in program.save(protocol)
        return program.check(done.stdout)

    runtime = make()
    assert runtime.run(main) == "same"


FEATURES = """
import io, pickle, copyreg, shelve

class Thing:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return type(other) is Thing and other.x == self.x

class Registered(Thing): pass
copyreg.pickle(Registered, lambda thing: (Registered, (thing.x + 1,)))

class Buffer:
    def __init__(self, data): self.data = bytearray(data)
    def __reduce_ex__(self, protocol):
        return Buffer, (pickle.PickleBuffer(self.data),)

class Asking(pickle.Pickler):
    def persistent_id(self, obj): return "it" if isinstance(obj, Thing) else None

class Told(pickle.Unpickler):
    def persistent_load(self, pid): return Thing(pid)

class Overriding(pickle.Pickler):
    def reducer_override(self, obj):
        return (str, ("other",)) if isinstance(obj, Thing) else NotImplemented

class Tabled(pickle.Pickler):
    dispatch_table = {Thing: lambda thing: (Thing, (thing.x * 10,))}

class Asked(pickle.Unpickler):
    def find_class(self, module, name):
        asked.append((module, name))
        return super().find_class(module, name)
asked = []

def dumped(kind, obj):
    file = io.BytesIO()
    kind(file).dump(obj)
    return file

def local():
    class Local: pass
    return Local

def failure(function, *args):
    try:
        function(*args)
    except Exception as error:
        return type(error).__name__
    return "no error"

def main(folder):
    file = dumped(Asking, [Thing(1)]); file.seek(0)
    results = [Told(file).load()[0].x]
    results.append(pickle.loads(dumped(Overriding, [Thing(1)]).getvalue()))
    results.append(pickle.loads(dumped(Tabled, Thing(2)).getvalue()).x)
    results.append(pickle.loads(pickle.dumps(Registered(1))).x)
    Asked(io.BytesIO(pickle.dumps(Thing(1)))).load()
    results.append(asked[-1])
    buffers = []
    data = pickle.dumps(Buffer(b"abc"), 5, buffer_callback=buffers.append)
    results.append(bytes(pickle.loads(data, buffers=buffers).data))
    both, twice = io.BytesIO(), []
    pickler = pickle.Pickler(both); pickler.dump([Thing(1)]); pickler.dump(Thing(2))
    both.seek(0); unpickler = pickle.Unpickler(both)
    results.append([unpickler.load()[0].x, unpickler.load().x])
    with shelve.open(folder + "/shelf") as shelf:
        shelf["a"] = Thing(7)
    with shelve.open(folder + "/shelf") as shelf:
        results.append(shelf["a"] == Thing(7))
    results.append(failure(pickle.dumps, lambda: 1))
    results.append(failure(pickle.loads, b"cprogram\\nNothing\\n."))
    results.append(failure(pickle.loads, b"cnowhere\\nNothing\\n."))
    results.append(failure(pickle.loads, b"junk"))
    results.append(failure(pickle.loads, "text"))
    results.append(pickle.loads(b"c__builtin__\\nrange\\n.") is range)
    results.append(len(pickle.dumps([Thing(1)] * 1000)) < 3000)
    return results
"""


@pytest.mark.parametrize("make", RUNTIMES)
def test_what_a_program_adds_to_pickle(
    make: MakeRuntime, write_program: WriteProgram, tmp_path: Path
) -> None:
    """Subclasses, tables, persistent ids and buffers work, and errors are Python's."""
    folder = write_program(FEATURES)
    runtime = make()

    def main() -> Any:
        world = runtime.world("server", roots=[folder])
        return world.load("program").main(str(tmp_path))

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import program; print(program.main({str(tmp_path)!r}))",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    assert str(runtime.run(main)) == done.stdout.strip()


def test_two_worlds_register_apart(write_program: WriteProgram) -> None:
    """What a program tells `copyreg` stays in its world."""
    import copyreg

    folder = write_program(FEATURES)
    before = dict(copyreg.dispatch_table)
    two_lives(SimRuntime, folder, lambda program, _: None)
    assert copyreg.dispatch_table == before


INTROSPECTION = """
from __future__ import annotations
import abc, copy, dataclasses, enum, functools, inspect, typing
from dataclasses import dataclass, field

@dataclass
class Node:
    value: int
    following: Node | None = None
    log: list[Node] = field(default_factory=list)

class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...

@functools.singledispatch
def kind(x): return "object"
@kind.register
def _(x: Node): return "node"

class Point(typing.NamedTuple):
    x: int = 0

class Size(enum.Enum):
    SMALL = enum.auto()

def main():
    try:
        Shape()
    except TypeError as error:
        abstract = "abstract" in str(error)
    tree = Node(1, Node(2), [Node(3)])
    return [
        typing.get_type_hints(Node)["following"] == (Node | None),
        copy.deepcopy(tree) == tree, dataclasses.asdict(tree)["log"][0]["value"],
        dataclasses.replace(tree, value=5).value, abstract, kind(tree), kind(1),
        Point(), Size.SMALL.name, inspect.getsource(kind).splitlines()[-1],
        inspect.getsource(Shape).startswith("class Shape"),
        str(inspect.signature(Node)), inspect.getmodule(Node).Node is Node,
        inspect.getfile(Node).endswith("program.py"),
    ]
"""


@pytest.mark.parametrize("make", RUNTIMES)
def test_classes_of_a_world_are_classes(
    make: MakeRuntime, write_program: WriteProgram
) -> None:
    """The library looks into them as it does elsewhere."""
    folder = write_program(INTROSPECTION)
    runtime = make()

    def main() -> Any:
        return runtime.world("server", roots=[folder]).load("program").main()

    done = subprocess.run(
        [sys.executable, "-c", "import program; print(program.main())"],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    assert str(runtime.run(main)) == done.stdout.strip()
