"""Programs as Python source: the same text runs in a world and on real threads.

The source is what a student could have written, and what a failure prints, so it
defines only the parts that the program uses. `main(tick, log)` runs it: `tick` is the
length of a tick in seconds, and `log` has a list for each body.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import fields

from tests.labrt.differential import language as lang
from tests.labrt.differential.language import NOWAIT, Op, Program, Timeout

_FUTURES = """\
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, ThreadPoolExecutor, wait
"""

_PROLOGUE = """\
import threading
import time


def main(tick, log):
    begun = time.monotonic()

    def note(body, outcome):
        log[body].append((outcome, time.monotonic() - begun))

    def attempt(body, call):
        try:
            outcome = call()
        except Exception as error:
            outcome = type(error).__name__
        note(body, outcome)
"""

_FINISHED = """
def finished(jobs, timeout, when):
    done = wait([futures[job] for job in jobs], timeout, when).done
    return [job for job in jobs if futures[job] in done]
"""

# What a call looks like. `timed` stands for the arguments of a call that may be given a
# timeout, `more` for the same behind other arguments.
_CALLS: dict[type[Op], str] = {
    lang.Sleep: "time.sleep({ticks} * tick)",
    lang.Acquire: "locks[{lock}].acquire({timed})",
    lang.Release: "locks[{lock}].release()",
    lang.Wait: "conditions[{condition}].wait({timed})",
    lang.WaitFor: (
        "conditions[{condition}].wait_for("
        "lambda: counters[{counter}] >= {at_least}{more})"
    ),
    lang.SetEvent: "events[{event}].set()",
    lang.ClearEvent: "events[{event}].clear()",
    lang.IsSet: "events[{event}].is_set()",
    lang.WaitEvent: "events[{event}].wait({timed})",
    lang.AcquireSemaphore: "semaphores[{semaphore}].acquire({timed})",
    lang.ReleaseSemaphore: "semaphores[{semaphore}].release({n})",
    lang.BarrierWait: "barriers[{barrier}].wait({timed})",
    lang.BarrierReset: "barriers[{barrier}].reset()",
    lang.BarrierAbort: "barriers[{barrier}].abort()",
    lang.Put: "queues[{queue}].put({item}{more})",
    lang.Get: "queues[{queue}].get({timed})",
    lang.TaskDone: "queues[{queue}].task_done()",
    lang.JoinQueue: "queues[{queue}].join()",
    lang.Join: "threads[{thread}].join({timed})",
    lang.IsAlive: "threads[{thread}].is_alive()",
    lang.CancelJob: "futures[{job}].cancel()",
    lang.JobResult: "futures[{job}].result({timed})",
    lang.Shutdown: "pool.shutdown(wait={wait})",
}


def render(program: Program) -> str:
    """The program's source."""
    lines = _parts(program)
    for number, ops in enumerate(program.bodies):
        lines += ["", *_body(program, number, ops)]
    lines += ["", *_main(program)]
    imports = "import queue\n" if program.parts.queues else ""
    imports += _FUTURES if program.jobs else ""
    return imports + _PROLOGUE + "\n" + "\n".join(_indented(lines, 1)) + "\n"


def _indented(lines: list[str], depth: int) -> list[str]:
    return [textwrap.indent(line, "    " * depth) for line in lines]


def _parts(program: Program) -> list[str]:
    parts = program.parts
    made = {
        "counters": ["0"] * parts.counters,
        "locks": [f"threading.{kind.value}()" for kind in parts.locks],
        "conditions": [f"threading.Condition(locks[{i}])" for i in parts.conditions],
        "events": ["threading.Event()"] * parts.events,
        "semaphores": [
            f"threading.{'Bounded' * spec.bounded}Semaphore({spec.value})"
            for spec in parts.semaphores
        ],
        "barriers": [f"threading.Barrier({count})" for count in parts.barriers],
        "queues": [_queue(spec) for spec in parts.queues],
    }
    lines = [f"{name} = [{', '.join(made[name])}]" for name in made if made[name]]
    if program.jobs:
        lines += [f"pool = ThreadPoolExecutor({parts.workers})", "futures = {}"]
        lines += _FINISHED.splitlines()
    return lines


