"""What a student sees who runs the tests on the starter code, and half-way in a lab."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tester1.cli.init import STARTER
from tester1.solution import REFERENCE_ROOT
from tests.cli.conftest import raftlab_apart
from tests.tester1.conftest import InnerPytest

RAFT_TEST = "tests/raft/test_3a.py::test_initial_election_3A"
AGREEMENT_TEST = "tests/raft/test_3b.py::test_basic_agree_3B"
RSM_TEST = "tests/kvraft/test_rsm.py::test_basic_4A"
KV_TEST = "tests/kvraft/test_4b.py::test_basic_4B"
SNAPSHOT_TEST = "tests/kvraft/test_rsm.py::test_snapshot_4C"


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> InnerPytest:
    """A pytest with the plugin, in a folder with the starter code."""
    monkeypatch.setenv("VIS_ENABLE", "never")
    shutil.copytree(STARTER, pytester.path / "lab")
    return InnerPytest(pytester)


def complaint(inner: InnerPytest, test: str, *options: str) -> str:
    """The whole report on the failure of a test of the starter code."""
    arguments = [str(REFERENCE_ROOT / test), "--solution", "lab", *options]
    # A student's pytest does not read the settings of this repository.
    apart = ["-c", os.devnull, "--rootdir", str(REFERENCE_ROOT)]
    # Server processes are started from modules that only a process of its own keeps.
    run = inner.run_apart if "process" in options else inner.run
    result = run(*arguments, *apart, "-rN", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    report = re.search(r"^_+ test_\w+ _+\n(.*)\n=+", result.stdout.str(), re.M | re.S)
    assert report is not None
    return report[1]


@pytest.mark.parametrize("test", [RAFT_TEST, AGREEMENT_TEST, RSM_TEST, KV_TEST])
@pytest.mark.parametrize("mode", ["sim", "process"])
def test_untouched_starter(inner: InnerPytest, test: str, mode: str) -> None:
    """Whatever is run, one line says that part 3A comes first, and where to begin."""
    assert complaint(inner, test, "--mode", mode) == (
        "part 3A comes first: write the election, then have Make in raft1/raft.py "
        "start it (see lab3.md)"
    )


@pytest.mark.parametrize("test", [RSM_TEST, KV_TEST, SNAPSHOT_TEST])
def test_lab_4_over_the_reference(inner: InnerPytest, test: str) -> None:
    """Without a raft1 of one's own, part 4A comes first in every test of lab 4."""
    shutil.rmtree(inner.folder / "lab" / "raft1")
    assert complaint(inner, test) == (
        "part 4A comes first: write Submit and the reader, then have MakeRSM in "
        "kvraft1/rsm/rsm.py start it (see lab4.md)"
    )


def test_4b_over_the_reference(inner: InnerPytest) -> None:
    """With parts 3 and 4A done, what is missing of 4B is named."""
    shutil.rmtree(inner.folder / "lab" / "raft1")
    shutil.rmtree(inner.folder / "lab" / "kvraft1" / "rsm")
    assert complaint(inner, KV_TEST) == "part 4B: Clerk.Put is still to be written"


def test_next_method_is_named(inner: InnerPytest) -> None:
    """A method that is missing half-way is named, in whichever thread it is called."""
    raft = inner.folder / "lab" / "raft1" / "raft.py"
    begin = re.sub(
        r"    raise NotImplementedError\(\n        \"part 3A comes first.*?\n    \)",
        "    threading.Thread(target=raft.ticker, daemon=True).start()\n"
        "    return raft",
        raft.read_text(),
        flags=re.DOTALL,
    )
    raft.write_text(begin)
    assert complaint(inner, RAFT_TEST) == (
        "part 3A: Raft.check_election is not written yet"
    )


def test_other_mistakes_are_reported_in_full(inner: InnerPytest) -> None:
    """An error of the student's own keeps its traceback, its line and its events."""
    raft = inner.folder / "lab" / "raft1" / "raft.py"
    raft.write_text(raft.read_text().replace("part 3A comes first", "to do"))
    report = complaint(inner, RAFT_TEST)
    assert "NotImplementedError: to do" in report
    assert "raft1/raft.py" in report
    assert "repeat: pytest" in report


def test_folder_runs_by_itself(
    inner: InnerPytest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder that `raftlab init` made, `python -m pytest` tests what is in it.

    That puts the folder first in the search path, where its `raft1` must not hide the
    installed one, with which the tests are written. From outside, `pytest lab` does.
    """
    monkeypatch.setenv("PYTHONPATH", str(REFERENCE_ROOT))
    lab = inner.folder / "lab"
    suite = lab / "tests" / "raft"
    suite.mkdir(parents=True)
    for name in "conftest.py", "test_3a.py":
        shutil.copy(REFERENCE_ROOT / "tests" / "raft" / name, suite)
    monkeypatch.chdir(lab)
    result = inner.run_apart("-k", "3A", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=3)
    assert result.stdout.str().count("\npart 3A comes first") == 3
    result.stdout.fnmatch_lines([f"solution: {lab}", "configfile: pytest.ini"])

    monkeypatch.chdir(inner.folder)
    result = inner.run_apart("lab", "-k", "3A", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines([f"solution: {lab}"])


@pytest.fixture
def made(inner: InnerPytest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab as `raftlab init` makes it, with all of both suites."""
    lab = inner.folder / "made"
    monkeypatch.setenv("PYTHONPATH", str(REFERENCE_ROOT))
    assert raftlab_apart("init", lab, cwd=inner.folder).returncode == 0
    return lab


@pytest.mark.parametrize(
    ("folder", "workers"), [(".", "0"), ("raft1", "0"), ("kvraft1/rsm", "2")]
)
def test_both_suites_from_everywhere(
    inner: InnerPytest,
    made: Path,
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
    workers: str,
) -> None:
    """Both suites' tests are found, although files of theirs have the same name.

    They are the lab's own copies, of which this one has a test more.
    """
    with (made / "tests" / "raft" / "test_ours.py").open("a") as file:
        file.write("\n\ndef test_mine_3A(lab):\n    assert False, 'mine'\n")
    monkeypatch.chdir(made / folder)
    quick = "two_candidates_3A or mine_3A or same_request_4A or test_basic_4A"
    result = inner.run_apart("-k", quick, "-p", "no:cacheprovider", "-n", workers)
    result.assert_outcomes(failed=4)
    output = result.stdout.str()
    assert output.count("\npart 3A comes first") == 3
    result.stdout.fnmatch_lines([f"solution: {made}", "E * mine*"])
    ours = os.path.relpath(made / "tests" / "raft" / "test_ours.py")
    assert f"repeat: pytest {ours}::test_mine_3A --seed " in output


@pytest.mark.parametrize("folder", ["raft1", "tests/raft"])
def test_tests_of_a_folder_go_first(
    inner: InnerPytest, made: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """Where there are some they are meant, and so is what is named."""
    (made / folder / "test_mine.py").write_text("def test_mine():\n    pass\n")
    monkeypatch.chdir(made / folder)
    quiet = ["-p", "no:cacheprovider"]
    inner.run_apart("-k", "mine", *quiet).assert_outcomes(passed=1)
    inner.run_apart("test_mine.py", *quiet).assert_outcomes(passed=1)
