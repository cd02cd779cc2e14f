"""`LabTest`: how a test ends, whatever its block was left with, and what it offers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tester1.cluster.testcase import LabTest, growing_pauses
from tester1.lab import Lab, LabFailure
from tester1.porcupine import KvModel, check
from tests.porcupine.builders import put
from tests.tester1.counting import ask, make_config


def start(lab: Lab) -> LabTest:
    """A test with three servers that has just begun."""
    test = LabTest(make_config(lab, 3), "TestX")
    test.begin("Test: X")
    return test


@pytest.fixture
def timeline(counting: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the timeline of a test goes, however it ends."""
    path = tmp_path / "timeline.html"
    monkeypatch.setenv("VIS_ENABLE", "always")
    monkeypatch.setenv("VIS_FILE", str(path))
    return path


def is_down(test: LabTest) -> bool:
    """Whether the clean-up has been done."""
    return not any(map(test.group.alive, test.group.servers()))


def labels(test: LabTest) -> list[str]:
    """The texts on the timeline, by time."""
    return [record.text for record in test.annotations.records()]


def leave(test: LabTest, error: BaseException | None) -> None:
    """End the block of `test` with `error`, or with none."""
    with test:
        if error is not None:
            raise error


# How a test ends


def test_a_pass_prints_its_result_and_cleans_up(
    counting: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """Leaving the block ends the last stretch."""
    test = start(counting)
    with test:
        test.sleep(2.0)
    assert is_down(test)
    assert "... Passed --  time  2.0s #peers 3" in capsys.readouterr().out


def test_every_stretch_has_a_result(counting: Lab) -> None:
    """A test may end a stretch and begin another."""
    test = start(counting)
    with test:
        test.sleep(1.0)
        test.end()
        test.begin("Test: Y")
        test.sleep(2.0)
    assert [line[:10] for line in counting.results] == ["time  1.0s", "time  2.0s"]


@pytest.mark.parametrize(
    ("error", "closing"),
    [
        (LabFailure("wrong term"), "test failed"),
        (KeyError("a bug of the test"), "test failed"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_what_is_raised_in_the_block_goes_on(
    counting: Lab, timeline: Path, error: BaseException, closing: str
) -> None:
    """No result line, everything down, and a timeline that says how it ended."""
    test = start(counting)
    with pytest.raises(type(error)) as raised, test:
        raise error
    assert raised.value is error
    assert counting.results == []
    assert is_down(test)
    assert labels(test)[-1] == closing
    assert timeline.exists()


def test_an_end_that_fails_fails_the_test(
    counting: Lab, timeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is judged like the test's own failure: nothing is called passed."""
    test = start(counting)

    def judge() -> None:
        raise LabFailure("test took longer than 120 seconds")

    monkeypatch.setattr(test.config, "check_timeout", judge)
    with pytest.raises(LabFailure, match="longer than"), test:
        pass
    assert counting.results == []
    assert is_down(test)
    assert labels(test)[-1] == "test failed"
    assert "test passed" not in timeline.read_text()


def test_the_end_is_not_judged_after_a_failure(
    counting: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came first is what is told."""
    test = start(counting)
    monkeypatch.setattr(test.config, "end", lambda: pytest.fail("was judged"))
    with pytest.raises(LabFailure, match=r"^first$"), test:
        test.fail("check", "first")


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (None, OSError),
        (LabFailure("wrong term"), LabFailure),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failure_on_the_way_down_comes_second(
    counting: Lab,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException | None,
    raised: type[BaseException],
) -> None:
    """It is told with the test's failure, and is one if there is no other."""
    test = start(counting)

    def break_down(_: object) -> None:
        raise OSError("no network to take down")

    monkeypatch.setattr(type(test.config.net), "Cleanup", break_down)
    with pytest.raises(raised) as told:
        leave(test, error)
    assert is_down(test)
    if isinstance(error, LabFailure):
        assert told.value.__notes__ == ["besides: OSError: no network to take down"]


def test_a_passing_test_shows_its_history(
    counting: Lab, timeline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that was checked last is on the timeline."""
    test = start(counting)
    with test:
        test.checked = check(KvModel(), [put("sweet-potato", 0, 1.0, 2.0)])
    assert "info: wrote history visualization" in capsys.readouterr().out
    assert "sweet-potato" in timeline.read_text()


def test_a_failing_test_shows_no_history_that_was_fine(
    counting: Lab, timeline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its page would say that all is well."""
    test = start(counting)
    test.checked = check(KvModel(), [put("sweet-potato", 0, 1.0, 2.0)])
    with pytest.raises(LabFailure), test:
        test.fail("too slow", "too slow")
    assert "info: wrote visualization" in capsys.readouterr().out
    assert "sweet-potato" not in timeline.read_text()


# What it offers


def test_a_failure_is_on_the_timeline(counting: Lab) -> None:
    """What was checked is its label, and the message its details."""
    test = start(counting)
    with pytest.raises(LabFailure, match=r"^expected one leader$"), test:
        test.fail("no leader", "expected one leader")
    (record,) = [r for r in test.annotations.records() if r.text == "no leader"]
    assert record.details == "expected one leader"


def test_a_requirement_fails_only_when_it_is_not_met(counting: Lab) -> None:
    """The message is the failure's."""
    test = start(counting)
    test.require(True, "one is too many")
    with pytest.raises(LabFailure, match=r"^two is too many$"), test:
        test.require(False, "two is too many")


def test_calls_are_made_side_by_side(counting: Lab) -> None:
    """Results come in the order of the calls, whichever returns first."""
    test = start(counting)

    def wait(seconds: float) -> float:
        test.sleep(seconds)
        return seconds

    with test:
        begin = test.now()
        seconds = [3.0, 1.0, 2.0]
        got = test.concurrently([partial(wait, s) for s in seconds])
        assert got == seconds
        assert test.now() - begin == 3.0


def test_results_can_be_asked_for_later(counting: Lab) -> None:
    """Spawned calls work while the test does something else."""
    test = start(counting)
    stop = test.runtime.future()

    def work() -> float:
        stop.wait()
        return test.now()

    with test:
        working = test.spawn_all([work, work], name="worker")
        test.sleep(1.5)
        stop.set()
        assert working.results() == [1.5, 1.5]


def test_a_call_that_fails_fails_the_test(counting: Lab) -> None:
    """Nobody waits for results that will never come."""
    test = start(counting)
    with pytest.raises(LabFailure, match=r"^wrong$"), test:
        test.concurrently([lambda: test.fail("check", "wrong"), lambda: None])


def test_faults_are_on_the_timeline(counting: Lab) -> None:
    """Cut off, partitioned, crashed: each is drawn from when it was done."""
    test = start(counting)
    with test:
        test.disconnect(0)
        test.connect(0)
        test.partition([0, 1], [2])
        test.crash_all()
        assert is_down(test)
        test.restart_all()
        assert not is_down(test)
    drawn = [r.text for r in test.annotations.records() if r.tag == "$ Failure"]
    assert drawn == [
        "partition = [0] [1 2]",
        "partition = [0 1] [2]",
        "partition = / crash = [0 1 2]",
    ]


def test_long_waits_take_half_a_minute() -> None:
    """Thirty pauses, from 10 ms up to a little more than a second."""
    pauses = list(growing_pauses())
    assert pauses[:3] == [0.010, 0.020, 0.040]
    assert len(pauses) == 30
    assert max(pauses) == 1.28
    assert 29 < sum(pauses) < 32


# Single links


def test_links_are_cut_and_mended(counting: Lab) -> None:
    """One direction only, and the timeline says which."""
    with start(counting) as test:
        test.cut_link(0, 1)
        assert not ask(test.config, 0, 1)
        assert ask(test.config, 1, 0)
        test.mend_link(0, 1)
        assert ask(test.config, 0, 1)
        fault = test.annotations.last_fault
        assert fault is not None
        assert fault.text == "cut: 0 > 1"


def test_links_hold_calls_until_they_are_released(counting: Lab) -> None:
    """A call on a link that is held waits; all other links are as they were."""
    with start(counting) as test:
        test.hold_links((0, 1), (2, 1))
        asking = test.spawn(ask, test.config, 0, 1)
        test.sleep(1.0)
        assert not asking.done
        assert [test.group.held_on_link(i, 1) for i in (0, 2)] == [1, 0]
        assert ask(test.config, 1, 0)
        test.release_links((0, 1), (2, 1))
        asking.join()
        fault = test.annotations.last_fault
        assert fault is not None
        assert fault.text == "held: 0 > 1, 2 > 1"
