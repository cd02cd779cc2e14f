"""What the tests of `--mode process` share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tester1.hosts.modes import make_runtime
from tester1.lab import Lab, Mode, RunOptions
from tests.process.outside import Outside

SEED = 7


@pytest.fixture
def lab(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The environment of a test that runs with processes, whatever `--mode` says."""
    monkeypatch.setenv("VIS_ENABLE", "never")
    seed = int(getattr(request, "param", SEED))
    runtime = make_runtime(RunOptions(Mode.PROCESS), seed)
    return Lab(runtime, Mode.PROCESS, seed, name=request.node.name)


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    """A folder in which a pytest of its own can be run."""
    return Outside.make(tmp_path)
