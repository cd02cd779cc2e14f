"""However a tester ends, its servers end with it, and their files go."""

from __future__ import annotations

import os
import signal

import pytest

from tests.process.outside import Outside, wait_until

WAITING_TEST = """
import os
from pathlib import Path

from raft1.testing.scaffold import RaftTest
from tester1.lab import Lab


def test_that_waits(lab: Lab) -> None:
    with RaftTest(lab, 3, "waiting") as test:
        test.check_one_leader()
        Path("running").write_text(str(os.getpid()))
        test.sleep(1000)
"""


def nothing_is_left(outside: Outside) -> bool:
    """Whether neither a process nor a file is left."""
    return not outside.processes() and not outside.files()


@pytest.mark.parametrize(
    ("number", "options"),
    [
        (signal.SIGINT, ()),
        (signal.SIGTERM, ()),
        (signal.SIGKILL, ()),
        (signal.SIGKILL, ("-n", "1")),
    ],
)
def test_nothing_outlives_a_tester_that_is_ended(
    outside: Outside, number: signal.Signals, options: tuple[str, ...]
) -> None:
    """Ctrl-C, the end of a terminal, a killed pytest, a killed xdist worker."""
    outside.write(WAITING_TEST)
    running = outside.folder / "running"
    with outside.start(*options) as process:
        wait_until(lambda: running.exists() and running.read_text() != "", "start")
        assert len(outside.processes()) > 4
        assert outside.files()
        os.kill(int(running.read_text()), number)
        if options:
            # The controller would start another worker in place of the killed one.
            wait_until(lambda: "crashed" in outside.output_file.read_text(), "crash")
            process.send_signal(signal.SIGINT)
        process.wait()
    wait_until(lambda: nothing_is_left(outside), "the end of all processes and files")


def test_a_test_that_is_out_of_time_leaves_nothing(outside: Outside) -> None:
    """A test at its limit ends with all its servers, whatever they are doing."""
    outside.write(
        "import tester1.cluster.config\ntester1.cluster.config.TIME_LIMIT_S = 2.0\n"
        + WAITING_TEST
    )
    output = outside.run()
    assert "test took longer than 2 seconds" in output
    wait_until(lambda: nothing_is_left(outside), "the end of all processes and files")
