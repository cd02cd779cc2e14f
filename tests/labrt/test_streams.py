"""The standard streams of a world, and what of `sys` belongs to it."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from labrt import SimRuntime, TaskFailed
from tests.labrt.conftest import RunProgram


def printed(run_program: RunProgram, body: str) -> list[str]:
    """Run a program's body and return the lines that its world printed."""
    lines: list[str] = []
    text = "import sys\ndef main():\n" + "".join(
        f"    {line}\n" for line in body.splitlines()
    )
    run_program(text, output=lambda time, world, line: lines.append(line))
    return lines


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("print('a', 'b', sep='-', flush=True)", ["a-b"]),
        ("print('a', file=sys.stderr)", ["a"]),
        ("print('a', file=sys.__stdout__)", ["a"]),
        ("print('a', file=None)", ["a"]),
        ("sys.stdout.write('a\\nb')\nsys.stdout.write('c\\n')", ["a", "bc"]),
        ("sys.stdout.writelines(['a', 'b\\n'])", ["ab"]),
        ("sys.stdout.buffer.write(b'a\\n')", ["a"]),
        ("print('a', end='')\nsys.stdout.flush()\nsys.stdout.buffer.write(b'b\\n')",
         ["ab"]),
        ("sys.stdout.buffer.write(b'\\xff\\n')", ["\\xff"]),
        ("sys.stdout.reconfigure(line_buffering=True)\nprint('a')", ["a"]),
        ("sys.stdout.reconfigure(encoding='latin-1')\nprint('\\xe9')", ["\xe9"]),
        ("print('\\ud800')", ["\\ud800"]),
        ("print('a', end='')", ["a"]),
        ("sys.stderr.write('a')", ["a"]),
        ("print('a', end='')\nprint('e', file=sys.stderr)\nprint('b')", ["e", "ab"]),
        ("print(sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.name)",
         ["utf-8 False <stdout>"]),
        ("print(sys.stdout.writable(), sys.stdout.readable(), sys.stdout.errors)",
         ["True False backslashreplace"]),
        ("sys.stdout.close()\nprint('a')", ["a"]),
        ("import builtins\nbuiltins.print('a')", ["a"]),
        ("import pprint\npprint.pprint({'a': 1})", ["{'a': 1}"]),
        ("import io\nsys.stdout = kept = io.StringIO()\nprint('a')\n"
         "sys.stdout = sys.__stdout__\nprint(kept.getvalue().strip(), 'kept')",
         ["a kept"]),
        ("import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as f:\n"
         "    print('a')\nprint(len(f.getvalue()))", ["2"]),
        ("import contextlib\nwith contextlib.redirect_stdout(sys.stderr):\n"
         "    print('a')", ["a"]),
        ("try: 1 / 0\nexcept ZeroDivisionError:\n    import traceback\n"
         "    print(traceback.format_exc().splitlines()[-1])\n",
         ["ZeroDivisionError: division by zero"]),
        ("import warnings\nwarnings.simplefilter('always')\nwarnings.showwarning = "
         "lambda m, *a, **k: print(m)\nwarnings.warn('careful')", ["careful"]),
        ("import logging\nlogging.basicConfig(format='%(name)s %(message)s')\n"
         "logging.getLogger(__name__).error('a')", ["program a"]),
    ],
)  # fmt: skip
def test_output(run_program: RunProgram, body: str, lines: list[str]) -> None:
    """What is printed, in whatever way, becomes the world's lines."""
    before = sys.stdout
    assert printed(run_program, body) == lines
    assert sys.stdout is before


def test_the_last_line_is_shown_when_a_world_is_killed(run_program: RunProgram) -> None:
    """A crash keeps what a program wrote before it, ended or not."""
    lines: list[tuple[float, str, str]] = []
    program = """
        import sys, time
        def main():
            time.sleep(1)
            print("begun", end=" ")
            sys.stderr.write("alarm")
        """
    run_program(program, output=lambda *line: lines.append(line))
    assert lines == [(1.0, "server", "begun "), (1.0, "server", "alarm")]


