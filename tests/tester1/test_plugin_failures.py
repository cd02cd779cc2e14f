"""Whatever a lab test raises is its result, and the session goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.tester1.conftest import PLUGIN, InnerPytest

CLASSES = r"""
    import pytest
    from tests.tester1.counting import make_config

    class Odd(BaseException):
        pass

    class Mute(Exception):
        def __str__(self):
            raise SystemExit(3)

    class Unseen(Exception):
        def __repr__(self):
            raise ValueError("no")
        __str__ = __repr__

    def test_odd(lab):
        with make_config(lab, 2) as config:
            config.sleep(1)
            STATEMENT

    def test_next(lab):
        with make_config(lab, 1):
            pass
"""

FAILURES = [
    "pytest.fail('wrong term')",
    "pytest.fail('wrong term', pytrace=False)",
    "raise SystemExit(3)",
    "raise GeneratorExit",
    "raise StopIteration",
    "raise Odd('x')",
    "raise Mute",
    "raise Unseen",
    "raise __import__('greenlet').GreenletExit",
    "raise __import__('asyncio').CancelledError",
    "raise MemoryError",
    "raise RecursionError",
    "raise ExceptionGroup('several', [ValueError('\\udcff'), Mute()])",
    "raise ValueError('bad name \\udcff')",
    "raise ValueError('\\x00\\x1b[2J')",
    "raise ValueError('x' * 10**6)",
    "assert False, '\\udcff'",
    "config.fatal('bad name \\udcff')",
    "config.spawn(pytest.fail, 'wrong term'); config.sleep(1)",
    "config.spawn(exit, 3); config.sleep(1)",
]


@pytest.mark.parametrize("statement", FAILURES)
def test_any_failure(inner: InnerPytest, statement: str) -> None:
    """It fails the one test, with all that the report has to say."""
    inner.file(CLASSES.replace("STATEMENT", statement))
    result = inner.run("--solution", "solution", "--seed", "5")
    result.assert_outcomes(failed=1, passed=1)
    output = result.stdout.str()
    assert "INTERNALERROR" not in output
    assert "\x1b" not in output
    assert "\x00" not in output
    if "pytrace" not in statement:
        result.stdout.fnmatch_lines(
            [
                "failed at 1.000 s, before any fault",
                "   0.0000  starts*",
                "repeat: pytest test_inner.py::test_odd --seed 5 --solution solution",
            ]
        )


@pytest.mark.parametrize("statement", FAILURES[-6:-3])
def test_any_failure_in_a_worker(inner: InnerPytest, statement: str) -> None:
    """What it says can be sent to the controller, and written as XML."""
    inner.file(CLASSES.replace("STATEMENT", statement))
    options = ["--solution", "solution", "-n", "1", "--junitxml", "junit.xml"]
    result = inner.run_apart(*options)
    result.assert_outcomes(failed=1, passed=1)
    assert "<failure" in (inner.folder / "junit.xml").read_text()


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        ("pytest.skip('not \\udcff')", {"skipped": 1}),
        ("pytest.importorskip('no_such_module')", {"skipped": 1}),
        ("pytest.xfail('known')", {"xfailed": 1}),
    ],
)
def test_no_failures(
    inner: InnerPytest, statement: str, outcome: dict[str, int]
) -> None:
    """What pytest does not call a failure is none here, and costs no repetition."""
    inner.file(CLASSES.replace("STATEMENT", statement))
    result = inner.run_apart("--solution", "solution", "-n", "1")
    result.assert_outcomes(passed=1, **outcome)
    assert "repeat:" not in result.stdout.str()


def test_exit_ends_the_session(inner: InnerPytest) -> None:
    """`pytest.exit` means in a lab test what it always means."""
    inner.file(CLASSES.replace("STATEMENT", "pytest.exit('enough')"))
    result = inner.run("--solution", "solution")
    result.stdout.fnmatch_lines("!*_pytest.outcomes.Exit: enough !*")
    assert result.ret == pytest.ExitCode.INTERRUPTED


@pytest.mark.parametrize("again", ["", *FAILURES, "pytest.exit('x')", "pytest.skip()"])
def test_repetition_that_ends_otherwise(inner: InnerPytest, again: str) -> None:
    """A test that depends on more than its seed is told so, however it ends then."""
    inner.file(
        CLASSES.replace(
            "STATEMENT",
            f"runs.append(1)\n            if len(runs) > 1:\n                "
            f"{again or 'return'}\n            assert not runs",
        )
        + "\n    runs = []\n"
    )
    result = inner.run("--solution", "solution", "--seed", "5")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines("the failure did not repeat under the same seed*")


def test_interrupted_repetition(inner: InnerPytest) -> None:
    """Ctrl-C is Ctrl-C, also where the harness does the run once more."""
    inner.file(
        """
        import signal

        runs = []

        def test_twice(lab):
            runs.append(1)
            if len(runs) == 2:
                signal.raise_signal(signal.SIGINT)
            lab.runtime.sleep(1)
            assert not runs

        def test_next(lab):
            print("reached")
        """
    )
    result = inner.run_apart("-s")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines("!*KeyboardInterrupt*!")
    assert "INTERNALERROR" not in result.stdout.str()
    assert "reached" not in result.stdout.str()


STOPPING = """
import pdb
import sys
from pdb import set_trace


def start(tester, ends, gid, me, persister):
    print("stopping", file=sys.stderr)
    print("stopping")
    STOP
    return []
"""


@pytest.mark.parametrize(
    "stop",
    [
        "breakpoint()",
        "sys.breakpointhook()",
        "pdb.set_trace()",
        "set_trace()",
        "pdb.Pdb().set_trace()",
        "set_trace(header='here')",
    ],
)
def test_breakpoint_stops_once(inner: InnerPytest, stop: str) -> None:
    """It stops the run, and not the repetition, which prints nothing either."""
    stopping(inner, stop)
    ended = run_with_input(inner, "continue\ncontinue\n")
    assert ended.stdout.count("(Pdb)") == 1
    assert (ended.stdout + ended.stderr).count("] stopping\n") == 2
    assert "0.0000  starts" in ended.stdout


def test_quitting_the_debugger_ends_the_session(inner: InnerPytest) -> None:
    """In a server as anywhere else."""
    stopping(inner, "breakpoint()")
    ended = run_with_input(inner, "quit\n")
    assert ended.returncode == pytest.ExitCode.INTERRUPTED
    assert "_pytest.outcomes.Exit: Quitting debugger" in ended.stdout
    assert "repeat:" not in ended.stdout


def run_with_input(inner: InnerPytest, text: str) -> subprocess.CompletedProcess[str]:
    """Run pytest without capturing, with something to read."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, "-s", "--solution", "solution"],
        cwd=inner.folder,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def stopping(inner: InnerPytest, stop: str) -> None:
    """Write a test whose server stops like this when it starts."""
    program = inner.folder / "solution" / "raft1" / "stopping.py"
    program.write_text(STOPPING.replace("STOP", stop))
    inner.file(
        """
        from tester1.cluster.config import Config

        def test_x(lab):
            with Config(lab, 1, reliable=True, start="raft1.stopping:start") as config:
                config.fatal("no leader")
        """
    )
