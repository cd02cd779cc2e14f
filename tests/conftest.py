"""What every test of the repository can rely on: the raftlab plugin, and `pytester`."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.falls import FallCheck

pytest_plugins = ["pytester", "tester1.session.plugin"]


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let Ctrl-C be tried, in whatever way the tests were started.

    A shell that runs them in the background has them, and all that they start, ignore
    the signal.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_falls(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test of the suites that labgob could only do on its exact path."""
    check = FallCheck(request)
    yield
    check.end()
