"""The pytest plugin: what it reports, and that pytest's own features still work."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys

import pytest

from tests.tester1.conftest import PLUGIN, InnerPytest

PASSING = """
    from tests.tester1.counting import make_config

    def test_pass(lab):
        with make_config(lab, 3) as config:
            config.begin("Test: nothing")
            config.sleep(3.14)
            config.op_inc(2)
"""

FAILING = """
    from tests.tester1.counting import ask, make_config

    def test_fail(lab):
        with make_config(lab, 3) as config:
            config.annotations.test("TestFail", 3)
            config.begin("Test: server 2 is cut off")
            config.sleep(1.5)
            config.group().disconnect_all(2)
            config.annotations.connection(config.group().get_connected())
            ask(config, 0, 1)
            odd = config.random.random()
            config.fatal(f"server 0 is odd: {odd}", servers=[0])

    def test_other(lab):
        pass
"""

BACKGROUND = """
    import time
    from tests.tester1.counting import make_config

    def client(config):
        config.sleep(2)
        expected, found = 1, 2
        assert found == expected

    def test_background(lab):
        with make_config(lab, 1) as config:
            config.spawn(client, config)
            config.sleep(100)
"""

WITH_SOLUTION = ["--solution", "solution", "--seed", "5"]


def test_result_line_is_the_status(inner: InnerPytest) -> None:
    """With `-v` the word of a passed test's status has its result line, once each."""
    inner.file(PASSING)
    line = "*::test_pass PASSED  time  3.1s #peers 3 #RPCs     0 #Ops    2 *"
    inner.run(*WITH_SOLUTION, "-v").stdout.fnmatch_lines(line)
    inner.run(*WITH_SOLUTION, "-s").stdout.fnmatch_lines(
        ["*Test: nothing (reliable network)...", "  ... Passed --  time  3.1s *"]
    )


def test_report_of_a_failure(inner: InnerPytest) -> None:
    """The property, the time and the fault, all servers, what happened, the command."""
    inner.file(FAILING)
    result = inner.run(*WITH_SOLUTION)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "test_inner.py:13: in test_fail",
            "    config.fatal(f*",
            "E *LabFailure: server 0 is odd: 0.*",
            "*raftlab*",
            "failed at 1.50? s, after partition = [[]2[]] [[]0 1[]] at 1.500 s",
            "server *connected *role *term *",
            "0 *up *",
            " *server-0-0",
            "   0.0000  starts",
            "   1.5000  -- partition = [[]2[]] [[]0 1[]]",
            "   1.5000  →1 Get*",
            "   1.50??  ←1 Get answers *",
            "repeat: pytest test_inner.py::test_fail --seed 5 --solution solution",
        ]
    )


def test_a_file_is_told_once(
    inner: InnerPytest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line that the test has printed is not shown as well; its others are."""
    monkeypatch.setenv("VIS_ENABLE", "always")
    inner.file(
        """
        from tester1.cluster.config import Config

        def test_x(lab):
            print("info: mine")
            with Config(lab, 2, reliable=True, start="raft1.counting:start") as config:
                config.fatal("odd")
        """
    )
    output = inner.run(*WITH_SOLUTION, "--artifacts", "kept").stdout.str()
    assert output.count("kept/test_x-5.html") == 1
    assert "\nwrote kept/test_x-5.html\n" in output
    assert "\ninfo: mine\n" in output


def test_reports_come_from_workers(inner: InnerPytest) -> None:
    """Result lines and explanations survive the way from workers of pytest-xdist."""
    inner.file(PASSING, "test_first.py")
    inner.file(FAILING)
    result = inner.run_apart(*WITH_SOLUTION, "-v", "-n", "2")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines("*PASSED  time  3.1s #peers 3*::test_pass*")
    result.stdout.fnmatch_lines(
        [
            "E *LabFailure: server 0 is odd: 0.*",
            "failed at 1.50? s, after partition = [[]2[]] [[]0 1[]] at 1.500 s",
            "   1.5000  →1 Get*",
            "repeat: pytest test_inner.py::test_fail --seed 5 --solution solution",
        ]
    )


def test_repeat_command_repeats(inner: InnerPytest) -> None:
    """The command in the report gives the same failure, to the last digit."""
    inner.file(FAILING)
    first = inner.run("--solution", "solution", "--seeds", "2").stdout.str()
    commands = re.findall(r"^repeat: pytest (.*)$", first, re.MULTILINE)
    again = [inner.run(*shlex.split(command)).stdout.str() for command in commands]
    assert len(set(oddities(first))) == 2
    assert [oddities(output) for output in again] == [[o] for o in oddities(first)]


def oddities(output: str) -> list[str]:
    """The random numbers in the messages of `FAILING`."""
    return re.findall(r"^E .* server 0 is odd: (.*)$", output, re.MULTILINE)


def test_failure_that_does_not_repeat(inner: InnerPytest) -> None:
    """A test that depends on more than its seed is told so, instead of wrong events."""
    inner.file(
        """
        runs = []

        def test_fail(lab):
            runs.append(1)
            assert len(runs) > 1
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("the failure did not repeat under the same seed*")


def test_background_failure_fails_at_once(inner: InnerPytest) -> None:
    """It has the task's own traceback and assertion output, at the time it happened."""
    inner.file(BACKGROUND)
    result = inner.run(*WITH_SOLUTION)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "    def client(config):",
            ">       assert found == expected",
            "E       assert 2 == 1",
            "test_inner.py:8: AssertionError",
            "failed at 2.000 s*",
        ]
    )
    assert "config.sleep(100)" not in result.stdout.str()


