"""The floor plan holds: no circle of imports, and every arrow points downwards."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

from tester1.solution import REFERENCE_ROOT
from tests.project.imports import Graph, circle, import_graph

PACKAGES = (
    *("labrt", "labgob", "labrpc", "raft1", "kvraft1", "tester1"),
    *("benchmarks", "tests"),
)

ROOMS = (
    # Each room imports only from itself and from rooms above it in this list. A module
    # is in the room of the longest name that it begins with.
    ("tester1.porcupine",),
    # The runtime, from its interface up.
    ("labrt.errors", "labrt.texts", "labrt.streams", "labrt.timers"),
    ("labrt.facts", "labrt.runtime", "labrt.report"),
    ("labrt.loading",),
    ("labrt.ordered",),
    ("labrt.records",),
    ("labrt.sim",),
    ("labrt.sim.modules",),
    ("labrt.sim.runtime", "labrt.real"),
    ("labrt",),
    ("labgob",),
    ("labrpc",),
    # The solution, which knows nothing of its tester.
    ("raft1",),
    ("kvraft1",),
    # The tester.
    ("tester1.files", "tester1.teardown"),
    ("tester1.solution",),
    ("tester1.discovery", "tester1.fingerprint"),
    ("tester1.suites",),
    ("tester1.sandbox",),
    ("tester1.facts",),
    ("tester1.timeline.annotations",),
    ("tester1.lab",),
    ("tester1.rules",),
    ("tester1.view",),
    ("tester1.timeline",),
    ("tester1.contact",),
    (
        *("tester1.hosts.interface", "tester1.hosts.persister"),
        *("tester1.hosts.loading", "tester1.hosts.lockwatch"),
    ),
    # Loads a solution, where the rules that watch one do not.
    ("tester1.rules.inspecting",),
    ("tester1.hosts.worlds",),
    ("tester1.hosts.process",),
    ("tester1.hosts",),
    ("tester1.cluster",),
    ("tester1.session",),
    ("tester1.plugin", "tester1.guest"),
    ("tester1.batch.errors",),
    ("tester1.batch.runs",),
    ("tester1.batch.results",),
    ("tester1.batch.grading",),
    ("tester1.batch",),
    ("tester1.cli",),
    # What tests solutions, on top of the tester.
    ("raft1.testing",),
    ("kvraft1.testing",),
    ("tester1",),
    # What nobody needs.
    ("benchmarks", "tests"),
)

NEED_ONLY: Final = {
    "labrt": (),
    "labgob": (),
    "tester1.porcupine": (),
    "labrpc": ("labgob", "labrt"),
    "raft1": ("labgob", "labrpc"),
    "kvraft1": ("labgob", "labrpc", "raft1"),
    "tester1.sandbox": ("labrt.texts", "tester1.files"),
    "tester1.facts": ("labgob", "labrpc", "labrt"),
    "tester1.rules": (
        *("labgob", "labrpc", "labrt", "tester1.facts", "tester1.lab"),
        *("tester1.hosts.loading", "tester1.solution"),
    ),
    "tester1.timeline.annotations": ("labrt", "tester1.facts"),
    "tester1.timeline": (
        *("labgob", "labrpc", "labrt", "tester1.facts", "tester1.porcupine"),
        *("tester1.lab", "tester1.rules", "tester1.view"),
        "tester1.timeline.annotations",
    ),
    "tester1.hosts.process": (
        *("labgob", "labrpc", "labrt"),
        *("tester1.contact", "tester1.files", "tester1.lab", "tester1.sandbox"),
        *("tester1.solution", "tester1.teardown"),
        *(
            "tester1.hosts.interface",
            "tester1.hosts.loading",
            "tester1.hosts.persister",
        ),
    ),
}
"""What some rooms may import besides themselves. `testing` is no part of a solution."""

FRONT_DOORS: Final = {"labrt", "labgob", "labrpc", "tester1.porcupine", "kvraft1.rsm"}
"""Packages that offer what is in their modules. They load all of it, so what is below
them can be taken for itself by reading, and not by importing."""

NAMED_IN_STRINGS: Final = {
    # What is started as a program of its own, and what pytest is told to load.
    "tester1.batch.runs.pool": {"tester1.batch.runs.worker"},
    "tester1.batch.runs.worker": {"tester1.session.plugin"},
    "tester1.cli.replay": {"tester1.session.plugin"},
    "tester1.guest": {"tester1.plugin", "tester1.session.plugin"},
    "tester1.plugin": {"tester1.session.plugin"},
    "tester1.hosts.process.fork_server": {"tester1.hosts.process.warm"},
    # Where files lie beside a package, and which one no solution can replace.
    "tester1.batch.grading.pages": {"tester1.batch.grading"},
    "tester1.timeline.html": {"tester1.timeline"},
    "tester1.solution": {"raft1.raftapi"},
    "tester1.rules.inspecting": {"raft1.raft"},
    # The programs of servers and clients, which are loaded where they run. A fork
    # server has them in its memory beforehand.
    "tester1.hosts.process.warm": {
        *("kvraft1.testing.inside_clerks", "kvraft1.testing.inside_kv"),
        *("kvraft1.testing.inside_rsm", "raft1.testing.inside"),
    },
    "raft1.testing.cluster": {"raft1.testing.inside"},
    "kvraft1.testing.clerk_proxies": {"kvraft1.testing.inside_clerks"},
    "kvraft1.testing.rsm_scaffold": {"kvraft1.testing.inside_rsm"},
    "kvraft1.testing.scaffold": {"kvraft1.testing.inside_kv"},
}
"""The modules that others name in strings: ties that no import shows."""


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The imports of the whole project, without the starter, which is nobody's code."""
    whole = import_graph(REFERENCE_ROOT, PACKAGES)
    return {
        module: imported
        for module, imported in whole.items()
        if not within(module, "tester1.starter", "tests.tester1.broken")
    }


