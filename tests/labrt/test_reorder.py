"""What is rewritten where sets are made, and what is left as it is."""

from __future__ import annotations

import ast
import textwrap
from collections import OrderedDict, UserDict
from typing import Any

import pytest

from labrt.ordered.rewriting import NAMES, reorder
from labrt.ordered.sets import NAMES as SET_NAMES
from labrt.ordered.sets import OrderedSet
from labrt.ordered.views import OrderedItems, OrderedKeys


def rewritten(source: str) -> str:
    """The source of a module after the rewriting, without the marks' underscores."""
    text = ast.unparse(ast.fix_missing_locations(reorder(ast.parse(source))))
    return text.replace("__labrt_", "").replace("__", "")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{a, b}", "set({a: None, b: None})"),
        ("{*a, b, *c()}", "set({**keys(a), b: None, **keys(c())})"),
        ("{x for x in y if z}", "set({x: None for x in y if z})"),
        ("{{a} for b in {c}}", "set({set({a: None}): None for b in set({c: None})})"),
        ("x in {1, 2}", "x in {1, 2}"),
        ("x not in {f(), *y}", "x not in {f(), *y}"),
        ("d.keys() - e", "view(d.keys()) - e"),
        ("x |= d.items()", "x |= view(d.items())"),
        ("return_ = f(d.keys())", "return_ = f(view(d.keys()))"),
        ("dict.keys(d)", "dict.keys(d)"),
        ("y = dict.keys(d)", "y = view(dict.keys(d))"),
        ("sorted(d.items(), key=k)", "sorted(d.items(), key=k)"),
        ("[*d.keys()]", "[*d.keys()]"),
        ("d.keys() == e.keys()", "d.keys() == e.keys()"),
        ("for x in d.items():\n    pass", "for x in d.items():\n    pass"),
        ("[x for x in d.keys()]", "[x for x in d.keys()]"),
        ("class A(set):\n    pass", "class A(set):\n    pass"),
        ("class A(set, B):\n    pass", "class A(base(set), B):\n    pass"),
        (
            "class A(set[int], metaclass=M):\n    pass",
            "class A(base(set)[int], metaclass=M):\n    pass",
        ),
    ],
)
def test_rewriting(source: str, expected: str) -> None:
    """Guards each form; what costs time on hot paths is left alone."""
    assert rewritten(source) == expected


@pytest.mark.parametrize(
    "definition",
    [
        "def sorted(x): ...",
        "sorted = f",
        "from m import sorted",
        "def f(sorted): ...",
        "class sorted: ...",
        "import m as sorted",
    ],
)
def test_a_name_of_ones_own_is_no_built_in(definition: str) -> None:
    """Guards that a function that may do more with a view gets an ordered one."""
    source = f"{definition}\ny = sorted(d.keys())"
    assert rewritten(source).endswith("y = sorted(view(d.keys()))")


def run(source: str) -> Any:
    """Run a module's code with the built-ins of worlds; returns what it calls x."""
    tree = ast.fix_missing_locations(reorder(ast.parse(textwrap.dedent(source))))
    namespace: dict[str, Any] = {
        "__builtins__": {**__builtins__, **SET_NAMES, **NAMES},  # type: ignore[dict-item]
        "OrderedDict": OrderedDict,
        "UserDict": UserDict,
    }
    exec(compile(tree, "<test>", "exec"), namespace)
    return namespace["x"]


@pytest.mark.parametrize("source", ["x = {1, []}", "x = {*5}", "x = {[] for _ in 'a'}"])
def test_errors_are_those_of_a_set(source: str) -> None:
    """Guards the types of exceptions."""
    with pytest.raises(TypeError):
        run(source)


def test_evaluation_goes_from_left_to_right() -> None:
    """Guards the order of side effects, and that of equal elements the first stays."""
    assert run(
        """
        seen = []
        def f(value):
            seen.append(value)
            return value
        made = {f(1), *[f(2), f(1.0)], f(True)}
        x = seen, [*made]
        """
    ) == ([1, 2, 1.0, True], [1, 2])


@pytest.mark.parametrize("kind", ["dict", "OrderedDict", "UserDict"])
def test_views_make_ordered_sets(kind: str) -> None:
    """Guards all operators, with every kind of mapping and of other operand."""
    source = f"""
        one, other = {kind}.fromkeys("dbca"), {kind}.fromkeys("xcyd")
        keys, items = one.keys(), one.items()
        x = [
            keys - other.keys(), keys & other.keys(), keys | iter("zyx"),
            keys ^ [*other], {{*"pq"}} | keys, keys - "a", items - items,
        ]
        x += [keys, items]
    """
    *made, keys, items = run(source)
    assert all(type(value) is OrderedSet for value in made)
    shown = ["".join(map(str, value)) for value in made]
    assert shown[:3] == ["ba", "dc", "dbcazyx"]
    assert shown[3:5] == ["baxy", "pqdbca"]
    assert (type(keys), type(items)) == (OrderedKeys, OrderedItems)
    assert keys == {*"abcd"}
    assert (len(keys), "a" in keys, next(iter(items))) == (4, True, ("d", None))
