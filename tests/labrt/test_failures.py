"""Every way to fail ends the run at once and says where the world's code stood."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from labrt import (
    Deadlock,
    LockStuck,
    NotSimulable,
    Runaway,
    SimRuntime,
    TaskFailed,
    UsageError,
)
from labrt.sim.active import active
from tests.labrt.conftest import RunProgram


def test_exception_in_a_thread_fails_the_run(run_program: RunProgram) -> None:
    """The failure names world, thread and line, and keeps the traceback as cause."""
    with pytest.raises(TaskFailed) as failure:
        run_program(
            """
            import threading, time

            def tick():
                {}["term"]

            def main():
                threading.Thread(target=tick, name="ticker").start()
                time.sleep(1000)
            """
        )
    assert str(failure.value) == (
        "server: KeyError: 'term', in thread 'ticker', "
        """at program.py:5 in tick: {}["term"]"""
    )
    assert isinstance(failure.value.__cause__, KeyError)


def test_a_worlds_own_excepthook_is_honoured(run_program: RunProgram) -> None:
    """Code that handles its threads' exceptions itself does not fail the run."""
    result = run_program(
        """
        import threading

        def main():
            seen = []
            threading.excepthook = lambda args: seen.append(str(args.exc_value))
            def work():
                raise ValueError("mine")
            thread = threading.Thread(target=work)
            thread.start(); thread.join()
            return seen
        """
    )
    assert result == ["mine"]


def test_deadlock_lists_who_waits_for_whom(run_program: RunProgram) -> None:
    """With nothing left to happen, every blocked task is shown with its lock."""
    with pytest.raises(Deadlock) as failure:
        run_program(
            """
            import threading, time

            class Server:
                def __init__(self):
                    self.mu = threading.Lock()
                    self.io = threading.Lock()

                def one(self):
                    with self.mu:
                        time.sleep(1)
                        with self.io: pass

                def two(self):
                    with self.io:
                        time.sleep(1)
                        with self.mu: pass

            def main():
                server = Server()
                threads = [threading.Thread(target=server.one, name="one"),
                           threading.Thread(target=server.two, name="two")]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
            """
        )
    text = str(failure.value)
    assert "server, one waits for Lock self.io, held by server, two" in text
    assert "server, two waits for Lock self.mu, held by server, one" in text
    assert "program.py:12 in one: with self.io: pass" in text


def test_lock_taken_twice_is_reported_while_others_run(
    run_program: RunProgram,
) -> None:
    """A thread that waits for its own lock is found though the rest goes on."""
    with pytest.raises(LockStuck) as failure:
        run_program(
            """
            import threading, time

            class Server:
                def __init__(self):
                    self.mu = threading.Lock()

                def outer(self):
                    with self.mu:
                        self.inner()

                def inner(self):
                    with self.mu: pass

            def main():
                threading.Thread(target=Server().outer, name="outer").start()
                while True:
                    time.sleep(0.1)
            """,
            lock_patience=10.0,
        )
    first = str(failure.value).splitlines()[0]
    assert first == (
        "server, outer has waited 10.0 s for Lock self.mu, held by itself already, "
        "at program.py:13 in inner: with self.mu: pass: a deadlock"
    )


def test_a_program_that_interrupts_itself(run_program: RunProgram) -> None:
    """Nobody has pressed Ctrl-C: it is an exception like any other."""
    with pytest.raises(TaskFailed, match="KeyboardInterrupt, in thread 'rude'"):
        run_program(
            """
            import threading, time

            def rude():
                raise KeyboardInterrupt

            def main():
                threading.Thread(target=rude, name="rude").start()
                time.sleep(1)
            """
        )


def test_lock_of_an_ended_thread(run_program: RunProgram) -> None:
    """A thread that ended with a lock is named; a global lock has its module's name."""
    with pytest.raises(LockStuck) as failure:
        run_program(
            """
            import threading, time

            mu = threading.Lock()

            def main():
                forgetful = threading.Thread(target=mu.acquire, name="forgetful")
                forgetful.start()
                time.sleep(1)
                threading.Thread(target=wait, name="waiting").start()
                while True:
                    time.sleep(0.1)

            def wait():
                with mu: pass
            """,
            lock_patience=10.0,
        )
    assert str(failure.value).splitlines() == [
        "server, waiting has waited 10.0 s for Lock program.mu, held by server, "
        "forgetful, which ended without releasing it, "
        "at program.py:15 in wait: with mu: pass: a deadlock",
        "  server, waiting waits for Lock program.mu, held by server, forgetful, "
        "which ended without releasing it",
        "    program.py:15 in wait: with mu: pass",
    ]


