"""How a solution's messages would be read, told from its types before anything runs."""

from __future__ import annotations

import inspect
import typing
from pathlib import Path
from types import FunctionType, ModuleType

from labgob import EncodeError
from labgob.compiler import plan_of
from labgob.descriptions import Description, description_of
from labgob.errors import Misfit
from labgob.records import RecordPlan
from labrt import RuntimeFailure, SimRuntime, TaskFailed, World
from labrt.texts import message_of
from tester1.hosts.loading import load_problem
from tester1.rules.reading import Reading
from tester1.solution import CodeUnderTest, SolutionError

__all__ = ["inspect_solution"]

_MODULE = "raft1.raft"


def inspect_solution(solution: Path | None) -> Reading:
    """Read the types of a solution's Raft, by the handlers in its module.

    Raises `SolutionError` if it cannot be loaded.
    """
    code = CodeUnderTest.of(solution)
    runtime = SimRuntime()
    reading = Reading()

    def look(world: World) -> None:
        try:
            module = world.load(_MODULE)
        except (ImportError, SyntaxError) as error:
            raise SolutionError(load_problem(error)) from None
        for method, function in _handlers(module):
            args, reply = _types(function)
            if args is not None and reply is not None:
                reading.inspect(method, args, reply)

    def main() -> None:
        # In a world, like every other run of the solution's code: one that never ends
        # is found out there.
        world = runtime.world("solution", roots=code.roots, packages=code.packages)
        runtime.spawn(look, world, name="loading", world=world).join()

    try:
        runtime.run(main)
    except TaskFailed as failure:
        if isinstance(failure.__cause__, SolutionError):
            raise failure.__cause__ from None
        raise SolutionError(_first_line(failure)) from None
    except RuntimeFailure as failure:
        raise SolutionError(_first_line(failure)) from None
    return reading


def _first_line(failure: RuntimeFailure) -> str:
    return message_of(failure).partition("\n")[0]


def _handlers(module: ModuleType) -> list[tuple[str, FunctionType]]:
    """The methods that peers may call: public ones of a class of the module."""
    return [
        (f"Raft.{name}", function)
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == module.__name__
        for name, function in vars(kind).items()
        if isinstance(function, FunctionType) and not name.startswith("_")
    ]


def _types(
    function: FunctionType,
) -> tuple[Description | None, Description | None]:
    """What describes a handler's arguments and its reply; None if it is no handler."""
    parameters = list(inspect.signature(function).parameters)[1:]
    try:
        hints = typing.get_type_hints(function)
    except Exception:  # an annotation is any expression of the student's
        return None, None
    if len(parameters) != 1:
        return None, None
    return _described(hints.get(parameters[0])), _described(hints.get("return"))


def _described(kind: object) -> Description | None:
    try:
        plan = plan_of(kind)
    except (EncodeError, Misfit):
        return None
    return description_of(plan.tag) if isinstance(plan, RecordPlan) else None