FAILING_TICKER = """
import threading
import time

def tick():
    time.sleep(0.5)
    broken = {}["term"]

def start(tester, ends, gid, me, persister):
    if me == 1:
        threading.Thread(target=tick).start()
    return []
"""


def test_failure_in_a_server_names_it(inner: InnerPytest) -> None:
    """The student's lines are shown, the innermost last, and the message once."""
    program = inner.folder / "solution" / "raft1" / "failing.py"
    program.write_text(FAILING_TICKER)
    inner.file(
        """
        from tester1.cluster.config import Config

        def test_x(lab):
            with Config(lab, 3, reliable=True, start="raft1.failing:start") as t:
                t.sleep(100)
        """
    )
    result = inner.run(*WITH_SOLUTION)
    result.stdout.fnmatch_lines(
        [
            "test_inner.py:6: in test_x",
            "    t.sleep(100)",
            "solution/raft1/failing.py:7: in tick",
            "    broken = {}*term*",
            "E   TaskFailed: server-0-1: KeyError: 'term', in thread 'Thread-*",
            "E     raft1/failing.py:7 in tick: *",
            "failed at 0.500 s, before any fault",
        ]
    )
    assert "labrt/" not in result.stdout.str().partition("short test summary")[0]
    _, _, shown = result.stdout.str().partition(" FAILURES ")
    said = shown.partition("- raftlab -")[0].splitlines()
    assert sum("KeyError" in line for line in said) == 1
    assert max(map(len, said)) <= 80


def test_what_led_to_an_exception(inner: InnerPytest) -> None:
    """An exception that a solution raises in handling another is shown below it."""
    program = inner.folder / "solution" / "raft1" / "failing.py"
    program.write_text(
        FAILING_TICKER.replace(
            '    broken = {}["term"]\n',
            "    try:\n"
            '        {}["term"]\n'
            "    except KeyError as error:\n"
            '        raise ValueError("no term") from error\n',
        )
    )
    inner.file(
        """
        from tester1.cluster.config import Config

        def test_x(lab):
            with Config(lab, 3, reliable=True, start="raft1.failing:start") as t:
                t.sleep(100)
        """
    )
    inner.run(*WITH_SOLUTION).stdout.fnmatch_lines(
        [
            "solution/raft1/failing.py:8: in tick",
            "E   KeyError: 'term'",
            "which led to:",
            "test_inner.py:6: in test_x",
            "solution/raft1/failing.py:10: in tick",
            "E   TaskFailed: server-0-1: ValueError: no term, in thread *",
        ]
    )