@pytest.mark.parametrize("slots", ["", "__slots__ = ('mu',)"])
def test_naming_a_lock_runs_no_code_of_the_world(
    run_program: RunProgram, slots: str
) -> None:
    """Objects whose attributes raise, or never return, are looked at all the same."""
    with pytest.raises(LockStuck, match=r"Lock owner\.mu, held by") as failure:
        run_program(
            f"""
            import threading, time

            class Trap:
                def __getattr__(self, name): return trap()
                @property
                def __class__(self): return trap()
                def __eq__(self, other): return trap()
                __hash__ = None

            def trap():
                print("trapped")
                while True: pass

            class Owner:
                {slots}
                def __init__(self): self.mu = threading.Lock()
                def __getattr__(self, name): return trap()
                @property
                def expensive(self): return trap()

            def main():
                bait, owner = Trap(), Owner()
                owner.mu.acquire()
                threading.Thread(target=block, args=(bait, owner)).start()
                while True: time.sleep(1)

            def block(bait, owner):
                own = [bait, Trap()]
                trap_in_the_way = Trap()
                with owner.mu: pass
            """,
            lock_patience=5.0,
            output=lambda now, world, text: pytest.fail(text),
        )
    assert "held by server, main" in str(failure.value)


def test_deadlock_with_an_ended_thread(run_program: RunProgram) -> None:
    """The list of blocked tasks says so as well; a global condition names its lock."""
    with pytest.raises(Deadlock) as failure:
        run_program(
            """
            import threading

            changed = threading.Condition(threading.Lock())

            def main():
                thread = threading.Thread(target=changed.acquire, name="forgetful")
                thread.start()
                thread.join()
                with changed: pass
            """
        )
    assert (
        "waits for Lock program.changed, held by server, forgetful, "
        "which ended without releasing it"
    ) in str(failure.value)


@pytest.mark.parametrize(
    "body", ["pass", "try: pass\n                    except: pass"]
)
def test_endless_loop_is_interrupted(run_program: RunProgram, body: str) -> None:
    """A task that computes for ever is named with its line, whatever it catches."""
    with pytest.raises(Runaway, match=r"server, spin has computed .* program.py:\d+"):
        run_program(
            f"""
            import threading, time

            def spin():
                while True:
                    {body}

            def main():
                threading.Thread(target=spin, name="spin").start()
                time.sleep(1)
            """,
            runaway_seconds=0.1,
        )


def test_the_loop_is_told_from_what_it_calls(run_program: RunProgram) -> None:
    """The failure names the line that loops, wherever in its calls the task was."""
    with pytest.raises(Runaway) as failure:
        run_program(
            """
            import threading, time

            class Server:
                @property
                def ready(self):
                    for _ in range(100): pass
                    return self.depth(4)

                def depth(self, n):
                    return n < 0 or not self.depth(n - 1)

                def wait(self):
                    while not self.ready:
                        pass

            def spin():
                for _ in range(3):
                    Server().wait()

            def main():
                threading.Thread(target=spin, name="spin").start()
                time.sleep(1)
            """,
            runaway_seconds=0.4,
        )
    first, *stack = str(failure.value).splitlines()
    assert re.search(
        r", at program\.py:1[45] in wait: (while not self\.ready|pass): an", first
    )
    assert stack[-1] == "    program.py:19 in spin: Server().wait()"
    assert failure.traceback[-1].name == "wait"
    assert "self" in failure.traceback[-1].frame.f_locals


@pytest.mark.parametrize(
    "statement",
    [
        "import socket",
        "import asyncio",
        "from multiprocessing import Process",
        "import subprocess",
        "import os; os.fork()",
    ],
)
def test_what_cannot_be_simulated_is_refused(
    run_program: RunProgram, statement: str
) -> None:
    """The refusal says what works instead."""
    with pytest.raises(TaskFailed, match="--mode process") as failure:
        run_program(f"{statement}\ndef main(): pass")
    assert isinstance(failure.value.__cause__, NotSimulable)
    assert "program.py:1" in str(failure.value)


def test_syntax_error_names_file_and_line(run_program: RunProgram) -> None:
    """A program that does not compile fails with its own file and line."""
    with pytest.raises(TaskFailed, match=r"SyntaxError: .*, at program.py:2$"):
        run_program("x = 1\ndef main(:\n    pass")


def test_failure_of_a_harness_task_is_raised_as_it_is() -> None:
    """A task outside every world fails the run with its own exception."""
    runtime = SimRuntime()

    def fail() -> None:
        raise ValueError("mine")

    def main() -> None:
        runtime.spawn(fail)
        runtime.sleep(5)

    with pytest.raises(ValueError, match="mine"):
        runtime.run(main)
    assert runtime.now() == 0


def test_failure_of_a_callback_ends_the_run() -> None:
    """A callback has nobody to raise to, so main gets its exception."""
    runtime = SimRuntime()
    runtime_error = OSError("callback")

    def fail() -> None:
        raise runtime_error

    def main() -> None:
        runtime.call_later(1, fail)
        runtime.sleep(5)

    with pytest.raises(OSError, match="callback"):
        runtime.run(main)
    assert runtime.now() == 1


