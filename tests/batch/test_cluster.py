"""A batch on a Dask cluster: a real scheduler and two workers, one being killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tester1.batch.runs.dispatch import perform
from tester1.batch.runs.executors import cluster
from tester1.batch.runs.jobs import Bounds, Job, JobResult, Key
from tester1.batch.runs.pool import run_job
from tester1.batch.runs.submission import Submission
from tester1.batch.runs.version import harness_version
from tester1.lab import Mode, Preempt
from tester1.solution import REFERENCE_ROOT
from tests.batch import samples
from tests.cli.conftest import Raftlab
from tests.process.outside import wait_until

distributed = pytest.importorskip("distributed")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A scheduler's address, and its workers by name."""

    address: str
    workers: dict[str, subprocess.Popen[bytes]]


def address_in(file: Path) -> str | None:
    """The address that a scheduler has written to a file; None if it has not yet."""
    try:
        return str(json.loads(file.read_text())["address"])
    except (FileNotFoundError, json.JSONDecodeError):
        return None


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and two workers with one thread each, on loopback."""
    with ExitStack() as ended:

        def start(*words: str) -> subprocess.Popen[bytes]:
            log = ended.enter_context((tmp_path / f"{words[0]}.log").open("ab"))
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{words[0]}", *words[1:]],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(REFERENCE_ROOT)},
                stdout=log,
                stderr=log,
            )
            ended.callback(process.wait)
            ended.callback(process.kill)
            return process

        file = tmp_path / "scheduler.json"
        local = ["--host", "127.0.0.1", "--no-dashboard"]
        start("scheduler", *local, "--port", "0", "--scheduler-file", str(file))
        wait_until(lambda: address_in(file) is not None, "the scheduler")
        address = address_in(file)
        assert address is not None
        options = ["--no-nanny", "--nthreads", "1", "--name"]
        workers = {
            name: start("worker", address, *local, *options, name)
            for name in ("one", "two")
        }
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(2)
        yield Cluster(address, workers)


def jobs(submission: Submission, count: int) -> list[Job]:
    """Short runs of a submission."""
    version = harness_version()
    bounds = Bounds()
    keys = (
        Key(
            submission.digest,
            "test_initial_election_3A",
            seed,
            Mode.SIM,
            Preempt.NONE,
            version,
        )
        for seed in range(count)
    )
    return [Job(key, bounds) for key in keys]


def transfers(dask_worker: Any) -> list[str]:
    """What this worker has got from the other one."""
    return [key for log in dask_worker.transfer_incoming_log for key in log["keys"]]


def test_a_worker_that_is_killed_costs_nothing(running: Cluster) -> None:
    """Every job comes back once, with the result that it has anywhere else.

    The submission is computed on one worker, and moves to the other as what it is:
    no job carries it.
    """
    raft = samples.SOMETIMES
    submission = Submission("anna", {"raft1/raft.py": raft.encode()})
    archives = {submission.digest: submission.pack()}
    planned = jobs(submission, 40)
    with cluster(running.address) as engine:
        assert engine.width() == 2
        outcomes: list[JobResult] = []
        for outcome in perform(planned, engine, archives):
            outcomes.append(outcome)
            if len(outcomes) == 15:
                with distributed.Client(running.address, set_as_default=False) as other:
                    received = other.run(transfers)
                running.workers["two"].send_signal(signal.SIGKILL)
    # A worker that has nothing to do for seconds may forget its copy, and get it again.
    moved = {key for keys in received.values() for key in keys}
    assert len(moved) == 1
    records = {outcome.record.key: outcome.record for outcome in outcomes}
    assert len(outcomes) == len(records) == len(planned)
    assert {record.passed for record in records.values()} == {True, False}
    for job in planned[:6]:
        here = run_job(job, archives[submission.digest]).record
        there = records[job.key]
        assert (here.status, here.message) == (there.status, there.message)


def test_command_line(running: Cluster, raftlab: Raftlab, tmp_path: Path) -> None:
    """`--scheduler` is all that it takes."""
    wrong = samples.write(tmp_path / "wrong", samples.ALL_LEAD)
    options = ["-n", 3, "--solution", wrong, "--scheduler", running.address]
    ended = raftlab("test", "TestInitialElection3A", *options)
    assert ended.status == 1
    assert "3 x one leader a term (5.2): server 0 says that it leads" in ended.out
    failures = tmp_path / "raftlab-results" / "0001" / "failures"
    assert len(list(failures.rglob("*.trace"))) == 3


def test_no_scheduler(raftlab: Raftlab, unused_port: int) -> None:
    """An address where nobody answers is told as such, with what to do."""
    address = f"tcp://127.0.0.1:{unused_port}"
    refusal = raftlab("test", "3A", "--scheduler", address).refusal
    assert refusal.startswith(f"raftlab: --scheduler {address}: cannot be reached (")
    assert refusal.endswith(
        "; start one with `dask scheduler`, which prints its address"
    )
    assert not Path("raftlab-results").exists()


@pytest.fixture
def unused_port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port that nobody listens at; who asks there is not kept waiting for long."""
    monkeypatch.setattr("tester1.batch.runs.executors._CONNECT_LIMIT_S", 1)
    return 1
