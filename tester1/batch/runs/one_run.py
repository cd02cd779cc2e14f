"""One run of one test, in a process of its own that was forked for it.

In this order: cut loose from everything but two pipes, be bounded and confined, run the
test as pytest does, write the verdict, and leave evidence if that is wanted.

What protects the verdict. It travels on a pipe of its own, so that nothing printed can
look like it. It has to begin with a secret that was drawn for this run and is found
nowhere but in the frames of this module, and there has to be nothing else on the pipe:
code under test that writes to every file it finds open fails its run. The confinement
keeps it from other processes, so that it can spoil no run but its own.

What does not. In simulation the code under test shares this process with the tester,
and Python hides nothing from code that looks for it: a submission that walks the
tester's frames, or replaces its functions, can pass without being right. With
`--mode process` the code under test is in processes of its own, and cannot. So a grade
that matters wants some runs in that mode as well (`raftlab grade --audit`).
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Final, NoReturn

import msgspec
import pytest
from _pytest.runner import runtestprotocol

from labrpc import LabrpcError
from labrt import Runaway, RuntimeFailure
from labrt.texts import harmless_lines, message_of, name_of, notes_of
from tester1.batch.runs.jobs import Job, Keep, Order, Status, replay_command
from tester1.batch.runs.watch import RunPipes
from tester1.hosts.modes import UnavailableMode
from tester1.lab import LabFailure, Mode, RunOptions
from tester1.sandbox.confine import confine, die_first, die_with_parent, limit_cpu
from tester1.sandbox.limits import Limits
from tester1.sandbox.loose import KEPT, cut_loose
from tester1.session.failure_report import unwritten_part
from tester1.session.plugin import use_settings
from tester1.session.settings import Settings
from tester1.solution import SolutionError

__all__ = [
    "EVIDENCE",
    "RaisedErrors",
    "Verdict",
    "repeat_line",
    "run_once",
    "use_order",
    "without_paths",
]

EVIDENCE: Final = "evidence"
"""The folder, inside the one where a run may write, of what it leaves behind."""

_MAX_MESSAGE: Final = 2000
_MAX_REPORT: Final = 64 << 10
_NO_TERMINAL: Final = (
    "a run of a batch has no terminal, for a debugger or for input(); repeat it with "
    "raftlab replay or pytest, where breakpoint() works, or print"
)
_YOUNG_OBJECTS: Final = 500_000
"""When the cycle collector looks for the first time. A process that ends with its run
gains little by it: collecting takes a tenth of the time, and saves a few megabytes."""


class Verdict(msgspec.Struct, frozen=True):
    """What a run says of itself."""

    status: Status
    message: str
    report: str
    cpu_s: float


class RaisedErrors:
    """A pytest plugin that notes what each failure of the present run has raised."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    def pytest_exception_interact(
        self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo[object]
    ) -> None:
        """Note an exception that is not expected."""
        if call.excinfo is not None:
            self.errors.append(call.excinfo.value)


def run_once(
    item: pytest.Item,
    order: Order,
    secret: bytes,
    pipes: RunPipes,
    raised: RaisedErrors,
) -> NoReturn:
    """Be the process of a run: never returns. `pipes` are the ends to write to."""
    try:
        # A session, and with it a group, so that it can be killed with all that it has
        # started: in process mode a fork server, and by way of that the servers.
        os.setsid()
        # The worker has one thread, so it is the worker's end that counts.
        die_with_parent()
        cut_loose(kept=pipes.verdict, output=pipes.output, advice=_NO_TERMINAL)
        _settle(order)
        try:
            verdict = _judge(item, order, raised)
        # Here pytest itself was short of memory; as a test's failure it comes by below.
        except MemoryError:
            verdict = Verdict(Status.STOPPED, _memory_message(order), "", 0.0)
        except (SolutionError, UnavailableMode) as error:
            text = _with_names(order, message_of(error))
            verdict = Verdict(Status.FAILED, text, "", 0.0)
        # In one piece, and before anything else is done: what the submission has left
        # running may end this process at any time.
        os.write(KEPT, secret + msgspec.msgpack.encode(verdict))
        if verdict.status is Status.FAILED and _can_trace(order.job, raised):
            _leave_trace(item, order)
        sys.stdout.flush()
    except BaseException:  # of the harness: that there is no verdict says it all
        traceback.print_exc()
        os._exit(os.EX_SOFTWARE)
    finally:
        # Not by `sys.exit`: neither the worker's clean-up nor the submission's is for
        # this process.
        os._exit(os.EX_OK)


def use_order(
    config: pytest.Config,
    order: Order,
    *,
    traced: bool = False,
    artifacts: Path | None = None,
    brief: bool = False,
) -> None:
    """Have the plugin run the next test as an order says.

    Raises `SolutionError` or `UnavailableMode` for what cannot be run.
    """
    key = order.job.key
    settings = Settings(
        RunOptions(key.mode, key.preempt),
        key.seed,
        solution=None if order.solution is None else Path(order.solution),
        place=Path(order.job.place) if order.job.place else None,
        traced=traced,
        artifacts=artifacts,
        brief=brief,
    )
    settings.check()
    # pytest was configured once, when the worker started.
    use_settings(config, settings)


