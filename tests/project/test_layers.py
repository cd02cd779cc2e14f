"""The floor plan holds: no circle of imports, and every arrow points downwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tester1.solution import REFERENCE_ROOT
from tests.project.imports import Graph, circle, import_graph

PACKAGES = ("labrt", "labgob", "labrpc", "raft1", "kvraft1", "tester1")

ROOMS = (
    # Each room imports only from itself and from rooms above it in this list. A module
    # is in the room of the longest name that it begins with.
    ("tester1.porcupine",),
    # The runtime, from its interface up.
    ("labrt.errors", "labrt.texts", "labrt.streams"),
    ("labrt.trace", "labrt.runtime", "labrt.report"),
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
    ("tester1.suites",),
    ("tester1.sandbox",),
    ("tester1.timeline",),
    ("tester1.lab",),
    ("tester1.contact",),
    ("tester1.hosts.interface", "tester1.hosts.persister", "tester1.hosts.loading"),
    ("tester1.hosts.worlds", "tester1.hosts.process"),
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
)

ON_THEIR_OWN = ("labrt", "labgob", "tester1.porcupine")
"""Each could be lifted out of the project as it is."""


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The imports of the whole project, without the starter, which is nobody's code."""
    whole = import_graph(REFERENCE_ROOT, PACKAGES)
    return {
        module: imported
        for module, imported in whole.items()
        if not module.startswith("tester1.starter.")
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


def test_what_stands_on_its_own(graph: Graph) -> None:
    """The runtime, the encoding and the checker import nothing else of ours."""
    wrong = [
        f"{module} imports {imported}"
        for part in ON_THEIR_OWN
        for module, others in graph.items()
        if f"{module}.".startswith(f"{part}.")
        for imported in others
        if not f"{imported}.".startswith(f"{part}.")
    ]
    assert wrong == []


def test_nobody_needs_a_solution_but_its_tests(graph: Graph) -> None:
    """The reference solution can be replaced: only its own packages name it."""
    packages = ("raft1.", "kvraft1.")
    wrong = [
        f"{module} imports {imported}"
        for module, others in graph.items()
        for imported in others
        if f"{imported}.".startswith(packages) and not f"{module}.".startswith(packages)
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
