"""Runs that files and commands name, and whether the code is still what it was."""

from __future__ import annotations

import html
import json
import shlex
from pathlib import Path

import pytest

from tester1.fingerprint import changed_files, fingerprint
from tester1.lab import Mode, Preempt
from tester1.session.run_reference import (
    PRINTED,
    RUN,
    RunReference,
    UnknownRun,
    is_artifact,
    run_of,
    run_of_command,
)
from tests.tester1.conftest import InnerPytest
from tests.tester1.test_solution import make

WHOLE = RunReference(
    "test_backup_3B",
    7,
    Mode.PROCESS,
    Preempt.NONE,
    "/home/anna/lab",
    {"raft1/raft.py": "0123456789abcdef"},
)


def test_json_and_back() -> None:
    """What is written is what is read, through the text of a file."""
    assert RunReference.from_json(json.loads(json.dumps(WHOLE.to_json()))) == WHOLE


@pytest.mark.parametrize("data", [{}, {"test": 3}, [], {"test": "x", "mode": "fast"}])
def test_json_of_something_else(data: object) -> None:
    """Files come from anywhere, so they are believed in nothing."""
    with pytest.raises(UnknownRun, match="does not say which run"):
        RunReference.from_json(data)


# Commands


@pytest.mark.parametrize(
    "line",
    [
        "repeat: pytest tests/raft/test_3b.py::test_backup_3B --seed 7 --solution lab",
        "pytest 'tests/raft/test_3b.py::test_backup_3B[seed=7]' --solution=lab",
    ],
)
def test_command_of_pytest(line: str) -> None:
    """With and without what stands in front of it in the report."""
    run = run_of_command(shlex.split(line))
    assert run == RunReference(
        "tests/raft/test_3b.py::test_backup_3B", 7, solution="lab"
    )


def test_command_of_raftlab() -> None:
    """All of its options are read."""
    line = (
        "raftlab replay TestX3A --seed 5 --mode sim --preempt line --solution '../a b'"
    )
    run = run_of_command(shlex.split(line))
    assert run == RunReference("TestX3A", 5, Mode.SIM, Preempt.LINE, "../a b")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("raftlab replay", "does not name one test"),
        ("TestX3A TestY3A", "does not name one test"),
        ("TestX3A --seed x", "invalid int value: 'x'"),
        ("pytest test_3a.py -k x", "unrecognized arguments: -k"),
    ],
)
def test_no_command_that_repeats_a_run(line: str, message: str) -> None:
    """What is wrong is said, and nothing is guessed."""
    with pytest.raises(UnknownRun, match=message):
        run_of_command(shlex.split(line))


# Files


def test_words_that_are_files(tmp_path: Path) -> None:
    """Told by their endings, or by being there."""
    assert is_artifact("raftlab-artifacts/test_backup_3B-7.trace")
    assert is_artifact(str(make(tmp_path, "x.bin") / "x.bin"))
    make(tmp_path, "test_3b.py")
    assert not is_artifact(str(tmp_path / "test_3b.py"))
    assert not is_artifact("TestBackup3B")


def test_run_in_the_header_of_a_trace(tmp_path: Path) -> None:
    """The first line says it, whatever the file is called."""
    path = tmp_path / "mine.trace"
    path.write_text(json.dumps({RUN: WHOLE.to_json()}) + "\n{}\n")
    assert run_of(path) == WHOLE


def test_run_in_the_head_of_a_page(tmp_path: Path) -> None:
    """And so of the trace beside it, which does not say it itself."""
    about = html.escape(json.dumps(WHOLE.to_json()))
    page = tmp_path / "mine-1.html"
    page.write_text(f'<head><meta name="about" content="{about}">')
    trace = page.with_suffix(".trace")
    trace.write_text("0.000000\tstart\tserver-0-0\tincarnation 1\n")
    assert run_of(page) == run_of(trace) == WHOLE


