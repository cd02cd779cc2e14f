"""The same seed gives the same run, to the byte, of every test of the Raft suite.

Two processes run the whole suite under one seed, with different hash seeds, so that
the order of a set of strings, object ids, the wall clock or the process's `random` on
any path that decides something would show. The events of every test are compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = "tests/raft"
TESTS_OF_SUITE = 28


def first_difference(one: list[str], other: list[str], *, context: int = 5) -> str:
    """Where two runs part, with the events before; empty if they never do."""
    for position in range(max(len(one), len(other))):
        left = one[position] if position < len(one) else "(ends here)"
        right = other[position] if position < len(other) else "(ends here)"
        if left != right:
            before = one[max(0, position - context) : position]
            lines = [f"event {position} differs; before it:", *before]
            return "\n".join([*lines, f"one run:   {left}", f"the other: {right}"])
    return ""


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (["a", "b"], ["a", "b"], ""),
        (["a", "b"], ["a", "c"], "one run:   b\nthe other: c"),
        (["a"], ["a", "c"], "one run:   (ends here)\nthe other: c"),
        (["a", "b"], ["a"], "one run:   b\nthe other: (ends here)"),
    ],
)
def test_the_first_difference_is_found(
    one: list[str], other: list[str], expected: str
) -> None:
    """Guards the comparison itself: it finds what differs, and only that."""
    assert first_difference(one, other).endswith(expected)
    assert bool(first_difference(one, other)) == (one != other)


def test_every_raft_test_repeats_under_one_seed(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Guards determinism across processes and hash seeds, event by event."""
    loaded = pytestconfig.pluginmanager.hasplugin("raftlab")
    options = [] if loaded else ["-p", "tester1.plugin"]
    folders = [tmp_path / "one", tmp_path / "other"]
    runs = [
        _start_suite(folder, hash_seed, options)
        for hash_seed, folder in enumerate(folders, start=1)
    ]
    for run in runs:
        output, _ = run.communicate()
        assert run.returncode == 0, output
    one, other = (_traces(folder) for folder in folders)
    assert len(one) == TESTS_OF_SUITE
    assert one.keys() == other.keys()
    for name, events in one.items():
        difference = first_difference(events, other[name])
        assert not difference, f"{name}: {difference}"


def _start_suite(
    folder: Path, hash_seed: int, options: list[str]
) -> subprocess.Popen[str]:
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *options]
    arguments += ["--seed", "2024", "--trace-events", "--artifacts", str(folder)]
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments, SUITE],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _traces(folder: Path) -> dict[str, list[str]]:
    return {
        path.name: path.read_text().splitlines()
        for path in sorted(folder.glob("*.trace"))
    }
