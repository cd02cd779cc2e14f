"""The comparison of two checkouts: what its figures are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.compare import compare, in_turn, main
from benchmarks.one_pass import Pass


def a_pass(cpu_s: float, rpcs: int = 10, **others: float) -> Pass:
    """A pass whose tests all had the same number of RPCs."""
    tests_s = {"test_1": cpu_s, **others}
    return Pass(1.0, tests_s, dict.fromkeys(tests_s, rpcs), 10.0)


def test_the_best_times_are_compared_and_rounds_give_the_spread() -> None:
    """Noise only adds to a time, so that the ratio is that of the best."""
    here = [a_pass(3.0), a_pass(2.0)]
    other = [a_pass(1.0), a_pass(4.0)]
    test, total, *_ = compare(here, other)
    assert (test.name, test.ratio, test.spread) == ("test_1", 2.0, (0.5, 3.0))
    assert (total.name, total.ratio) == ("all tests", 2.0)


def test_only_common_tests_are_compared() -> None:
    """A test that one checkout lacks is in no total."""
    names = [one.name for one in compare([a_pass(1.0, new=5.0)], [a_pass(1.0)])]
    assert names == ["test_1", "all tests", "start", "sequential Call, us"]
    assert compare([a_pass(1.0, new=5.0)], [a_pass(1.0)])[1].ratio == 1.0


def test_more_work_is_told_from_slower_work() -> None:
    """Another run of the same seed may have more to do."""
    test, total, start, _ = compare([a_pass(3.0, rpcs=20)], [a_pass(1.0)])
    assert (test.ratio, test.work, total.work, start.work) == (3.0, 2.0, 2.0, None)


def test_the_checkouts_take_turns_at_being_first() -> None:
    """A machine that gets slower all the time favours neither."""
    order = []

    def note(name: str) -> Pass:
        order.append(name)
        return a_pass(1.0)

    here, other = in_turn(3, lambda: note("here"), lambda: note("other"))
    assert order == ["here", "other", "other", "here", "here", "other"]
    assert len(here) == len(other) == 3


def test_a_folder_that_is_no_checkout_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the folder."""
    monkeypatch.setattr("sys.argv", ["compare", str(tmp_path)])
    with pytest.raises(SystemExit):
        main()
    assert f"{tmp_path} is no checkout of raftlab" in capsys.readouterr().err