def room_of(module: str) -> int:
    """The number of the room that a module is in, counted from above."""
    fitting = [
        (len(prefix), number)
        for number, room in enumerate(ROOMS)
        for prefix in room
        if f"{module}.".startswith(f"{prefix}.")
    ]
    return max(fitting)[1]


def test_no_circle(graph: Graph) -> None:
    """No module needs itself, by way of others, to be understood."""
    assert circle(graph) == []


def test_imports_point_one_way(graph: Graph) -> None:
    """From each room only to those above it."""
    wrong = [
        f"{module} imports {imported}"
        for module, others in graph.items()
        for imported in others
        if room_of(imported) > room_of(module)
    ]
    assert wrong == []


def within(module: str, *prefixes: str) -> bool:
    """Whether a module is one of those, or in one."""
    return any(f"{module}.".startswith(f"{prefix}.") for prefix in prefixes)


@pytest.mark.parametrize("room", NEED_ONLY)
def test_what_a_room_needs(graph: Graph, room: str) -> None:
    """The runtime, the encoding and the checker nothing of ours; others a little."""
    allowed = (room, *NEED_ONLY[room])
    apart = ("raft1.testing", "kvraft1.testing")
    wrong = [
        f"{module} imports {imported}"
        for module, others in graph.items()
        if within(module, room) and not within(module, *apart)
        for imported in others
        if not within(imported, *allowed) or within(imported, *apart)
    ]
    assert wrong == []


def test_rooms_open_without_a_load(graph: Graph) -> None:
    """Whoever imports a module imports the packages that it is in: they are texts."""
    packages = {module for module in graph if is_package(module)}
    shipped = {module for module in packages if not within(module, "tests")}
    wrong = {
        package: graph[package]
        for package in shipped
        if graph[package] and package not in FRONT_DOORS
    }
    assert wrong == {}
    for package in FRONT_DOORS:
        assert all(within(imported, package) for imported in graph[package]), package


def is_package(module: str) -> bool:
    """Whether a module is the beginning of a folder."""
    return (REFERENCE_ROOT / module.replace(".", "/") / "__init__.py").exists()


def test_modules_that_are_named_in_strings(graph: Graph) -> None:
    """There are few, and each is known: what starts a program, or loads a plugin."""
    shipped = PACKAGES[:-2]
    found = {
        module: names
        for module in graph
        if within(module, *shipped)
        and (names := named_in_strings(module, graph) - {module})
    }
    assert found == NAMED_IN_STRINGS


def named_in_strings(module: str, graph: Graph) -> set[str]:
    """The modules of the project that a module's strings name, and nothing else.

    `"package.module:function"` names one too.
    """
    place = REFERENCE_ROOT / module.replace(".", "/")
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    strings = (
        node.value.partition(":")[0]
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return {text for text in strings if "." in text and text in graph}


def test_nobody_needs_a_solution_but_its_tests(graph: Graph) -> None:
    """The reference solution can be replaced: only its own packages name it."""
    packages = ("raft1", "kvraft1")
    wrong = [
        f"{module} imports {imported}"
        for module, others in graph.items()
        if not within(module, *packages, "tests", "benchmarks")
        for imported in others
        if within(imported, *packages)
    ]
    assert wrong == []


def test_every_room_is_there(graph: Graph) -> None:
    """A name in the list that nothing has any more is a mistake in the list."""
    modules = [f"{module}." for module in graph]
    for prefix in (prefix for room in ROOMS for prefix in room):
        assert any(module.startswith(f"{prefix}.") for module in modules), prefix


@pytest.mark.parametrize(
    "text",
    [
        "import pack.one",
        "from pack import one",
        "from pack.one import name",
        "if TYPE_CHECKING:\n    from pack.one import name",
        "def late():\n    from pack import one",
    ],
)
def test_a_circle_is_found(tmp_path: Path, text: str) -> None:
    """However the import is written, and wherever it stands."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "one.py").write_text("from pack import two\n")
    (folder / "two.py").write_text("import pack.three\n")
    (folder / "three.py").write_text(text)
    found = circle(import_graph(tmp_path, ["pack"]))
    assert len(found) == 4
    assert set(found) == {"pack.one", "pack.two", "pack.three"}
    order = found[found.index("pack.one") :] + found[1 : found.index("pack.one") + 1]
    assert order == ["pack.one", "pack.two", "pack.three", "pack.one"]
