"""What is added to a world's source code when it is loaded for a simulation.

Two things, both as calls of names that the world puts among its built-ins:

- a guard at the head of every `except` and `finally` block, and of every `__exit__`
  and `__del__`: when a killed task is unwound none of the world's own code runs any
  more, so a crash is a crash;
- with `lines`, a preemption point before every statement of every function, so that
  a task can be switched out wherever a thread can.

Line numbers stay what they are: what is added stands where the statement behind it
does, and takes no line of its own. Sets are made ordered in the same go
(`labrt.ordered.rewriting`).
"""

from __future__ import annotations

import ast
from types import CodeType

from labrt.ordered.rewriting import reorder

GUARD = "__labrt_guard__"
IS_DEAD = "__labrt_is_dead__"
LINE = "__labrt_line__"

# What Python calls while a task is unwound, or later. They leave at once and do not
# raise: an exception there would be printed, or hide the one that passes.
_QUIET_METHODS = {"__exit__", "__aexit__", "__del__"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def compile_source(source: bytes, filename: str, *, lines: bool) -> CodeType:
    """Compile a module's source with the additions; raises `SyntaxError`."""
    tree = _Guards().visit(reorder(ast.parse(source, filename)))
    if lines:
        tree = _Lines().visit(tree)
    return _compile(tree, filename)


def compile_library(source: bytes, filename: str) -> CodeType:
    """Compile a module of the standard library that a world runs as its own.

    It is guarded as well: an executor's worker survives whatever a job raises, and
    would go on with the next job of a world that is dead.
    """
    return _compile(_Guards().visit(reorder(ast.parse(source, filename))), filename)


def compile_ordered(source: bytes, filename: str) -> CodeType:
    """Compile a module of the standard library that worlds share."""
    return _compile(reorder(ast.parse(source, filename)), filename)


def _compile(tree: ast.Module, filename: str) -> CodeType:
    # Not inherited: the `from __future__` of this file is not the program's.
    tree = ast.fix_missing_locations(tree)
    code: CodeType = compile(tree, filename, "exec", dont_inherit=True)
    return code


def _call(name: str, at: ast.stmt) -> ast.stmt:
    call = ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=[], keywords=[])
    return ast.copy_location(ast.Expr(value=ast.copy_location(call, at)), at)


def _leave_if_dead(at: ast.stmt) -> ast.stmt:
    test = ast.Call(func=ast.Name(id=IS_DEAD, ctx=ast.Load()), args=[], keywords=[])
    leave = ast.If(test=test, body=[ast.Return(value=None)], orelse=[])
    return ast.copy_location(leave, at)


class _Guards(ast.NodeTransformer):
    """Puts the guards in."""

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        # A bare `except`, or one for BaseException, catches the killing as well.
        node.body.insert(0, _call(GUARD, node.body[0]))
        return node

    def visit_Try(self, node: ast.Try | ast.TryStar) -> ast.AST:
        self.generic_visit(node)
        if node.finalbody:
            node.finalbody.insert(0, _call(GUARD, node.finalbody[0]))
        return node

    visit_TryStar = visit_Try

    def visit_FunctionDef(self, node: Function) -> ast.AST:
        self.generic_visit(node)
        if node.name in _QUIET_METHODS:
            # A docstring is one only as the first statement.
            start = 1 if ast.get_docstring(node, clean=False) is not None else 0
            node.body.insert(start, _leave_if_dead(node.body[0]))
        return node

    visit_AsyncFunctionDef = visit_FunctionDef


class _Lines(ast.NodeTransformer):
    """Puts a preemption point before every statement of every function."""

    def __init__(self) -> None:
        self._depth = 0

    def visit_FunctionDef(self, node: Function) -> ast.AST:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1
        documented = ast.get_docstring(node, clean=False) is not None
        first = node.body[:1] if documented else []
        node.body = first + self._with_points(node.body[len(first) :])
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        # Not the bodies of modules and classes, which run once, while all is loaded;
        # those of functions are done above.
        if self._depth and not isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        ):
            for field in ("body", "orelse", "finalbody"):
                statements = getattr(node, field, None)
                if isinstance(statements, list) and statements:
                    setattr(node, field, self._with_points(statements))
        return node

    def _with_points(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in statements:
            # A declaration does not run.
            if not isinstance(statement, (ast.Global, ast.Nonlocal)):
                result.append(_call(LINE, statement))
            result.append(statement)
        return result
