"""What a worker compiles ahead for its runs, and what it leaves to them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tester1.batch.runs import precompile


@pytest.fixture
def compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[], None]], list[Path]]:
    """Has each file compiled by a stand-in; returns what this process compiles."""

    def record(in_a_copy: Callable[[], None]) -> list[Path]:
        worker, found = os.getpid(), list[Path]()

        def compile_one(path: Path, *, preempt_lines: bool) -> None:
            if os.getpid() == worker:
                found.append(path)
            else:
                in_a_copy()

        monkeypatch.setattr(precompile, "precompile_simulated", compile_one)
        return found

    return record


def test_what_a_copy_of_the_worker_survives_is_compiled(
    tmp_path: Path, compiled: Callable[[Callable[[], None]], list[Path]]
) -> None:
    """Every file, once, in the worker itself."""
    files = [tmp_path / "a.py", tmp_path / "b.py"]
    for file in files:
        file.touch()
    found = compiled(lambda: None)
    precompile.precompile(tmp_path, preempt_lines=False)
    assert found == files


def test_what_a_copy_does_not_survive_is_left_alone(
    tmp_path: Path, compiled: Callable[[Callable[[], None]], list[Path]]
) -> None:
    """A file may take Python down, or its limits: then each run meets it by itself."""
    (tmp_path / "a.py").touch()
    found = compiled(lambda: os._exit(1))
    precompile.precompile(tmp_path, preempt_lines=False)
    assert found == []
