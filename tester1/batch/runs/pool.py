"""The warm workers of one process: `run_job` is what every executor runs.

A thread that has a job takes an idle worker, or starts one, and waits for its answer.
So a pool of threads is a pool of processes, on this machine as on any node of a
cluster, and a worker that dies takes nothing with it: its job is done again. (A
`ProcessPoolExecutor` would be of no more use after the first process that dies.)

Solutions are kept by their digest in a folder of this process, which ends with it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Final

import msgspec

from tester1.batch.errors import BatchError
from tester1.batch.runs import submission
from tester1.batch.runs.jobs import Job, JobResult, Order, Record, Status
from tester1.batch.runs.version import harness_version
from tester1.sandbox.workspace import WorkspaceError, unwritable, workspace
from tester1.solution import REFERENCE_ROOT

__all__ = ["WorkerPool", "WrongVersion", "run_job"]

TRIES: Final = 3
"""How many workers may die of one job before it is given up."""
_SOLUTIONS_A_WORKER: Final = 40
"""A worker keeps what it has compiled, so it is replaced after that many solutions."""
_READY_LIMIT_S: Final = 120.0
_END_LIMIT_S: Final = 5.0


class WrongVersion(BatchError):
    """A worker's raftlab is not the one that sent the job."""


class _Died(Exception):
    """A worker has ended in the middle of a job."""


