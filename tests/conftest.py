"""What every test of the repository can rely on: the raftlab plugin, and `pytester`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.falls import FallCheck

pytest_plugins = ["pytester", "tester1.session.plugin"]

# How long an example takes says how busy the machine is, and nothing else. Whoever only
# runs the suites need not have hypothesis.
if find_spec("hypothesis"):
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        "any machine",
        settings.default,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let Ctrl-C be tried, in whatever way the tests were started.

    A shell that runs them in the background has them, and all that they start, ignore
    the signal.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


_TASTES = (
    *("CI", "BUILD_NUMBER", "PYTEST_ADDOPTS", "PYTEST_THEME", "PYTEST_THEME_MODE"),
    *("PY_COLORS", "NO_COLOR", "FORCE_COLOR"),
)
"""The variables by which whoever starts pytest changes how it prints.

Not the width: a test that depends on it sets it for what it starts, and what it starts
may be lab tests, which have this fixture as well.
"""


@pytest.fixture(scope="session", autouse=True)
def own_tastes() -> Iterator[None]:
    """Let what the tests start print alike everywhere, also on a builder of a service.

    With `CI` set, to name one, pytest does not cut the lines of its summary.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in _TASTES:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def _no_falls(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test of the suites that labgob could only do on its exact path."""
    check = FallCheck(request)
    yield
    check.end()