def test_interrupt_reaches_main_through_any_handler(run_program: RunProgram) -> None:
    """Ctrl-C ends the run though the running code swallows every exception."""
    with pytest.raises(KeyboardInterrupt):
        run_program(
            """
            import threading, time

            def stubborn():
                while True:
                    try:
                        interrupt()
                        time.sleep(1)
                    except BaseException:
                        pass

            def main():
                threading.Thread(target=stubborn).start()
                time.sleep(100)

            def interrupt():
                import builtins
                builtins.interrupt()
            """.replace(
                "import builtins\n                builtins.interrupt()",
                "from tests.labrt import test_failures\n"
                "                test_failures.interrupt()",
            ),
        )


def interrupt() -> None:
    """Send this process what Ctrl-C sends."""
    os.kill(os.getpid(), signal.SIGINT)


def test_one_simulation_at_a_time() -> None:
    """A run inside a run is refused, and the outer one is none the worse."""
    outer = SimRuntime()

    def main() -> str:
        with pytest.raises(UsageError, match="running in this process already"):
            SimRuntime().run(lambda: None)
        outer.sleep(1)
        return "done"

    assert outer.run(main) == "done"


HOLDING = """
import threading, time
import channel
from tests.labrt import test_failures

class Server:
    def __init__(self):
        self.mu = threading.Lock()
        self.io = threading.Lock()
        self.messages = channel.Channel()

    def work(self):
        with self.mu:
            self.hold()

    def other(self):
        with self.io:
            time.sleep(0.5)
            with self.mu: pass

    def last(self):
        time.sleep(1)
        with self.io: pass

    def hold(self):
        STATEMENT

def start(method, name):
    threading.Thread(target=method, name=name).start()
"""

CHANNEL = """
import threading

class Channel:
    def __init__(self):
        self.taken = threading.Condition()

    def put(self, message):
        with self.taken:
            self.wait()

    def wait(self):
        self.taken.wait()
"""


def call() -> None:
    """Wait for what never comes, as a call does."""
    active().future().wait()


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (
            "test_failures.call()",
            "the holder waits for the reply of a call, at program.py:26 in hold: "
            "test_failures.call(); a lock must not be held over a call",
        ),
        (
            "time.sleep(100)",
            "the holder waits for its sleep to end, at program.py:26 in hold: "
            "time.sleep(100); a lock must not be held meanwhile",
        ),
        (
            "self.messages.put(7)",
            "the holder waits in Channel.put, called at program.py:26 in hold: "
            "self.messages.put(7); a lock must not be held meanwhile",
        ),
    ],
)
def test_what_the_holder_of_a_lock_waits_for(
    run_program: RunProgram,
    write_program: Callable[..., Path],
    statement: str,
    why: str,
) -> None:
    """A holder that will go on makes no deadlock; another of the same name is told."""
    write_program(CHANNEL, "channel.py")
    program = HOLDING.replace("STATEMENT", statement) + (
        "def main():\n"
        "    server = Server()\n"
        "    for _ in range(2):\n"
        "        start(server.work, 'worker')\n"
        "        time.sleep(1)\n"
        "    while True:\n"
        "        time.sleep(0.1)\n"
    )
    with pytest.raises(LockStuck) as failure:
        run_program(program, lock_patience=10.0)
    assert str(failure.value).splitlines()[0] == (
        "server, worker has waited 10.0 s for Lock self.mu, held by server, another "
        f"worker, at program.py:13 in work: with self.mu: {why}"
    )
    assert failure.traceback[-1].name == "work"
    assert "self" in failure.traceback[-1].frame.f_locals


def test_what_the_last_of_several_holders_waits_for(
    run_program: RunProgram, write_program: Callable[..., Path]
) -> None:
    """Who waits for a holder that waits for another is told of the one at the end."""
    write_program(CHANNEL, "channel.py")
    program = HOLDING.replace("STATEMENT", "test_failures.call()") + (
        "def main():\n"
        "    server = Server()\n"
        "    start(server.work, 'work')\n"
        "    start(server.other, 'other')\n"
        "    start(server.last, 'last')\n"
        "    time.sleep(5)\n"
        "    return test_failures.stuck()\n"
    )
    last = run_program(program)[-1]
    assert last.startswith("server, last has waited 4.0 s for Lock self.io, held by ")
    assert last.endswith(
        ": server, work, whom its holder waits for, waits for the reply of a call, at "
        "program.py:26 in hold: test_failures.call(); a lock must not be held over a "
        "call"
    )


def stuck() -> list[str]:
    """The first lines of what the running simulation says of locks."""
    found = cast(SimRuntime, active()).stuck_locks(1.0)
    return [text.splitlines()[0] for text in found]
