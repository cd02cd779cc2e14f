"""Ctrl-C ends a session of lab tests as it ends any session, wherever it comes.

The signal is raised at chosen points: in every function that is at work between two
tests, before it begins and after it has ended.
"""

from __future__ import annotations

import signal
import sys
from types import CodeType

import pytest

from tester1.session.interrupts import Interrupts, with_lines
from tester1.session.tracebacks import steps
from tests.tester1.conftest import IMPORTED, PLUGIN, InnerPytest

CONFTEST = """
    import importlib
    import signal

    import pytest

    MODULE, PATH, WHEN = {point!r}

    once = []

    def interrupt(now):
        if now == WHEN and not once:
            once.append(now)
            signal.raise_signal(signal.SIGINT)

    def interrupted(function):
        def wrapper(*args, **kwargs):
            interrupt("before")
            try:
                return function(*args, **kwargs)
            finally:
                interrupt("after")
        return wrapper

    @pytest.fixture(scope="session", autouse=True)
    def interrupting():
        patch = pytest.MonkeyPatch()
        owner = importlib.import_module(MODULE)
        *path, name = PATH.split(".")
        for step in path:
            owner = getattr(owner, step)
        patch.setattr(owner, name, interrupted(getattr(owner, name)))
        yield
        patch.undo()

    # Other plugins have hooks that pass on what went wrong within them like this, and
    # pluggy turns what is raised there into a warning.
    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(item, call):
        (yield).get_result()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_logreport(report):
        (yield).get_result()
"""

FAILING = """
    from tests.tester1.counting import make_config

    def test_first(lab):
        with make_config(lab, 2) as config:
            config.sleep(1)
            config.fatal("no leader")

    def test_next(lab):
        print("reached")
"""

FUNCTIONS = [
    ("_pytest.runner", "call_and_report"),
    ("_pytest.reports", "TestReport.from_item_and_call"),
    ("_pytest.reports", "TestReport._to_json"),
    ("labrt.sim.runtime", "SimRuntime.run"),
    ("tester1.cluster.config", "Config.cleanup"),
    ("tester1.cluster.group", "ServerGrp.shutdown_server"),
    ("tester1.lab", "Lab.run"),
    ("tester1.session.failure_report", "failure_report"),
    ("tester1.session.failure_report", "cut"),
    ("tester1.session.failure_report", "replay"),
    ("tester1.session.plugin", "explain"),
    ("tester1.session.plugin", "make_harmless"),
    ("tester1.session.plugin", "make_lab"),
    ("tester1.session.plugin", "prepare"),
    ("tester1.session.plugin", "write_trace"),
    ("tester1.timeline.page", "Visualizer.write"),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("module", "function"), FUNCTIONS, ids=[name for _, name in FUNCTIONS]
)
def test_anywhere(inner: InnerPytest, module: str, function: str, when: str) -> None:
    """pytest says so, ends with its own status, and begins no other test."""
    inner.file(CONFTEST.format(point=(module, function, when)), "conftest.py")
    inner.file(FAILING)
    options = ["-s", "-W", "error", "--solution", "solution", "--seed", "5"]
    result = inner.pytester.runpytest_inprocess(
        *PLUGIN, *options, *IMPORTED, no_reraise_ctrlc=True
    )
    output = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.INTERRUPTED, output
    result.stdout.fnmatch_lines("!*KeyboardInterrupt*!")
    for wrong in ("INTERNALERROR", "Traceback", "reached", "did not repeat"):
        assert wrong not in output
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("phase", ["setup", "body", "teardown", "thread"])
def test_phases_with_workers(inner: InnerPytest, phase: str) -> None:
    """The workers of pytest-xdist get the signal, too, and end with the session."""
    inner.file(
        f"""
        import os, signal
        import pytest
        from tests.tester1.counting import make_config

        def interrupt(phase, number):
            if phase == {phase!r} and number == 0:
                os.kill(os.getppid(), signal.SIGINT)
                signal.raise_signal(signal.SIGINT)

        @pytest.fixture
        def around(number):
            interrupt("setup", number)
            yield
            interrupt("teardown", number)

        @pytest.mark.parametrize("number", range(4))
        def test_it(lab, around, number):
            with make_config(lab, 2) as config:
                interrupt("body", number)
                config.spawn(interrupt, "thread", number)
                config.sleep(1)
        """
    )
    result = inner.run_apart("-n", "2", "--solution", "solution")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines("!*KeyboardInterrupt*!")
    output = result.stdout.str() + result.stderr.str()
    assert "INTERNALERROR" not in output
    assert "failed" not in output


# Holding back


class Session:
    """A lab test that is run."""

    fixturenames = ("lab",)


def test_held_back_until_the_end() -> None:
    """It comes when the test is over, once."""
    interrupts = Interrupts()
    protocol = interrupts.pytest_runtest_protocol(Session())  # type: ignore[arg-type]
    # It asks for nothing but the names of the fixtures.
    next(protocol)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        protocol.send(None)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_second_one_is_not_held_back() -> None:
    """Whoever presses it again does not want to wait."""
    interrupts = Interrupts()
    protocol = interrupts.pytest_runtest_protocol(Session())  # type: ignore[arg-type]
    # It asks for nothing but the names of the fixtures.
    next(protocol)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(StopIteration):
        protocol.send(None)


def test_other_handlers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has installed one gets the signal."""
    got: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: got.append(number))
    try:
        protocol = Interrupts().pytest_runtest_protocol(Session())  # type: ignore[arg-type]
        # It asks for nothing but the names of the fixtures.
        next(protocol)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(StopIteration):
            protocol.send(None)
    finally:
        signal.signal(signal.SIGINT, before)
    assert got == [signal.SIGINT]


def test_frames_that_stand_in_no_line() -> None:
    """They are left out of a traceback, and the others stay."""
    try:
        exec(_without_lines(compile("1 / 0", "nowhere", "exec")))
    except ZeroDivisionError as error:
        whole = error.__traceback__
    lines: list[int | None] = [step.tb_lineno for step in steps(whole)]
    assert lines[1:] == [None]
    kept = list(steps(with_lines(whole)))
    assert [step.tb_frame for step in kept] == [sys._getframe()]


def _without_lines(code: CodeType) -> CodeType:
    """Code whose instructions belong to no line."""
    # One entry for up to eight instructions: "no location".
    entries = -(-len(code.co_code) // 16)
    return code.replace(co_linetable=bytes([0b11111111] * entries))