@pytest.mark.parametrize(
    "call",
    ["input()", "input('name? ')", "sys.stdin.read()", "sys.stdin.readline()",
     "next(iter(sys.stdin))", "sys.stdin.buffer.read()", "sys.__stdin__.read()",
     "sys.stdin.readlines()", "__import__('os').read(0, 1)",
     "__import__('getpass').getpass()",
     "next(__import__('fileinput').input([]))"],
)  # fmt: skip
def test_there_is_no_input(run_program: RunProgram, call: str) -> None:
    """A read says so, instead of waiting for the terminal of the tester."""
    with pytest.raises(TaskFailed, match="has no standard input") as failure:
        run_program(f"import sys\ndef main(): {call}")
    assert isinstance(failure.value.__cause__, EOFError)


def test_settings_of_the_interpreter_stay_in_the_world(run_program: RunProgram) -> None:
    """A world reads back what it set, and the process keeps what it had."""
    hooks = (sys.gettrace(), sys.getprofile(), sys.getswitchinterval(), sys.excepthook)
    path, argv, modules = list(sys.path), list(sys.argv), sys.modules
    program = """
        import sys
        def main():
            def trace(*_): return None
            sys.settrace(trace); sys.setprofile(trace); sys.setswitchinterval(0.5)
            sys.excepthook = trace
            sys.path.append("/nowhere"); sys.argv.append("x"); sys.modules.pop("sys")
            sys.setrecursionlimit(5000)
            def deep(n): return n and deep(n - 1)
            deep(2000)
            return [sys.gettrace() is trace, sys.getprofile() is trace,
                    sys.getswitchinterval(), sys.argv,
                    sys._getframe().f_code.co_name]
        """
    limit = sys.getrecursionlimit()
    try:
        result = run_program(program)
    finally:
        sys.setrecursionlimit(limit)
    assert result == [True, True, 0.5, ["server", "x"], "main"]
    now = (sys.gettrace(), sys.getprofile(), sys.getswitchinterval(), sys.excepthook)
    assert now == hooks
    assert (sys.path, sys.argv, sys.modules) == (path, argv, modules)
    assert "sys" in sys.modules


def test_current_frames_are_the_worlds_threads(run_program: RunProgram) -> None:
    """Each thread is under its number, at the line where it stopped."""
    program = """
        import sys, threading, time
        def waits(): time.sleep(1)
        def main():
            thread = threading.Thread(target=waits); thread.start(); time.sleep(0.5)
            frames = sys._current_frames()
            frame, names = frames[thread.ident], []
            while frame: names.append(frame.f_code.co_name); frame = frame.f_back
            return ["waits" in names, len(frames), threading.get_ident() in frames]
        """
    assert run_program(program) == [True, 2, True]


def test_the_environment_is_the_worlds(
    run_program: RunProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a program sets there it finds again, and nobody else does."""
    import os

    monkeypatch.setenv("LABRT_TEST", "outer")
    program = """
        import os
        def main():
            seen = [os.environ["LABRT_TEST"], os.getenv("LABRT_TEST")]
            os.environ["LABRT_TEST"] = "inner"
            return [*seen, os.getenv("LABRT_TEST"), os.getenv("LABRT_NONE", "x")]
        """
    assert run_program(program) == ["outer", "outer", "inner", "x"]
    assert os.environ["LABRT_TEST"] == "outer"


def test_exit_ends_the_thread(run_program: RunProgram) -> None:
    """`sys.exit` in a thread ends that thread and nothing else, as in Python."""
    program = """
        import sys, threading
        def main():
            thread = threading.Thread(target=sys.exit); thread.start(); thread.join()
            return thread.is_alive()
        """
    result: Any = run_program(program)
    assert result is False


def test_output_after_the_run_has_ended_is_dropped() -> None:
    """A stream that somebody still holds when its world is gone writes nowhere."""
    lines: list[str] = []
    runtime = SimRuntime(output=lambda time, world, line: lines.append(line))
    stream = runtime.run(lambda: runtime.world("server", roots=[]).stdout)
    stream.write("late\n")
    stream.flush()
    assert lines == []