def test_report_of_an_endless_loop(inner: InnerPytest) -> None:
    """It has the table of servers and the facts that came before, as any other."""
    program = inner.folder / "solution" / "raft1" / "failing.py"
    program.write_text(
        FAILING_TICKER.replace('    broken = {}["term"]\n', "    while True: pass\n")
    )
    inner.file(
        """
        from tester1.cluster.config import Config

        def test_x(lab):
            with Config(lab, 3, reliable=True, start="raft1.failing:start") as t:
                t.sleep(100)
        """
    )
    result = inner.run(*WITH_SOLUTION)
    result.stdout.fnmatch_lines(
        [
            "E   Runaway: server-0-1, Thread-* has computed for over 2 s *",
            "failed at 0.500 s, before any fault",
            "server *connected *role *term *",
            "1 *up *",
            "   0.0000  starts",
            "repeat: *",
        ]
    )
    # It neither sleeps nor waits.
    assert "tick sleeps" not in result.stdout.str()


def test_stuck_threads_are_reported(inner: InnerPytest) -> None:
    """A failure tells who waits for a lock just then: that may be its cause."""
    program = inner.folder / "solution" / "raft1" / "stuck.py"
    program.write_text(
        """
import threading

mu = threading.Lock()

def update():
    with mu:
        pass

def start(tester, ends, gid, me, persister):
    if me == 1:
        mu.acquire()
    for _ in range(3):
        threading.Thread(target=update, name="updater").start()
    return []
"""
    )
    inner.file(
        """
        from tester1.cluster.config import Config

        def test_x(lab):
            with Config(lab, 2, reliable=True, start="raft1.stuck:start") as config:
                config.sleep(5)
                config.fatal("no leader")
        """
    )
    result = inner.run(*WITH_SOLUTION)
    result.stdout.fnmatch_lines(
        [
            "E *LabFailure: no leader",
            "failed at 5.000 s, before any fault",
            "server-0-1, updater has waited 5.0 s for Lock stuck.mu, held by *",
            "  start, which ended without releasing it, at raft1/stuck.py:7 *",
            "  mu: a deadlock",
            "and 2 more threads wait for a lock",
        ]
    )
    assert "server-0-0, updater" not in result.stdout.str()


def test_full_trace_shows_everything(inner: InnerPytest) -> None:
    """`--full-trace` leaves the harness's frames in."""
    inner.file(FAILING)
    result = inner.run(*WITH_SOLUTION, "--full-trace")
    result.stdout.fnmatch_lines("*tester1/cluster/config.py:*LabFailure")


def test_harness_mistakes_are_not_cut(inner: InnerPytest) -> None:
    """An error that no message explains keeps the frame in which it was raised."""
    inner.file(
        """
        def test_x(lab):
            lab.runtime.call_later("soon", print)
            lab.runtime.sleep(1)
        """
    )
    result = inner.run()
    result.stdout.fnmatch_lines("*labrt/sim/kernel.py:*: TypeError")


def test_assertion_output(inner: InnerPytest) -> None:
    """Assertions in a lab test are explained as in any other test."""
    inner.file(
        """
        def test_x(lab):
            terms = {"server 0": 3, "server 1": 4}
            lab.runtime.sleep(1)
            assert terms["server 0"] == terms["server 1"]
        """
    )
    inner.run().stdout.fnmatch_lines(["E *assert 3 == 4*", "test_inner.py:5: *"])


def test_exitfirst(inner: InnerPytest) -> None:
    """`-x` stops after the first failure."""
    inner.file(FAILING)
    inner.run(*WITH_SOLUTION, "-x").assert_outcomes(failed=1)


def test_last_failed(inner: InnerPytest) -> None:
    """`--lf` repeats the failed runs themselves: the same tests, the same seeds."""
    inner.file(FAILING)
    options = ["--solution", "solution", "--seeds", "2"]
    first = inner.run(*options)
    first.assert_outcomes(failed=2, passed=2)
    again = inner.run(*options, "--lf")
    again.assert_outcomes(failed=2)
    again.stdout.fnmatch_lines("raftlab: *, seed * of the last run, *")
    assert oddities(again.stdout.str()) == oddities(first.stdout.str())