def test_run_of_a_report(tmp_path: Path) -> None:
    """Its last command; what the solution says and prints around it is not believed."""
    report = tmp_path / "test_backup_3B-7.txt"
    report.write_text(
        "repeat: mine\n\nrepeat: raftlab replay TestBackup3B --seed 7\n\n"
        f"{PRINTED}\nrepeat: raftlab replay TestX3A --seed 1\n"
    )
    assert run_of(report) == RunReference("TestBackup3B", 7)


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("test_backup_3B-7", RunReference("test_backup_3B", 7)),
        (
            "test_backup_3B-7-process",
            RunReference("test_backup_3B", 7, Mode.PROCESS),
        ),
        (
            "test_backup_3B-7-line",
            RunReference("test_backup_3B", 7, preempt=Preempt.LINE),
        ),
    ],
)
def test_run_in_a_name(tmp_path: Path, name: str, run: RunReference) -> None:
    """What a file does not say, its name does, and the rest is not known."""
    make(tmp_path, f"{name}.trace")
    assert run_of(tmp_path / f"{name}.trace") == run


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("missing.trace", None, "cannot read .*missing.trace: No such file"),
        ("mine.trace", "", "neither in the file nor in its name"),
        ("mine-1.trace", '{"run": {"seed": 7}}\n', "mine-1.trace does not say which"),
        ("x-1.html", '<meta name="about" content="{">', "x-1.html does not say which"),
    ],
)
def test_files_that_name_no_run(
    tmp_path: Path, name: str, text: str | None, message: str
) -> None:
    """The file is named, with what is wrong about it."""
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UnknownRun, match=message):
        run_of(tmp_path / name)


def test_graded_solution(tmp_path: Path) -> None:
    """The copy beside a failure is what was run, wherever the results are by now."""
    make(tmp_path, "abc/solution/raft1/raft.py", "abc/test_backup_3B-7.txt")
    run = run_of(tmp_path / "abc" / "test_backup_3B-7.txt")
    assert run.solution == str(tmp_path / "abc" / "solution")


def test_page_of_a_run_says_it(
    inner: InnerPytest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that a failing test leaves names its run, in full."""
    monkeypatch.delenv("VIS_ENABLE")
    inner.file("""
        from tests.tester1.counting import make_config

        def test_fail(lab):
            with make_config(lab, 1):
                assert False
    """)
    solution = inner.folder / "solution"
    inner.run("--seed", "5", "--solution", "solution", "--artifacts", "kept")
    run = run_of(inner.folder / "kept" / "test_fail-5.html")
    assert run == RunReference(
        "test_fail", 5, Mode.SIM, Preempt.NONE, str(solution), fingerprint(solution)
    )


# Whether it is the same code


def test_fingerprint_is_of_what_runs(tmp_path: Path) -> None:
    """Neither copies of tests, nor of the tester, nor what cannot be imported."""
    make(tmp_path, "raft1/raft.py", "raft1/log/terms.py", "helpers.py", "raft1/a.txt")
    make(tmp_path, "tests/raft/test_3a.py", "raft1/.old/raft.py", "raft1/raft-old.py")
    make(tmp_path, "raft1/testing/mine.py")
    found = fingerprint(tmp_path)
    assert list(found) == ["helpers.py", "raft1/log/terms.py", "raft1/raft.py"]
    assert "raft1/raft.py" in fingerprint(None)


def test_changed_files(tmp_path: Path) -> None:
    """New ones, those that are gone, and those with other contents."""
    make(tmp_path, "raft1/raft.py", "raft1/log.py", "kvraft1/client.py")
    before = fingerprint(tmp_path)
    assert changed_files(before, fingerprint(tmp_path)) == []
    (tmp_path / "raft1" / "raft.py").write_text("x = 1\n")
    (tmp_path / "raft1" / "log.py").unlink()
    make(tmp_path, "raft1/terms.py")
    assert changed_files(before, fingerprint(tmp_path)) == [
        *("raft1/log.py", "raft1/raft.py", "raft1/terms.py")
    ]
