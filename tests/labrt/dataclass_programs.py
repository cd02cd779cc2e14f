"""Programs that define dataclasses of every shape, for hypothesis to draw.

A program is the source of a module whose `CLASSES` are the dataclasses that it made
and whose `ERRORS` are the messages of those that it could not make.
"""

from __future__ import annotations

from hypothesis import strategies as st

IMPORTS = {
    "from dataclasses import *": "",
    "from dataclasses import dataclass, field, make_dataclass": "",
    "import dataclasses": "dataclasses.",
    "import dataclasses as d": "d.",
}
PREAMBLE = '''
import abc
import copy
import enum
import functools
import typing
from typing import Any, ClassVar, Generic, List, Optional, TypeVar

T = TypeVar("T")
CLASSES = {}
ERRORS = []
META = {"unit": "terms"}

class Role(enum.Enum):
    FOLLOWER = 1
    LEADER = 2

class Box:
    def __eq__(self, other): return type(self) is type(other)
    def __hash__(self): return 7
    def __repr__(self): return "Box()"

class Bare:
    """Its text shows its address."""

BOX = Box()

def fresh(): return [Box()]
'''
OPTIONS = (
    "init", "repr", "eq", "order", "unsafe_hash", "frozen", "match_args", "kw_only",
    "slots", "weakref_slot",
)  # fmt: skip
ANNOTATIONS = (
    "int", "'int'", "Role", "'Role'", "list[Box]", "'list[Box]'", "List[Box]", "Box",
    "Optional[Role]", "Any", "'Missing'", "None", "ClassVar", "ClassVar[int]",
    "'ClassVar[int]'", "'typing.ClassVar[int]'", "typing.ClassVar", "{}InitVar[int]",
    "'{}InitVar[int]'", "{}InitVar", "{}KW_ONLY", "'{}KW_ONLY'", "'Variable'",
)  # fmt: skip
DEFAULTS = (
    "", "", "0", "1", "True", "None", "'x'", "'\\0'", "(1, 2)", "Role.LEADER", "BOX",
    "Box", "fresh", "Bare()", "[]", "{}MISSING", "{}field()", "len",
)  # fmt: skip
FIELD_ARGUMENTS = (
    "default=0", "default=Role.LEADER", "default=BOX", "default=None",
    "default_factory=list", "default_factory=fresh", "default_factory=Box",
    "default_factory=lambda: [Box(), Role.LEADER]", "init=False", "repr=False",
    "hash=True", "hash=False", "compare=False", "kw_only=True", "kw_only=False",
    "metadata=META",
)  # fmt: skip
MEMBERS = (
    "def __post_init__(self, *given): object.__setattr__(self, 'given', given)",
    "def __eq__(self, other): return self is other",
    "def __hash__(self): return 3",
    "__hash__ = None",
    "def __repr__(self): return 'mine'",
    "def __lt__(self, other): return True",
    "def __init__(self, *values): self.values = values",
    "def __setattr__(self, name, value): super().__setattr__(name, value)",
    "def __getstate__(self): return {}",
    "def base(self): return super().__repr__()",
    "def me(self): return __class__",
    "@property\n    def role(self): return Role.LEADER",
    "@property\n    def parent(self): return super()",
    "@staticmethod\n    def new(): return Box()",
    "@classmethod\n    def of(cls): return cls",
    "@functools.cached_property\n    def slow(self): return Box()",
    "__slots__ = ('b',)",
    "__slots__ = ()",
    "__match_args__ = ('b',)",
    "constant = Role.FOLLOWER",
    "e = 5",
    "class Inner: pass",
    "'''What it is for.'''",
    "''",
)
BASES = ("", "", "", "", "(Generic[T])", "(abc.ABC)", "(Exception)", "({previous})")
NAMES = ("a", "b", "c", "d", "self", "_", "cls", "name")


def _defaults(prefix: str) -> st.SearchStrategy[str]:
    arguments = st.lists(
        st.sampled_from(FIELD_ARGUMENTS),
        max_size=3,
        unique_by=lambda argument: argument.partition("=")[0],
    )
    specified = arguments.map(lambda given: f"{prefix}field({', '.join(given)})")
    plain = st.sampled_from([text.format(prefix) for text in DEFAULTS])
    return st.one_of(plain, plain, specified)


@st.composite
def _class_statements(draw: st.DrawFn, name: str, previous: str, prefix: str) -> str:
    given = draw(st.dictionaries(st.sampled_from(OPTIONS), st.booleans(), max_size=4))
    options = ", ".join(f"{option}={value}" for option, value in given.items())
    base = draw(st.sampled_from(BASES)).format(previous=previous or "object")
    body = draw(st.lists(st.sampled_from(MEMBERS), max_size=2, unique=True))
    for field in draw(st.lists(st.sampled_from(NAMES), max_size=5, unique=True)):
        annotation = draw(st.sampled_from(ANNOTATIONS)).format(prefix)
        default = draw(_defaults(prefix))
        body.append(f"{field}: {annotation}" + (f" = {default}" if default else ""))
    call = f"({options})" if options or draw(st.booleans()) else ""
    lines = "\n    ".join([*body, "pass"])
    return f"@{prefix}dataclass{call}\nclass {name}{base}:\n    {lines}"


@st.composite
def _made_classes(draw: st.DrawFn, name: str, previous: str, prefix: str) -> str:
    annotation = draw(st.sampled_from(ANNOTATIONS)).format(prefix)
    default = draw(_defaults(prefix)) or "0"
    frozen = draw(st.booleans())
    return (
        f"{name} = {prefix}make_dataclass({name!r}, "
        f"['a', ('b', {annotation}), ('c', int, {default})], frozen={frozen})"
    )


def _guarded(name: str, statement: str) -> str:
    """Note what a statement makes, or why it makes nothing."""
    inner = statement.replace("\n", "\n    ")
    return (
        f"try:\n    {inner}\n    CLASSES[{name!r}] = {name}\n"
        "except Exception as error:\n"
        "    ERRORS.append(f'{type(error).__name__}: {error}')\n"
    )


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Draw the source of a module with up to three dataclasses."""
    future = draw(st.sampled_from(["", "from __future__ import annotations"]))
    line = draw(st.sampled_from(list(IMPORTS)))
    pieces = [future, line, PREAMBLE]
    previous = ""
    for name in draw(st.sampled_from([("A",), ("A", "B"), ("A", "B", "C")])):
        kinds = (_class_statements, _class_statements, _made_classes)
        kind = draw(st.sampled_from(kinds))
        statement = draw(kind(name, previous, IMPORTS[line]))
        if draw(st.booleans()):
            # In a function, which is another way for a class to have closures.
            inner = statement.replace("\n", "\n    ")
            statement = f"def make_it():\n    {inner}\n    return {name}\n"
            statement += f"{name} = make_it()"
        pieces.append(_guarded(name, statement))
        previous = name
    return "\n".join(pieces)
