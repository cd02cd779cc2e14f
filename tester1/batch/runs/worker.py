"""A warm worker process: `python -m tester1.batch.runs.worker FILE`.

It imports everything and collects the suites once; then each run is a fork of it, which
costs a few milliseconds where a new pytest costs half a second. Nothing of a submission
is ever run in the worker itself, so every run begins from the same clean state, and
whatever happens to a run happens to that run alone.

It takes an `Order` at a time from the connection with that file number, and answers
with a `JobResult`. It ends when the connection does, and its run with it.
"""

from __future__ import annotations

import gc
import os
import secrets
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tester1.batch.runs.jobs import (
    Bounds,
    Evidence,
    Job,
    JobResult,
    Keep,
    Key,
    Order,
    Record,
    Status,
)
from tester1.batch.runs.one_run import (
    EVIDENCE,
    RaisedErrors,
    Verdict,
    repeat_line,
    run_once,
    use_order,
    without_paths,
)
from tester1.batch.runs.precompile import precompile
from tester1.batch.runs.watch import EndedRun, RunPipes, watch
from tester1.lab import Mode, Preempt
from tester1.sandbox.endings import describe
from tester1.solution import LAB_PACKAGES, REFERENCE_ROOT
from tester1.suites import SUITES, suites_root

__all__ = ["READY"]

READY: Final = b"ready"
"""What a worker sends once it can take orders."""

_WARM_UP: Final = ("test_basic_agree_3B", "test_basic_4A")
"""Short tests that go through most of the harness."""
_SECRET_BYTES: Final = 32
_MAX_FILE_BYTES: Final = 32 << 20
_FILES_KEPT: Final = {Keep.TEXT: (".trace",), Keep.ALL: (".trace", ".html")}


class OrderLoop:
    """A pytest plugin that runs tests to order in place of pytest's own loop."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._raised = RaisedErrors()
        self._items: dict[str, pytest.Item] = {}
        self._compiled: set[tuple[str, Preempt]] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take orders until nobody is left to give any."""
        self._items = {item.name: item for item in session.items}
        session.config.pluginmanager.register(self._raised)
        _compile(REFERENCE_ROOT, Preempt.NONE)
        # Every run has what is loaded by then without doing anything for it.
        self._warm_up()
        # What is there now stays, and is shared with every run: the collector does not
        # look at it any more, and so no run copies the memory that it is in.
        gc.collect()
        gc.freeze()
        decode = msgspec.msgpack.Decoder(Order).decode
        try:
            self._connection.send_bytes(READY)
            while True:
                order = decode(self._connection.recv_bytes())
                result = self._do(order)
                self._connection.send_bytes(msgspec.msgpack.encode(result))
        except (EOFError, ConnectionError):  # the batch has ended, however
            return True

    def _warm_up(self) -> None:
        """Fill the caches of the harness, with runs of the reference."""
        for test in _WARM_UP:
            with tempfile.TemporaryDirectory() as folder:
                key = Key("", test, 0, Mode.SIM, Preempt.NONE, "")
                order = Order(Job(key, Bounds()), None, folder)
                self._fork_free_run(order)

    def _fork_free_run(self, order: Order) -> None:
        # In this process, of all things: the reference is the harness's own code.
        item = self._items[order.job.key.test]
        use_order(item.config, order)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)

    def _do(self, order: Order) -> JobResult:
        key = order.job.key
        kind = (order.solution or "", key.preempt)
        # In process mode the servers compile for themselves, each in its own process.
        if key.mode is Mode.SIM and kind not in self._compiled:
            self._compiled.add(kind)
            _compile(Path(order.solution or REFERENCE_ROOT), key.preempt)
        # A new one for each run: what one has found out is of no use to the next.
        secret = secrets.token_bytes(_SECRET_BYTES)
        ended = self._run(order, secret)
        verdict = _verdict_of(ended, secret)
        record = Record(
            key,
            verdict.status,
            verdict.message,
            ended.wall_s,
            # The verdict's own is the test's alone, but whoever was stopped gave none.
            verdict.cpu_s or ended.cpu_s,
        )
        wanted = order.job.keep is not Keep.NOTHING and not record.passed
        return JobResult(record, _evidence(order, verdict, ended) if wanted else None)

    def _run(self, order: Order, secret: bytes) -> EndedRun:
        verdict_reader, verdict_writer = os.pipe()
        output_reader, output_writer = os.pipe()
        sys.stdout.flush()  # or both processes would write what waits in the buffer
        pid = os.fork()
        if pid == 0:
            pipes = RunPipes(verdict_writer, output_writer)
            item = self._items[order.job.key.test]
            run_once(item, order, secret, pipes, self._raised)
        # The run alone may hold them: their end is how its end is noticed.
        os.close(verdict_writer)
        os.close(output_writer)
        pipes = RunPipes(verdict_reader, output_reader)
        return watch(pid, pipes, order.job.bounds, self._connection.fileno())


