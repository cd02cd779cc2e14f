"""When a test leaves a timeline behind, and where it goes."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tester1.lab import Lab, LabFailure
from tester1.timeline.page import Outcome
from tests.faults import full_disk
from tests.tester1.counting import make_config


@pytest.fixture
def timeline(counting: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `VIS_FILE` says that the timeline goes; no policy is set."""
    path = tmp_path / "timeline.html"
    monkeypatch.delenv("VIS_ENABLE")
    monkeypatch.setenv("VIS_FILE", str(path))
    return path


def run(lab: Lab, error: BaseException | None) -> None:
    """A test that crashes a server and ends with `error`."""
    with contextlib.suppress(LabFailure, KeyboardInterrupt), make_config(lab, 3) as t:
        t.annotations.test("TestX", 3)
        t.group().kill([2])
        t.annotations.shutdown([2])
        if error is not None:
            raise error


def test_failed_test_leaves_a_file(
    counting: Lab, timeline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By default a failure is drawn, with its faults and its closing label."""
    run(counting, LabFailure("no leader"))
    page = timeline.read_text()
    assert "crash = [2]" in page
    assert "test failed" in page
    assert f"info: wrote visualization to {timeline}" in capsys.readouterr().out
    assert counting.files == [timeline]


def test_each_environment_has_its_own_page(
    counting: Lab, timeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test may use several, one after the other: the last one's failure is shown."""
    monkeypatch.setenv("VIS_ENABLE", "always")
    run(counting, None)
    assert "test passed" in timeline.read_text()
    run(counting, LabFailure("no leader"))
    assert "test failed" in timeline.read_text()
    assert "test passed" not in timeline.read_text()
    assert counting.files == [timeline, timeline]
    assert counting.last_fault is not None


def test_passed_test_leaves_none(counting: Lab, timeline: Path) -> None:
    """By default a pass is not drawn."""
    run(counting, None)
    assert not timeline.exists()


def test_always(counting: Lab, timeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`VIS_ENABLE=always` draws a pass, too."""
    monkeypatch.setenv("VIS_ENABLE", "always")
    run(counting, None)
    assert "test passed" in timeline.read_text()


def test_never(counting: Lab, timeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`VIS_ENABLE=never` draws nothing, and leaves no empty file (28.13 repaired)."""
    monkeypatch.setenv("VIS_ENABLE", "never")
    run(counting, LabFailure("no leader"))
    assert not timeline.exists()


def test_interrupted(counting: Lab, timeline: Path) -> None:
    """An interrupted test says so in its closing label."""
    run(counting, KeyboardInterrupt())
    assert "interrupted" in timeline.read_text()


def test_one_file_a_test(counting: Lab, timeline: Path) -> None:
    """A test whose timeline has been written already keeps that one."""
    config = make_config(counting, 1)
    assert config.visualizer.write(None, Outcome.FAILED) == timeline
    timeline.write_text("the history is in here")
    with pytest.raises(LabFailure), config:
        config.fatal("not linearizable")
    assert timeline.read_text() == "the history is in here"


def test_replay_leaves_none(counting: Lab, timeline: Path) -> None:
    """The repetition of a failed run does not overwrite that run's file."""
    counting.is_replay = True
    run(counting, LabFailure("no leader"))
    assert not timeline.exists()


def test_artifacts_folder(
    counting: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `VIS_FILE` the file goes to the run's artifacts, named after the test."""
    monkeypatch.delenv("VIS_ENABLE")
    counting.artifacts = tmp_path / "artifacts"
    counting.name = "test_x[a/b]"
    counting.seed = 5
    run(counting, LabFailure("no leader"))
    assert counting.files == [tmp_path / "artifacts" / "test_x_a_b_-5.html"]
    assert counting.files[0].exists()


def test_file_that_cannot_be_written(
    counting: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is said, and the test's own failure stays the failure."""
    monkeypatch.delenv("VIS_ENABLE")
    monkeypatch.setenv("VIS_FILE", str(tmp_path / "missing" / "x.html"))
    run(counting, LabFailure("no leader"))
    assert "info: failed to write visualization" in capsys.readouterr().out
    assert counting.files == []


def test_no_room_is_a_problem_and_no_failure(
    counting: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The test's own end stays what it was, and no half of a page stays behind."""
    monkeypatch.setenv("VIS_ENABLE", "always")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = sorted(tmp_path.iterdir())
    with full_disk(0):
        run(counting, LabFailure("no leader"))
    assert sorted(tmp_path.iterdir()) == before
    (problem,) = counting.warnings
    assert "No space left on device" in problem
    assert problem in capsys.readouterr().out
    assert counting.files == []


def test_a_link_to_itself_is_no_failure(
    counting: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `VIS_FILE` is a link that leads nowhere, the page takes its place."""
    link = tmp_path / "loop"
    link.symlink_to(link)
    monkeypatch.setenv("VIS_ENABLE", "always")
    monkeypatch.setenv("VIS_FILE", str(link))
    run(counting, None)
    assert "test passed" in link.read_text()