def test_debugger(inner: InnerPytest) -> None:
    """`--pdb` stops at the failing line of the task that failed, with its variables."""
    inner.file(BACKGROUND)
    inner.file(
        """
        class Debugger:
            def __init__(self, *args, **kwargs): pass
            def reset(self): pass
            def interaction(self, frame, failure):
                # From 3.13 on it is the exception.
                traceback = getattr(failure, "__traceback__", failure)
                while traceback.tb_next is not None:
                    traceback = traceback.tb_next
                frame = traceback.tb_frame
                print("stopped in", frame.f_code.co_name, frame.f_locals["found"])
        """,
        "debugger.py",
    )
    inner.pytester.syspathinsert()
    result = inner.run(*WITH_SOLUTION, "--pdb", "--pdbcls", "debugger:Debugger")
    result.stdout.fnmatch_lines("*stopped in client 2*")


def test_expected_failures_and_skips(inner: InnerPytest) -> None:
    """`xfail` and `skip` mean what they always mean, and cost no repetition."""
    inner.file(
        """
        import pytest

        @pytest.mark.xfail(raises=ZeroDivisionError, strict=True)
        def test_x(lab):
            1 / 0

        def test_y(lab):
            lab.runtime.sleep(1)
            pytest.skip("not now")
        """
    )
    result = inner.run()
    result.assert_outcomes(xfailed=1, skipped=1)
    assert "repeat:" not in result.stdout.str()


def test_fixtures_stay_outside(inner: InnerPytest) -> None:
    """Fixtures are set up and torn down by pytest, around the simulation."""
    inner.file(
        """
        import pytest

        order = []

        @pytest.fixture
        def around(lab):
            order.append("up")
            yield 7
            order.append("down")

        class TestIn:
            def test_x(self, around, lab):
                lab.runtime.sleep(1)
                order.append(around)

        def test_order():
            assert order == ["up", 7, "down"]
        """
    )
    inner.run().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("test_pause", "solution_pause"), [(1e-7, 1e3), (1e2, 1e-7)], ids=["test", "server"]
)
def test_interrupt(
    inner: InnerPytest, test_pause: float, solution_pause: float
) -> None:
    """Ctrl-C ends the session at once with pytest's own summary, whatever runs.

    Even a solution that catches everything cannot swallow it.
    """
    program = inner.folder / "solution" / "raft1" / "busy.py"
    program.write_text(BUSY.replace("PAUSE", str(solution_pause)))
    inner.file(
        f"""
        from tester1.cluster.config import Config

        def test_long(lab):
            with Config(lab, 1, reliable=True, start="raft1.busy:start") as config:
                print("running", flush=True)
                while True:
                    config.sleep({test_pause})

        def test_never_reached():
            print("reached")
        """
    )
    output = interrupted(inner)
    assert "!!! KeyboardInterrupt !!!" in output
    assert "no tests ran" in output
    assert "reached" not in output


BUSY = """
import threading
import time


def spin():
    while True:
        try:
            time.sleep(PAUSE)
        except BaseException:
            pass


def start(tester, ends, gid, me, persister):
    threading.Thread(target=spin).start()
    return []
"""


def interrupted(inner: InnerPytest) -> str:
    """Run in another process, interrupt it once it is running; returns its output."""
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *PLUGIN, *WITH_SOLUTION, "-s"],
        cwd=inner.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        before = []
        for line in process.stdout:
            before.append(line)
            if line.endswith("running\n"):
                process.send_signal(signal.SIGINT)
                break
        try:
            after, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == pytest.ExitCode.INTERRUPTED, "".join([*before, after])
    return after


@pytest.mark.parametrize("artifacts", ["file", "file/below", "/dev/full/below"])
def test_files_that_cannot_be_written(inner: InnerPytest, artifacts: str) -> None:
    """The test's own failure stays the failure, and a line says which file is missing.

    A test that passes still passes.
    """
    (inner.folder / "file").touch()
    inner.file(FAILING)
    options = ["--trace-events", "--artifacts", artifacts]
    result = inner.run(*WITH_SOLUTION, *options)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "E *LabFailure: server 0 is odd: 0.*",
            "   1.50??  ←1 Get answers *",
            "repeat: pytest test_inner.py::test_fail --seed 5 --solution solution",
            f"cannot write the trace to {artifacts}/test_fail-5.trace: *",
            f"raftlab: cannot write the trace to {artifacts}/test_other-5.trace: *",
        ]
    )
    assert "did not repeat" not in result.stdout.str()
