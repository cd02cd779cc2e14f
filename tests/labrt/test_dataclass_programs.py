"""Dataclasses of any shape: in every world as outside, and nothing shared by worlds."""

from __future__ import annotations

import builtins
import copy
import copyreg
import dataclasses
import functools
import gc
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    EllipsisType,
    FunctionType,
    MethodDescriptorType,
    ModuleType,
    NoneType,
    NotImplementedType,
    WrapperDescriptorType,
)
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings

from labrt import SimRuntime
from tests.labrt.dataclass_programs import programs
from tests.labrt.describing import Description, behaviour, first_difference, plain

R = TypeVar("R")

WORLDS = 3
# Nobody can change these; a tuple may hold what can be changed, which is looked at too.
IMMUTABLE = (
    BuiltinFunctionType,
    CodeType,
    EllipsisType,
    MethodDescriptorType,
    ModuleType,
    NoneType,
    NotImplementedType,
    WrapperDescriptorType,
    bool,
    bytes,
    float,
    frozenset,
    int,
    str,
    tuple,
)
# The library's sentinels, with which everybody tells fields apart, and the built-ins.
# What a world's copies of these modules have in common with the process's own.
LIBRARY = frozenset(
    id(value)
    for module in (builtins, copy, dataclasses, functools)
    for value in vars(module).values()
)


def everywhere(source: str, look: Callable[[ModuleType], R]) -> list[R]:
    """Look at a program that is loaded outside any world, and in three worlds."""
    runtime = SimRuntime()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.py")
        path.write_text(source)

        def main() -> list[R]:
            worlds = [runtime.world("w", roots=[path.parent]) for _ in range(WORLDS)]
            inside = [world.load("program") for world in worlds]
            # All are there before the first is looked at, and changed by that.
            return [look(module) for module in (outside, *inside)]

        outside = ModuleType("program")
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "program", outside)
            exec(compile(source, path, "exec", dont_inherit=True), vars(outside))
            return runtime.run(main)


def describe(module: Any) -> list[str]:
    """Describe all classes of a program: first what they are, then what they do."""
    structure = Description(module.CLASSES.values())
    told = [structure.of(cls) for cls in module.CLASSES.values()]
    told += [plain(error) for error in module.ERRORS]
    for cls in module.CLASSES.values():
        told += behaviour(cls)
    return told


def reach(module: Any) -> dict[int, object]:
    """Return everything that can be changed and that a module's classes lead to."""
    process = {
        id(vars(other))
        for name, other in sys.modules.items()
        if "@" not in name or name == "dataclasses@worlds"
    }
    process.discard(id(vars(module)))
    visited: dict[int, object] = {}
    found: dict[int, object] = {}
    waiting = list(module.CLASSES.values())
    while waiting:
        value = waiting.pop()
        if id(value) in visited or _is_outside(value, process):
            continue
        visited[id(value)] = value
        waiting += gc.get_referents(value)
        if type(value) not in IMMUTABLE:
            found[id(value)] = value
    return found


def _is_outside(value: object, process: set[int]) -> bool:
    """Whether an object is there without any world, or is the runtime's own."""
    if isinstance(value, FunctionType):
        return id(value.__globals__) in process
    if isinstance(value, type):
        return "@" not in value.__module__ and value.__module__ != "program"
    if isinstance(value, CellType):
        # No code sets a variable of what makes a class's methods.
        content = value.cell_contents
        return type(content) in IMMUTABLE or id(content) in LIBRARY
    if isinstance(value, dict | list | set):
        return id(value) in process or id(value) in LIBRARY
    # A package of the process may have told how its objects are pickled.
    registered = copyreg.dispatch_table.values()
    return (
        id(value) in process
        or id(value) in LIBRARY
        or any(value is function for function in registered)
        or type(value).__module__.startswith("labrt")
    )


@settings(max_examples=120)
@given(programs())
def test_every_world_has_the_librarys_classes(source: str) -> None:
    """What a world's classes are and do is what they are and do outside."""
    outside, *worlds = everywhere(source, describe)
    for told in worlds:
        assert first_difference(told, outside) == ""


@settings(max_examples=60)
@given(programs())
def test_worlds_share_nothing(source: str) -> None:
    """What two worlds both lead to is the standard library's or cannot change."""
    outside, first, *others = everywhere(source, reach)
    for other in others:
        both = first.keys() & other.keys() - outside.keys()
        assert not [first[identity] for identity in both]
