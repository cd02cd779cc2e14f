"""Ctrl-C in a session of pytest: raised where pytest can deal with it.

Python raises `KeyboardInterrupt` between any two instructions. In the body of a test
and in a fixture that is right. But pytest's reports are made by hooks of many plugins,
some of which turn an exception that passes them into an internal error, and a lab test
that has failed spends most of its time there, since its run is done once more for its
last events. So while pytest is at work on a lab test,

- Ctrl-C is held back, and raised when the test is over, between two tests;
- it is let through in what may take long: set-up, body, tear-down, repetition;
- a second Ctrl-C is never held back.

Only Python's own handler is replaced, and only in the main thread: who has installed
another one knows better.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from types import FrameType, TracebackType

import pytest

from tester1.session.tracebacks import steps

__all__ = ["Interrupts", "is_lab_test", "with_lines"]


def is_lab_test(item: pytest.Item) -> bool:
    """Whether a test runs in a runtime of its own."""
    return "lab" in getattr(item, "fixturenames", ())


class Interrupts:
    """Holds Ctrl-C back and lets it through again: a plugin of pytest.

    Its own methods are plain calls and no context managers. Wherever the interrupt
    comes, between any two instructions, what it leaves installed is Python's own
    handler, or one that `end` puts right.
    """

    def __init__(self) -> None:
        self._active = False
        self._pressed = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item
    ) -> Generator[None, object, object]:
        """Hold Ctrl-C back until a lab test is over, but for what is let through.

        It is the outermost: no other plugin's hook is under way when it is raised.
        """
        if not is_lab_test(item):
            return (yield)
        self._active = True
        self.hold()
        try:
            return (yield)
        finally:
            self._active = False
            self.end()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Let it through: a fixture may take long."""
        return (yield from self._let_through())

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Let it through: it is the test that was meant."""
        return (yield from self._let_through())

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Let it through: what a fixture undoes may take long."""
        return (yield from self._let_through())

    # The three hooks above are `trylast`, which makes them the innermost wrappers: what
    # other plugins do around a step is protected still.
    def _let_through(self) -> Generator[None, object, object]:
        try:
            # Inside the `try`: it raises what was held back until now.
            self.release()
            return (yield)
        except KeyboardInterrupt as interrupt:
            interrupt.__traceback__ = with_lines(interrupt.__traceback__)
            raise
        finally:
            self.hold()

    def hold(self) -> None:
        """From here on, in a lab test, Ctrl-C is only taken note of."""
        # Python installs handlers in the main thread only, and pytest may be run in
        # another.
        in_main = threading.current_thread() is threading.main_thread()
        replaceable = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._active and in_main and replaceable:
            signal.signal(signal.SIGINT, self._note)

    def release(self) -> None:
        """From here on Ctrl-C is raised at once, as is one that was held back."""
        if signal.getsignal(signal.SIGINT) == self._note:
            # In this order: what comes in between is seen by one of the two.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._raise_held()

    def end(self) -> None:
        """Hold nothing back any more; raises what was."""
        if signal.getsignal(signal.SIGINT) == self._note:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        # Under another handler too: `press` takes note whoever has raised it.
        self._raise_held()

    def press(self) -> None:
        """Take note of an interrupt that was raised too early."""
        self._pressed = True

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._pressed:
            self._raise_held()
        self._pressed = True

    def _raise_held(self) -> None:
        if self._pressed:
            self._pressed = False
            raise KeyboardInterrupt


def with_lines(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback without the steps that stand in no line.

    A frame can be interrupted at an instruction that belongs to no line of the source,
    which pytest does not expect when it says where Ctrl-C came.
    """
    following: TracebackType | None = None
    for step in reversed(list(steps(traceback))):
        line: int | None = step.tb_lineno
        if line is not None:
            following = TracebackType(following, step.tb_frame, step.tb_lasti, line)
    return following
