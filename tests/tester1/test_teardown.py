"""Whatever fails on the way out: all of it is done, and the first failure is told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from labrpc import Network
from labrt import SimRuntime
from tester1.cluster.group import ServerGrp
from tester1.contact.clients import Clnts
from tester1.hosts.worlds import SimHost
from tester1.lab import Lab, LabFailure, Mode
from tester1.teardown import do_all
from tester1.timeline.page import Visualizer
from tests.tester1.counting import make_config, write_solution


def raising(error: BaseException) -> Callable[[], object]:
    """A step that fails."""

    def step() -> None:
        raise error

    return step


def notes(error: BaseException) -> list[str]:
    """What was added to a failure."""
    return getattr(error, "__notes__", [])


def test_every_step_is_done() -> None:
    """Also those after a failure, and the first one is raised with the others."""
    done: list[int] = []
    steps = [
        lambda: done.append(1),
        raising(ValueError("first")),
        lambda: done.append(2),
        raising(SystemExit("second")),
        lambda: done.append(3),
    ]
    with pytest.raises(ValueError, match="first") as failure:
        do_all(steps)
    assert done == [1, 2, 3]
    assert notes(failure.value) == ["besides: SystemExit: second"]


def test_the_failure_before_stays_the_one_told() -> None:
    """What fails later is a note, and its caller raises on."""
    before = LabFailure("no leader")
    do_all([raising(OSError("disk")), raising(before)], before)
    assert notes(before) == ["besides: OSError: disk"]


def test_interrupt_goes_first() -> None:
    """Ctrl-C in the middle is raised, however many failures came before it."""
    with pytest.raises(KeyboardInterrupt) as interrupt:
        do_all([raising(OSError("disk")), raising(KeyboardInterrupt())], ValueError())
    assert notes(interrupt.value) == []


PARTS = (
    (Lab, "end"),
    (Clnts, "cleanup"),
    (ServerGrp, "shutdown_server"),
    (Network, "Cleanup"),
    (SimHost, "close"),
    (Visualizer, "write"),
)

OF_A_CONFIG = [
    *("end", "cleanup", "shutdown_server", "shutdown_server"),
    *("Cleanup", "close", "write"),
]


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The environment of a run of its own, with the counting program."""
    monkeypatch.setenv("VIS_ENABLE", "never")
    solution = write_solution(tmp_path / "solution")
    return Lab(SimRuntime(3), Mode.SIM, 3, solution=solution)


@pytest.mark.parametrize("own", [None, LabFailure("own"), SystemExit(2)])
@pytest.mark.parametrize("broken", [name for _, name in PARTS])
def test_clean_up_is_complete(
    apart: Lab, broken: str, own: BaseException | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part of every `Config`, whichever fails; the test's own failure is told."""
    done: list[str] = []
    failure = OSError("disk")

    def watched(name: str, original: Callable[..., object]) -> Callable[..., object]:
        def step(*arguments: object) -> object:
            done.append(name)
            if name == broken:
                raise failure
            return original(*arguments)

        return step

    def test() -> None:
        make_config(apart, 2)
        make_config(apart, 2)
        for owner, name in PARTS:
            monkeypatch.setattr(owner, name, watched(name, getattr(owner, name)))
        if own is not None:
            raise own

    with pytest.raises(BaseException) as raised:  # noqa: PT011  # `is` says which
        apart.run(test)
    assert raised.value is (failure if own is None else own)
    assert done == ["end", *OF_A_CONFIG, *OF_A_CONFIG]


def test_work_in_an_except_block(apart: Lab) -> None:
    """An error that a test has dealt with is none of its run."""

    def test() -> None:
        try:
            raise KeyError("of no account")
        except KeyError:
            with make_config(apart, 1) as config:
                config.begin("Test: after an error")
                config.end()
            limited = make_config(apart, 1)
            limited.finish(None)

    apart.run(test)
    assert len(apart.results) == 3


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "test passed"),
        (LabFailure(), "test failed"),
        (SystemExit(), "test failed"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_timeline_says_how_the_test_ended(
    apart: Lab,
    error: BaseException | None,
    outcome: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What ended the test decides, and not what else is under way."""
    monkeypatch.setenv("VIS_ENABLE", "always")
    apart.artifacts = tmp_path / "artifacts"

    def test() -> None:
        try:
            raise KeyError("of no account")
        except KeyError:
            with make_config(apart, 1):
                if error is not None:
                    raise error from None

    with contextlib.suppress(BaseException):
        apart.run(test)
    assert apart.annotations[-1].records()[-1].text == outcome