def _settle(order: Order) -> None:
    """Be bounded, and stay in the folder of the run."""
    folder = Path(order.folder)
    os.chdir(folder)
    bounds = order.job.bounds
    if order.job.key.mode is Mode.PROCESS:
        # The test's own process is trusted, and starts others, which are confined.
        os.environ["RAFTLAB_MEMORY_MIB"] = str(bounds.memory_mib)
        os.environ["RAFTLAB_OUTPUT_KIB"] = str(bounds.output_kib)
        return
    # From here on only in simulation, where the code under test runs in this process.
    gc.set_threshold(_YOUNG_OBJECTS)
    # Of the kernel, since nothing in this process can be relied on to stop it: the code
    # under test may never give up control.
    limit_cpu(bounds.cpu_s)
    if bounds.confined:
        die_first()
        confine(Limits(memory_mib=bounds.memory_mib), folder)


def _judge(item: pytest.Item, order: Order, raised: RaisedErrors) -> Verdict:
    job = order.job
    # A timeline is a page with scripts, so it is kept only of the owner's own code.
    os.environ["VIS_ENABLE"] = "" if job.keep is Keep.ALL else "never"
    keeps = job.keep is not Keep.NOTHING
    use_order(
        item.config,
        order,
        traced=keeps and not _repeats_for_trace(job),
        artifacts=Path(order.folder, EVIDENCE) if keeps else None,
        brief=not keeps,
    )
    raised.errors.clear()
    # Processor time of the test alone: starting and confining are the same in all.
    begun = time.process_time()
    try:
        reports = runtestprotocol(item, log=False, nextitem=None)
    except (KeyboardInterrupt, SystemExit, pytest.exit.Exception) as leaving:
        # Nobody sits at this process: that is what the code under test has raised.
        cpu_s = time.process_time() - begun
        return Verdict(Status.FAILED, _with_names(order, _headline(leaving)), "", cpu_s)
    cpu_s = time.process_time() - begun
    # Any of them: a test that passes may still fail when it is taken down.
    failed = [report for report in reports if report.failed]
    if not failed:
        return Verdict(Status.PASSED, "", "", cpu_s)
    # The first is the cause; what fails later, on the way out, may well follow from it.
    error = raised.errors[0]
    headline = _with_names(order, _headline(error))
    text = _report(order, harmless_lines(str(failed[0].longrepr)))
    # A run at its limit fails anywhere, in other words each time; what such runs have
    # in common comes first.
    if _out_of_memory(error):
        message = f"{_memory_message(order)}: {headline}"
        return Verdict(Status.STOPPED, message, text, cpu_s)
    return Verdict(Status.FAILED, headline, text, cpu_s)


def _report(order: Order, text: str) -> str:
    """What pytest says of a failure, in terms that hold when the run is over."""
    lines = without_paths(_with_names(order, text), order).splitlines()
    # The plugin's own line names folders of this machine, which only live for the run.
    kept = [line for line in lines if not line.startswith("repeat: ")]
    kept.append(repeat_line(order.job))
    # The end, where pytest says what has failed, and how to repeat it.
    return "\n".join(kept)[-_MAX_REPORT:]


def repeat_line(job: Job) -> str:
    """The line of a report that says how to repeat the run."""
    return f"repeat: {replay_command(job.key, job.place or None)}"


def without_paths(text: str, order: Order) -> str:
    """A text without the lines that name files of the run, which are gone by then.

    Two runs of one key have folders of different names, and reports are the same.
    """
    return "\n".join(line for line in text.splitlines() if order.folder not in line)


def _with_names(order: Order, text: str) -> str:
    """A text with the solution's name in place of the folder that it was copied to."""
    if order.solution is None:
        return text
    return text.replace(order.solution, order.job.shown_as or "solution")


def _headline(error: BaseException) -> str:
    """What went wrong, the main point first."""
    unwritten = unwritten_part(error)
    if unwritten is not None:
        return unwritten
    text = "\n".join([message_of(error), *notes_of(error)])
    if not isinstance(error, (LabFailure, RuntimeFailure, LabrpcError)):
        text = f"{name_of(error)}: {text}"
    return text[:_MAX_MESSAGE]


def _memory_message(order: Order) -> str:
    return f"used more than {order.job.bounds.memory_mib} MiB of memory"


def _out_of_memory(error: BaseException | None) -> bool:
    # A handler's error is the cause of the failure that names the server.
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__
    return False


def _repeats_for_trace(job: Job) -> bool:
    """Whether a failed run is done again for its events, which then are the same."""
    return job.keep is not Keep.NOTHING and job.key.mode is Mode.SIM


def _can_trace(job: Job, raised: RaisedErrors) -> bool:
    """Whether there is more to see of a failed run than its report shows."""
    # Of a run that never gave up control there are no events past that moment, and to
    # repeat it takes all of its time once more.
    told_all = all(isinstance(error, Runaway) for error in raised.errors)
    return _repeats_for_trace(job) and not told_all


def _leave_trace(item: pytest.Item, order: Order) -> None:
    """Do the same run once more, for its events.

    The verdict stands already: whatever happens here costs the trace and nothing else.
    """
    os.environ["VIS_ENABLE"] = "never"
    use_order(item.config, order, traced=True, artifacts=Path(order.folder, EVIDENCE))
    with contextlib.redirect_stdout(io.StringIO()):  # it has all been printed
        runtestprotocol(item, log=False, nextitem=None)
