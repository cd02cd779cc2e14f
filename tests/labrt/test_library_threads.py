"""What the standard library keeps for each thread, or locks, while it calls back."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labrt import RealRuntime, Runtime, SimRuntime
from tests.labrt.conftest import RunProgram

CACHED = """
import threading, time
from functools import cached_property
class Slow:
    count = 0
    @cached_property
    def value(self):
        self.count += 1
        time.sleep(0.1)
        return self.count
def main():
    slow, seen = Slow(), []
    threads = [threading.Thread(target=lambda: seen.append(slow.value)) for _ in "abc"]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return slow.count, seen
"""


def test_a_cached_property_is_computed_as_often_as_in_python(
    run_program: RunProgram,
) -> None:
    """Once while it has a lock, which is until 3.11; later by every thread."""
    space: dict[str, Any] = {"__name__": "program"}
    exec(CACHED, space)
    count, seen = run_program(CACHED)
    real_count, _ = space["main"]()
    locked = "lock" in functools.cached_property.__init__.__code__.co_names
    assert count == real_count == (1 if locked else 3)
    assert len(seen) == 3


def test_a_thread_begins_with_no_context_of_another(run_program: RunProgram) -> None:
    """Context variables and decimal contexts are a thread's own, from its start."""
    program = """
        import contextvars, decimal, threading, time
        var = contextvars.ContextVar("var", default="none")
        def work(number, seen):
            seen.append((var.get(), decimal.getcontext().prec))
            var.set(number); decimal.getcontext().prec = number + 1
            time.sleep(0.1)
            seen.append((var.get() == number, decimal.getcontext().prec == number + 1))
        def main():
            var.set("main"); decimal.getcontext().prec = 77
            seen = []
            for _ in range(3):
                threads = [
                    threading.Thread(target=work, args=(n, seen)) for n in range(3)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
            return [sorted(set(map(str, seen))), var.get(), decimal.getcontext().prec]
        """
    assert run_program(program) == [["('none', 28)", "(True, True)"], "main", 77]


def test_copied_contexts_run_apart(run_program: RunProgram) -> None:
    """A context that is run in a thread is left there, also across a switch."""
    program = """
        import contextvars, threading, time
        var = contextvars.ContextVar("var", default=0)
        def work(number, seen):
            var.set(number); time.sleep(0.1); seen.append(var.get() == number)
        def main():
            seen, threads = [], []
            for number in range(4):
                context = contextvars.copy_context()
                threads.append(threading.Thread(
                    target=context.run, args=(work, number, seen)))
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return seen, var.get()
        """
    assert run_program(program) == ([True] * 4, 0)


@pytest.mark.parametrize("preempt_lines", [False, True])
def test_library_code_that_calls_back_may_be_switched_out(
    run_program: RunProgram, preempt_lines: bool
) -> None:
    """A handler, a key function, a formatter that blocks stops nobody for good."""
    program = """
        import functools, logging, queue, reprlib, tempfile, threading, time, warnings

        class Handler(logging.Handler):
            def emit(self, record):
                time.sleep(0.01); out.append(record.getMessage())

        @functools.lru_cache(None)
        def cached(x): time.sleep(0.01); return x

        @functools.singledispatch
        def kind(x): time.sleep(0.01); return "object"
        @kind.register
        def _(x: int): time.sleep(0.01); return "int"

        class Node:
            @reprlib.recursive_repr()
            def __repr__(self): time.sleep(0.01); return f"<{self.inner!r}>"

        class Key:
            def __init__(self, x): self.x = x
            def __lt__(self, other): time.sleep(0.001); return self.x < other.x

        out, node = [], Node()
        node.inner = node
        log = logging.getLogger("x"); log.addHandler(Handler()); log.propagate = False
        waiting = queue.PriorityQueue()

        def work(number):
            for _ in range(3):
                log.error("%s", number)
                waiting.put(Key(number)); waiting.get()
                got.add((cached(1), kind(1), kind("x"), repr(node)))
                with tempfile.TemporaryFile() as file:
                    file.write(b"x")

        def main():
            global got
            got = set()
            threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return sorted(out), got
        """
    out, got = run_program(program, preempt_lines=preempt_lines)
    assert out == sorted(str(number) for number in range(4) for _ in range(3))
    assert got == {(1, "int", "object", "<...>")}


def test_nothing_of_a_world_is_left_for_the_end_of_the_process(
    run_program: RunProgram,
) -> None:
    """A finalizer is called when its object dies, never when the process ends."""
    program = """
        import weakref
        class Thing: pass
        called, kept = [], Thing()
        def main():
            thing = Thing()
            first = weakref.finalize(thing, called.append, 1)
            second = weakref.finalize(kept, called.append, 2)
            del thing
            return called, first.alive, second.alive, second.atexit
        """
    import weakref

    registry = vars(weakref.finalize)["_registry"]
    before = len(registry)
    assert run_program(program) == ([1], False, True, True)
    assert len(registry) == before


LAZY = {
    "slow.py": "import time\ntime.sleep(0.05)\nvalue = 1\n",
    "one.py": "import time\ntime.sleep(0.05)\nimport two\nvalue = 1\n",
    "two.py": "import time\ntime.sleep(0.05)\nimport one\nvalue = 2\n",
    "broken.py": "import time\ntime.sleep(0.05)\nimport count\ncount.tries += 1\n"
    "if count.tries < 3: raise ValueError(count.tries)\nvalue = 3\n",
    "count.py": "tries = 0\n",
    "program.py": """
import threading, time

def together(*bodies):
    seen = []
    def run(body):
        space = {}
        try:
            exec(body, space)
            seen.append(space["value"])
        except Exception as error:
            seen.append(type(error).__name__)
    threads = [threading.Thread(target=run, args=(body,)) for body in bodies]
    for thread in threads: thread.start()
    for thread in threads: thread.join(20)
    return sorted(map(str, seen))

def main():
    return [
        together(*["from slow import value"] * 3),
        together("from one import value", "from two import value"),
        together(*["from broken import value"] * 4),
    ]
""",
}


@pytest.mark.parametrize("make", [SimRuntime, RealRuntime])
def test_threads_that_import_one_module_wait_for_it(
    make: Callable[[], Runtime], tmp_path: Path
) -> None:
    """Nobody sees it half loaded, but for two that wait for each other."""
    for name, text in LAZY.items():
        (tmp_path / name).write_text(text)
    runtime = make()

    def main() -> Any:
        world = runtime.world("server", roots=[tmp_path])
        program = world.load("program")
        task = runtime.spawn(program.main, world=world)
        task.join(60)
        world.kill()
        return task.result

    slow, circle, broken = runtime.run(main)
    assert slow == ["1"] * 3
    assert circle == ["1", "2"]
    assert broken == ["3", "3", "ValueError", "ValueError"]
    assert not any("@server" in name for name in sys.modules if "slow" in name)
