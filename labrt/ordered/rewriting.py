"""Where source code makes sets, it is made to make ordered ones.

Displays and comprehensions know no name that a world could replace, and views of
dictionaries make sets by operators. Both are rewritten here:

- `{a, *b}` becomes `__labrt_set__({a: None, **__labrt_keys__(b)})`, and `{x for …}`
  `__labrt_set__({x: None for …})`: a dictionary evaluates, hashes and drops what is
  equal just as a set does, and remembers the order;
- `d.keys()` and `d.items()` become `__labrt_view__(d.keys())` wherever they are
  more than iterated over: nearly always they are not, and stay as they are;
- a class with `set` among several bases gets one without a metaclass;
- `x.__hash__()` becomes `__labrt_hash__(x)`, which is the world's `hash`.

A display that something is only looked up in stays as well: nobody sees its order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from labrt.ordered.sets import from_order, plain_base
from labrt.ordered.views import ordered_view

_SET: Final = "__labrt_set__"
_KEYS: Final = "__labrt_keys__"
_VIEW: Final = "__labrt_view__"
_BASE: Final = "__labrt_base__"
HASH: Final = "__labrt_hash__"

NAMES: Final[dict[str, Any]] = {
    _SET: from_order,
    _KEYS: dict.fromkeys,
    _VIEW: ordered_view,
    _BASE: plain_base,
    HASH: hash,
}
"""What rewritten code needs among its built-ins; a world has a hash of its own."""

_VIEWS: Final = {"keys", "items"}
_KINDS: Final = {"set", "frozenset"}
# Built-in functions that do no more with an argument than to iterate over it.
# fmt: off
_CONSUMERS: Final = {
    "all", "any", "bool", "dict", "enumerate", "filter", "frozenset", "iter", "len",
    "list", "map", "max", "min", "print", "set", "sorted", "sum", "tuple", "zip",
}
# fmt: on


def reorder(tree: ast.Module) -> ast.Module:
    """Rewrite a module; lines and columns stay what they are."""
    rewritten: ast.Module = _Reorder(_harmless(tree)).visit(tree)
    return rewritten


def _harmless(tree: ast.Module) -> set[ast.expr]:
    """The views and displays that may stay, judged by where they stand."""
    # A name that is given a meaning anywhere in the module counts as the module's own
    # everywhere in it: to wrap a view that needs it not is only slower.
    nodes = [*ast.walk(tree)]
    own_names = {*_names_given(nodes)}
    consumers = _CONSUMERS - own_names
    found: set[ast.expr] = set()
    for node in nodes:
        found.update(_iterated(node, consumers))
        if isinstance(node, ast.Compare):
            # A comparison tells nothing of an order.
            found.update((node.left, *node.comparators))
    return found


def _names_given(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield the names that the module gives a meaning of its own."""
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def _iterated(node: ast.AST, consumers: set[str]) -> list[ast.expr]:
    """The views among a node's parts that it does no more with than to iterate.

    A display is none of them: whoever iterates over one sees its order.
    """
    if isinstance(node, (ast.For, ast.comprehension)):
        return [node.iter] if _is_view(node.iter) else []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return [*filter(_is_view, node.args)] if node.func.id in consumers else []
    if isinstance(node, (ast.Starred, ast.YieldFrom, ast.FormattedValue, ast.Expr)):
        return [node.value] if _is_view(node.value) else []
    return []


def _is_view(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _VIEWS
    )


def _hashed(node: ast.Call) -> ast.expr | None:
    """Whose hash `x.__hash__()` asks for; None for another call.

    `super().__hash__()` is not `hash` of anything, and stays.
    """
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr != "__hash__":
        return None
    if node.args or node.keywords or isinstance(function.value, ast.Call):
        return None
    return function.value


class _Reorder(ast.NodeTransformer):
    """Rewrites everything but the nodes that it is told to leave."""

    def __init__(self, harmless: set[ast.expr]) -> None:
        self._harmless = harmless

    def visit_Set(self, node: ast.Set) -> ast.AST:
        self.generic_visit(node)
        if node in self._harmless:
            return node
        # A key of None stands for `**`: the parts are evaluated from left to right.
        none = ast.Constant(None)
        keys: list[ast.expr | None] = []
        values: list[ast.expr] = []
        for item in node.elts:
            starred = isinstance(item, ast.Starred)
            keys.append(None if starred else item)
            values.append(_call(_KEYS, item.value) if starred else none)  # type: ignore[attr-defined]
        return _at(node, _call(_SET, ast.Dict(keys, values)))

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        self.generic_visit(node)
        made = ast.DictComp(node.elt, ast.Constant(None), node.generators)
        return _at(node, _call(_SET, made))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        # Judged before what is inside is rewritten: that may put calls there.
        wrap = _is_view(node) and node not in self._harmless
        hashed = _hashed(node)
        self.generic_visit(node)
        if hashed is not None:
            return _at(node, _call(HASH, hashed))
        return _at(node, _call(_VIEW, node)) if wrap else node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        # A keyword may be a metaclass, which must not conflict with that of our sets.
        if len(node.bases) + len(node.keywords) > 1:
            node.bases = [_without_metaclass(base) for base in node.bases]
        return node


def _without_metaclass(base: ast.expr) -> ast.expr:
    # `set[int]` derives from `set`. A name of the module's own comes back unchanged.
    if isinstance(base, ast.Subscript):
        base.value = _without_metaclass(base.value)
    elif isinstance(base, ast.Name) and base.id in _KINDS:
        return _at(base, _call(_BASE, base))
    return base


def _call(name: str, argument: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])


def _at(old: ast.expr, new: ast.expr) -> ast.expr:
    return ast.copy_location(new, old)