def _queue(spec: lang.QueueSpec) -> str:
    simple = spec.kind is lang.QueueKind.SIMPLE
    return f"queue.{spec.kind.value}({'' if simple else spec.maxsize})"


def _body(program: Program, number: int, ops: tuple[Op, ...]) -> list[str]:
    lines = []
    job = number - len(program.threads) - len(program.timers)
    if number < len(program.threads):
        lines.append(f"time.sleep({program.threads[number].start} * tick)")
    lines += _statements(program, number, ops)
    if job >= 0:
        raises = program.jobs[job].raises
        lines.append("raise LookupError" if raises else f"return {job}")
    return [f"def body_{number}():", *_indented(lines or ["pass"], 1)]


def _main(program: Program) -> list[str]:
    count = len(program.threads)
    made = [f"threading.Thread(target=body_{number})" for number in range(count)]
    made += [
        f"threading.Timer({timer.interval} * tick, body_{count + number})"
        for number, timer in enumerate(program.timers)
    ]
    lines = ["threads = [", *(f"    {one}," for one in made), "]"]
    lines += [f"for thread in threads[:{count}]:", "    thread.start()"]
    lines += [f"for thread in threads[:{count}]:", "    thread.join()"]
    if program.jobs:
        lines.append("pool.shutdown()")
    if program.timers:
        lines += [
            f"for timer in threads[{count}:]:",
            "    if timer.ident is not None:",
            "        timer.join()",
        ]
    return lines


def _statements(program: Program, body: int, ops: tuple[Op, ...]) -> Iterator[str]:
    for op in ops:
        match op:
            case lang.With(lock, condition, inner):
                name = f"locks[{lock}]"
                if condition is not None:
                    name = f"conditions[{condition}]"
                inside = [f"note({body}, 'in')", *_statements(program, body, inner)]
                yield "try:"
                yield f"    with {name}:"
                yield from _indented(inside, 2)
                yield f"    note({body}, 'out')"
                yield "except RuntimeError:"
                yield f"    note({body}, 'RuntimeError')"
            case lang.Bump(counter):
                yield f"seen = counters[{counter}]"
                yield f"counters[{counter}] = seen + 1"
                yield f"note({body}, seen)"
            case _:
                yield f"attempt({body}, lambda: {_call(program, op)})"


def _call(program: Program, op: Op) -> str:
    """The expression that an operation is."""
    threads, timers = len(program.threads), len(program.timers)
    match op:
        case lang.Notify(condition, None):
            return f"conditions[{condition}].notify_all()"
        case lang.Notify(condition, n):
            return f"conditions[{condition}].notify({n})"
        case lang.StartTimer(timer):
            return f"threads[{threads + timer}].start()"
        case lang.CancelTimer(timer):
            return f"threads[{threads + timer}].cancel()"
        case lang.Submit(job):
            submitted = f"pool.submit(body_{threads + timers + job})"
            return f"futures.__setitem__({job}, {submitted})"
        case lang.WaitJobs(jobs, timeout, first):
            when = "FIRST_COMPLETED" if first else "ALL_COMPLETED"
            limit = None if timeout is None else f"{timeout} * tick"
            return f"finished({list(jobs)}, {limit}, {when})"
    values = {field.name: getattr(op, field.name) for field in fields(op)}
    timed = _timed(values.get("timeout"), op)
    more = f", {timed}" if timed else ""
    return _CALLS[type(op)].format(**values, timed=timed, more=more)


def _timed(timeout: Timeout, op: Op) -> str:
    if timeout is None:
        return ""
    if timeout == NOWAIT:
        return "block=False" if isinstance(op, lang.Put | lang.Get) else "False"
    return f"timeout={timeout} * tick"