class Worker:
    """A warm worker process, for one thread at a time."""

    def __init__(self) -> None:
        self.solutions: set[str] = set()
        self._connection, theirs = Pipe()
        with theirs, contextlib.ExitStack() as files:
            files.enter_context(self._connection)
            # A file, not a pipe: nobody reads along, and a full pipe would stop it.
            self._errors = files.enter_context(tempfile.TemporaryFile())
            self._process = subprocess.Popen(
                # -P: what lies in the current folder is not the harness.
                [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env=_environment(),
                # Ctrl-C is for the batch, which ends its workers itself.
                start_new_session=True,
            )
            self._files = files.pop_all()

    def run(self, order: Order) -> JobResult:
        """Have a job done. Raises `_Died` if the worker does not survive it."""
        # Plain data both ways: even a worker that a run has got hold of can send
        # nothing but a wrong result.
        try:
            self._connection.send_bytes(msgspec.msgpack.encode(order))
            return msgspec.msgpack.decode(self._connection.recv_bytes(), type=JobResult)
        except (EOFError, OSError) as error:
            raise _Died from error

    def await_ready(self) -> None:
        """Wait until it can take orders.

        Raises `_Died` if it was killed before, `BatchError` if it never can.
        """
        with contextlib.suppress(EOFError, OSError):
            if self._connection.poll(_READY_LIMIT_S):
                self._connection.recv_bytes()
                return
        try:
            # Killed, by whoever: another one may do better. One that has exited by
            # itself has said why, and so would every other.
            if self._process.wait(_END_LIMIT_S) < 0:
                raise _Died
        except subprocess.TimeoutExpired:
            self.kill()
        raise BatchError(f"a worker process cannot start: {self._last_error()}")

    def kill(self) -> None:
        """End it, and what it runs. Whoever waits for its answer gets `_Died`."""
        # Its run has asked the kernel to die with it, and its connection ends with it.
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it and let go of its files: nobody waits for it any more."""
        self.kill()
        self._files.close()

    def _last_error(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it says nothing"


_MODULE: Final = "tester1.batch.runs.worker"


class WorkerPool:
    """The workers of this process, as many as there are threads that have a job."""

    def __init__(self) -> None:
        # Guards all below. Nothing is waited for under it but the unpacking of a
        # solution, which must be there before anybody runs it.
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._solutions: dict[str, Path] = {}
        self._closed = False

    def run(self, job: Job, archive: bytes | None) -> JobResult:
        """Do a job. `archive` is the packed submission; None is the reference."""
        try:
            with self._lock:
                solution = self._solution(job.key.submission, archive)
                folder = workspace(on_disk=False).new_folder("run")
        except WorkspaceError as error:
            raise BatchError(str(error)) from None
        # The worker gets names of folders, not contents: it is on the same machine.
        order = Order(job, None if solution is None else str(solution), str(folder))
        try:
            for _ in range(TRIES):
                # In the same folder again, where a run that has died may have left
                # something; its own files are all that it could spoil.
                with contextlib.suppress(_Died), self._worker(solution) as worker:
                    return worker.run(order)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return JobResult(
            Record(job.key, Status.LOST, f"{TRIES} worker processes died in this run")
        )

    def close(self) -> None:
        """End all workers. Whoever waits for one of them gets an exception."""
        # Closed before anything is ended: a thread that has lost its worker must not
        # get another one.
        with self._lock:
            self._closed = True
            idle, busy = self._idle, list(self._busy)
            self._idle = []
        for worker in busy:
            worker.kill()  # and whoever uses it closes it
        for worker in idle:
            worker.close()

    def _solution(self, digest: str, archive: bytes | None) -> Path | None:
        """The folder of a solution, which is unpacked when it is first needed."""
        if archive is None:
            return None
        # Remembered once all of it is there: if the disk is full, the next run tries
        # anew.
        folder = self._solutions.get(digest)
        if folder is None:
            folder = workspace(on_disk=False).new_folder(f"solution-{digest}")
            try:
                submission.unpack(archive, folder)
            except OSError as error:
                raise WorkspaceError(unwritable(folder, error)) from None
            self._solutions[digest] = folder
        return folder

    @contextlib.contextmanager
    def _worker(self, solution: Path | None) -> Iterator[Worker]:
        worker, is_new = self._take()
        worker.solutions.add(str(solution))
        # Until it has answered: whatever is raised here, a worker that has an order
        # under way is of no more use, since its answer would go to the next one.
        survives = False
        try:
            if is_new:
                worker.await_ready()
            yield worker
            survives = len(worker.solutions) < _SOLUTIONS_A_WORKER
        finally:
            with self._lock:
                self._busy.discard(worker)
                survives = survives and not self._closed
                if survives:
                    self._idle.append(worker)
            if not survives:  # not under the lock: it waits for the process
                worker.close()

    def _take(self) -> tuple[Worker, bool]:
        """An idle worker, or a new one, and whether it is new."""
        with self._lock:
            if self._closed:
                raise BatchError("the batch has been ended")
            is_new = not self._idle
            # The one that was used last: what it has in its caches is still warm.
            worker = Worker() if is_new else self._idle.pop()
            self._busy.add(worker)
        return worker, is_new


_pool: WorkerPool | None = None
_pool_lock: Final = threading.Lock()


def run_job(job: Job, archive: bytes | None) -> JobResult:
    """Do a job with the workers of this process, which are started when needed.

    Raises `WrongVersion` if the job is from a harness that decides differently.
    """
    if job.key.version != harness_version():
        raise WrongVersion(
            f"worker {os.uname().nodename} has another version of raftlab "
            f"({harness_version()}, not {job.key.version}); install the same on all"
        )
    return _shared_pool().run(job, archive)


def close_shared_pool() -> None:
    """End the workers of this process; new ones are started when needed."""
    global _pool
    with _pool_lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.close()


def _shared_pool() -> WorkerPool:
    global _pool
    with _pool_lock:
        if _pool is None:
            _pool = WorkerPool()
            atexit.register(close_shared_pool)
        return _pool


def _environment() -> dict[str, str]:
    """The variables of a worker: nothing in them has a say in how tests run."""
    # Options of pytest's or ours in them would go for every run of the batch, and on
    # this machine alone.
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "VIS_", "PYTHONPATH"))
    }
    return {
        **own,
        "PYTHONPATH": str(REFERENCE_ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        # Reports are made as wide as they are shown.
        "COLUMNS": "100",
    }
