"""What every test of the repository can rely on: the raftlab plugin, and `pytester`."""

from __future__ import annotations

import signal
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]
if not entry_points(group="pytest11", name="raftlab"):
    # A checkout that is not installed has no entry point to find the plugin by.
    pytest_plugins.append("tester1.plugin")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let Ctrl-C be tried, in whatever way the tests were started.

    A shell that runs them in the background has them, and all that they start, ignore
    the signal.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
