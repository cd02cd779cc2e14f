"""The plugin is there where lab tests are run, and nowhere else."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tester1.cli.main import main
from tester1.guest import _leads_to
from tester1.solution import REFERENCE_ROOT
from tester1.suites import select

OTHER_PLUGIN = """
def pytest_addoption(parser):
    for name in OPTIONS:
        parser.addoption(name, default="none")


def pytest_report_header(config):
    return "other: seed " + config.getoption("seed", "?")
"""

PROJECT = """
import gc
import sys


def test_project(pytestconfig):
    assert gc.get_freeze_count() == FROZEN
    assert not pytestconfig.pluginmanager.has_plugin("tester1.session.plugin")
    assert not {"labrt", "labgob", "tester1.session.plugin"} & set(sys.modules)
"""


class Environment:
    """An environment in which the entry point is installed, and a place to work in."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site"
        self.work = folder / "work"
        self.work.mkdir(parents=True)
        self.install("raftlab", "tester1.guest")

    def install(self, name: str, module: str) -> None:
        """Make a module the plugin of that name."""
        info = self.site / f"{name}-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
        )
        (info / "entry_points.txt").write_text(f"[pytest11]\n{name} = {module}\n")

    def install_other(self, *options: str) -> None:
        """Install another plugin, which has these options."""
        source = OTHER_PLUGIN.replace("OPTIONS", repr(options))
        (self.site / "other_plugin.py").write_text(source)
        self.install("other", "other_plugin")

    def pytest(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run pytest; returns all that it says, and its exit status at the end."""
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "pytest", *arguments],
            cwd=cwd or self.work,
            env={
                **os.environ,
                "PYTHONPATH": f"{self.site}{os.pathsep}{REFERENCE_ROOT}",
                "VIS_ENABLE": "never",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return f"{ended.stdout}{ended.stderr}status {ended.returncode}"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment with the plugin, and nothing to test."""
    return Environment(tmp_path)


# Elsewhere


@pytest.fixture
def project(environment: Environment) -> Environment:
    """An environment with a project of its own, which looks at what is loaded."""
    # Some versions of Python begin with frozen objects of their own.
    count = [sys.executable, "-c", "import gc; print(gc.get_freeze_count())"]
    frozen = subprocess.run(count, capture_output=True, text=True, check=True).stdout
    test = PROJECT.replace("FROZEN", frozen.strip())
    (environment.work / "test_it.py").write_text(test)
    return environment


@pytest.mark.parametrize("arguments", ["", "-n 1", "test_it.py", "-k project ."])
def test_nothing_of_it_elsewhere(project: Environment, arguments: str) -> None:
    """No line of output, no frozen objects, no module, no file."""
    output = project.pytest(*arguments.split())
    assert "1 passed" in output
    assert "raftlab:" not in output
    assert not list(project.work.rglob("raftlab*"))


def test_arguments_that_are_no_files(project: Environment) -> None:
    """An option of the project's own may have any value."""
    (project.work / "conftest.py").write_text(
        "def pytest_addoption(parser): parser.addoption('--text')\n"
    )
    output = project.pytest("--text", "x" * 5000, "test_it.py", cwd=project.work)
    assert "1 passed" in output


def test_no_option_elsewhere(project: Environment) -> None:
    """The help has none, and using one is an error of usage."""
    assert "raftlab" not in project.pytest("--help").replace("raftlab-1", "")
    assert "unrecognized arguments: --seed" in project.pytest("--seed", "3")


def test_beside_a_plugin_with_the_same_options(project: Environment) -> None:
    """It starts, and its options are its own."""
    project.install_other("--seed", "--mode", "--solution")
    output = project.pytest("--seed", "3", "--solution", "x", "--mode", "y")
    assert "other: seed 3" in output
    assert "1 passed" in output


def test_both_in_a_session_with_lab_tests(environment: Environment) -> None:
    """It is refused in one line, and goes on without the other."""
    environment.install_other("--seed")
    suite = str(REFERENCE_ROOT / "tests" / "raft")
    output = environment.pytest(suite, "--seed", "3", "--co", "-q")
    lines = [line for line in output.splitlines() if line]
    assert lines[-1] == "status 4"
    assert lines[0].startswith("ERROR: raftlab's --seed is an option of another")
    assert "Traceback" not in output
    alone = environment.pytest(suite, "--seed", "3", "--co", "-q", "-p", "no:other")
    assert f"{len(select(['3']))} tests collected" in alone


# Where lab tests are run


COMMAND = re.compile(r"^(?:\$ )?(pytest .*?)(?:  .*|#.*|`.*)?$", re.MULTILINE)


def documented(path: str) -> list[str]:
    """The commands in a document that begin a line with `pytest`."""
    return sorted(set(COMMAND.findall((REFERENCE_ROOT / path).read_text())))


INSIDE = documented("tester1/starter/README.md")
OUTSIDE = [
    command
    for path in ("README.md", "docs/modes.md", "docs/instructors.md", "docs/lab3.md")
    for command in documented(path)
]


def test_documents_have_commands() -> None:
    """They are found: the tests below are about something."""
    assert len(INSIDE) >= 3
    assert len(OUTSIDE) >= 5


@pytest.fixture
def student(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> Environment:
    """An environment with a folder that `raftlab init` has made."""
    with pytest.raises(SystemExit):
        main(["init", str(environment.work / "lab")])
    return environment


def collects(environment: Environment, command: str, cwd: Path) -> None:
    """Check that a command finds its tests, with the plugin's options and header."""
    words = shlex.split(command)[1:]
    output = environment.pytest(*words, "--co", "-p", "no:cacheprovider", cwd=cwd)
    assert "raftlab: mode" in output
    assert re.search(r"\d+ tests? collected|\d+/\d+ tests collected", output), output


@pytest.mark.parametrize("command", INSIDE)
def test_commands_in_the_students_folder(student: Environment, command: str) -> None:
    """What the starter's README says works there."""
    collects(student, command, student.work / "lab")


@pytest.mark.parametrize("command", OUTSIDE)
def test_commands_in_the_checkout(student: Environment, command: str) -> None:
    """What README and documents say works, with the suites where they lie here."""
    (student.site / "raftlab_suites").symlink_to(REFERENCE_ROOT / "tests")
    (student.work / "tests").symlink_to(REFERENCE_ROOT / "tests")
    collects(student, command, student.work)


@pytest.mark.parametrize(
    "arguments",
    [
        "lab",
        "lab/tests/raft/test_3a.py",
        "lab/tests/raft/test_3a.py::test_re_election_3A --seed 3",
        "--solution lab lab/tests",
        "-c lab/pytest.ini --rootdir lab lab/tests",
    ],
)
def test_students_folder_from_outside(student: Environment, arguments: str) -> None:
    """Its own configuration counts."""
    collects(student, f"pytest {arguments}", student.work)


def test_help_where_lab_tests_are(student: Environment) -> None:
    """It has the options."""
    output = student.pytest("--help", cwd=student.work / "lab")
    assert "raftlab: Raft and key/value labs:" in output
    assert "--preempt={none,line}" in output


def test_a_suite_anywhere_with_workers(student: Environment) -> None:
    """A run from a foreign folder, in workers of pytest-xdist."""
    test = REFERENCE_ROOT / "tests/raft/test_3a.py::test_initial_election_3A"
    output = student.pytest(str(test), "--seed", "3", "-n", "1")
    assert "raftlab: mode sim, seed 3" in output
    assert "1 passed" in output


@pytest.mark.parametrize("asking", ["conftest", "option", "setting"])
def test_tests_of_ones_own(environment: Environment, asking: str) -> None:
    """They ask for the plugin, in any of three ways."""
    (environment.work / "test_own.py").write_text("def test_own(lab): pass\n")
    options = []
    if asking == "conftest":
        source = 'pytest_plugins = ["tester1.plugin"]\n'
        (environment.work / "conftest.py").write_text(source)
    elif asking == "option":
        options = ["-p", "tester1.plugin"]
    else:
        options = ["-o", "raftlab_artifacts=here"]
    output = environment.pytest("--seed", "3", *options)
    assert "raftlab: mode sim, seed 3" in output
    assert "1 passed" in output


def test_solutions_conftest_is_not_run(student: Environment) -> None:
    """What stands behind `--solution` is no place to look for tests."""
    for folder in (student.work / "lab", student.work / "lab" / "tests"):
        (folder / "conftest.py").write_text("raise SystemExit('was run')\n")
    suite = str(REFERENCE_ROOT / "tests" / "raft")
    output = student.pytest(suite, "--solution", "lab", "--co", "-q")
    assert f"{len(select(['3']))} tests collected" in output


# The way to a suite


@pytest.mark.parametrize(
    ("place", "leads"),
    [
        ("src/raftlab/tests/raft", True),
        ("src/raftlab/tests/raft/test_3a.py", True),
        ("src/raftlab/tests", True),
        ("src/raftlab", True),
        ("src", True),
        ("src/raftlab/tests/labrt", False),
        ("src/other", False),
        ("src/raftlab/tests/raft2", False),
    ],
)
def test_ways(
    place: str, leads: bool, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """A suite is found in it and below it, as pytest finds tests."""
    suite = tmp_path / "src" / "raftlab" / "tests" / "raft"
    assert _leads_to(tmp_path / place, suite, pytestconfig) == leads


@pytest.mark.parametrize("folder", [".hidden", "venv", "node_modules", "plain"])
def test_no_way_through_an_environment(
    folder: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Where the wheel is installed, the project around it is not looked through."""
    suite = tmp_path / folder / "site-packages" / "raftlab_suites" / "raft"
    suite.mkdir(parents=True)
    if folder == "plain":
        (tmp_path / folder / "pyvenv.cfg").touch()
    assert not _leads_to(tmp_path, suite, pytestconfig)
    assert _leads_to(suite.parent, suite, pytestconfig)
