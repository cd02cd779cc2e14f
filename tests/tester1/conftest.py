"""What the tests of the tester share."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tester1.hosts.modes import make_runtime
from tester1.lab import Lab, Mode, RunOptions
from tester1.solution import REFERENCE_ROOT
from tests.tester1.counting import write_solution


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """The environment of a test of the tester: simulated, whatever `--mode` says."""
    if lab.mode is not Mode.SIM:
        lab.mode = Mode.SIM
        lab.runtime = make_runtime(RunOptions(), lab.seed)
    return lab


@pytest.fixture
def counting(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The environment of a test whose solution is the counting program."""
    monkeypatch.setenv("VIS_ENABLE", "never")
    lab.solution = write_solution(tmp_path / "solution")
    return lab


class InnerPytest:
    """Runs pytest with the plugin on test files of its own."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder = pytester.path

    def file(self, text: str, name: str = "test_inner.py") -> None:
        """Write a test file."""
        (self.folder / name).write_text(textwrap.dedent(text))

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run in this process."""
        return self.pytester.runpytest_inprocess(*PLUGIN, *IMPORTED, *arguments)

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """Run in a process of its own, as pytest-xdist needs it."""
        return self.pytester.runpytest_subprocess(*PLUGIN, *arguments, timeout=120)


PLUGIN = ["-p", "tester1.session.plugin"]
"""What tests of one's own ask for the plugin with."""

IMPORTED = ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
"""In this process, the plugin's packages are imported before an inner pytest begins."""


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> InnerPytest:
    """A pytest with the plugin and, as its solution, the counting program."""
    monkeypatch.setenv("PYTHONPATH", str(REFERENCE_ROOT))
    monkeypatch.setenv("VIS_ENABLE", "never")
    write_solution(pytester.path / "solution")
    return InnerPytest(pytester)