def _compile(folder: Path, preempt: Preempt) -> None:
    lines = preempt is Preempt.LINE
    folders = [folder]
    if folder == REFERENCE_ROOT:
        folders = [folder / package for package in LAB_PACKAGES]
    for one in folders:
        precompile(one, preempt_lines=lines)


def _verdict_of(ended: EndedRun, secret: bytes) -> Verdict:
    """The verdict on a run whose process has ended."""
    # Compared in constant time, as secrets are; and decoded only after that, since all
    # else on this pipe comes from code under test.
    begins_right = secrets.compare_digest(ended.verdict[: len(secret)], secret)
    if begins_right:
        try:
            return msgspec.msgpack.decode(ended.verdict[len(secret) :], type=Verdict)
        except msgspec.MsgspecError:
            pass  # it was not left alone: there is more than the verdict, or less
    # Only without a verdict: a run that was stopped after it stands by what it said.
    if ended.over:
        return Verdict(Status.STOPPED, ended.over, "", ended.cpu_s)
    if ended.verdict:
        message = "wrote to the tester's own channel"
    else:
        message = f"ended without a verdict: its process {describe(ended.exit_code)}"
    return Verdict(Status.CRASHED, message, "", ended.cpu_s)


def _evidence(order: Order, verdict: Verdict, ended: EndedRun) -> Evidence:
    folder = Path(order.folder, EVIDENCE)
    files = {
        suffix: path.read_bytes()
        for suffix in _FILES_KEPT[order.job.keep]
        for path in sorted(folder.glob(f"*{suffix}"))
        # The run may write there, so it may be anything: a link to a file of the
        # worker's user, a pipe that never ends, a file as large as the disk.
        if path.is_file()
        and not path.is_symlink()
        and path.stat().st_size <= _MAX_FILE_BYTES
    }
    output = without_paths(ended.output, order)
    # Without a verdict there is no report either, and all the more to be repeated.
    return Evidence(verdict.report or repeat_line(order.job), output, files)


def main() -> None:
    """Take orders from the connection that the command line names."""
    connection = Connection(int(sys.argv[1]))
    # It was inherited once, by this process. What a run starts must not hold it open,
    # or the batch would wait for an answer of a worker that has died.
    os.set_inheritable(connection.fileno(), False)
    # Collected once for all runs: which of their tests is run, the order says.
    suites = [str(suites_root() / suite) for suite in SUITES]
    # Nothing but the harness has a say: no configuration file, no other plugin.
    alone = [
        "-c",
        os.devnull,
        f"--rootdir={suites_root()}",
        "-p",
        "tester1.session.plugin",
        # The orders say it; whoever starts a worker may stand anywhere.
        f"--solution={REFERENCE_ROOT}",
    ]
    quiet = ["-s", "-qq", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
    status = pytest.main([*alone, *quiet, *suites], plugins=[OrderLoop(connection)])
    sys.exit(status)


if __name__ == "__main__":
    main()
