"""What a batch is made of: jobs that go out, and results that come back.

A job is one run of one test under one seed. Everything here is plain data, so that it
can travel to any worker and into any file by value: no code has to go along, since
every worker has raftlab installed, and `Key.version` says which one.

A key names a run for good. In simulation two runs of one key are the same run, so a
result that is known already need not be had again.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tester1.lab import Mode, Preempt, RunOptions
from tester1.suites import course_name

__all__ = [
    "REFERENCE",
    "Bounds",
    "Evidence",
    "Job",
    "JobResult",
    "Keep",
    "Key",
    "Order",
    "Record",
    "Status",
    "replay_command",
]

REFERENCE = "reference"
"""The submission of a key whose run is one of the reference solution."""


class Status(StrEnum):
    """How a run has ended."""

    PASSED = "passed"
    FAILED = "failed"
    """The test says so."""
    STOPPED = "stopped"
    """It was over one of its bounds."""
    CRASHED = "crashed"
    """Its process ended without a verdict, or meddled with the tester."""
    LOST = "lost"
    """Its worker died again and again, which says nothing about the submission."""


class Keep(StrEnum):
    """What is kept of a run that does not pass, besides its message."""

    NOTHING = "nothing"
    TEXT = "text"
    """Its report, its output and its trace: text, which nobody's browser runs."""
    ALL = "all"
    """The timeline as well."""


@dataclass(frozen=True, slots=True)
class Key:
    """Which run: the same key, the same run."""

    submission: str
    """The digest of the submission, or `REFERENCE`."""
    test: str
    """The test's function."""
    seed: int
    mode: Mode
    preempt: Preempt
    version: str
    """The harness's version (`tester1.batch.runs.version`)."""


def replay_command(key: Key, solution: str | Path | None) -> str:
    """The command that shows a run again; `solution` is the folder, if it has one."""
    options = RunOptions(key.mode, key.preempt).words(key.seed, solution)
    return shlex.join(["raftlab", "replay", course_name(key.test), *options])


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a run may use before it is stopped."""

    cpu_s: int = 60
    """Processor time in seconds. In simulation; a test's processes have their own."""
    wall_s: int = 300
    """Time on the wall in seconds: for a run that waits for ever."""
    memory_mib: int = 1024
    output_kib: int = 1024
    confined: bool = True
    """Whether the run is kept from processes, network and other people's files."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run to be done."""

    key: Key
    bounds: Bounds
    keep: Keep = Keep.NOTHING
    shown_as: str = ""
    """What reports call the folder of the solution."""
    place: str = ""
    """Where that folder is, in full, for whoever repeats the run."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is asked for: a job, and where things are on its machine."""

    job: Job
    solution: str | None
    """The folder of the solution; None for the reference."""
    folder: str
    """Where the run may write."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of every run."""

    key: Key
    status: Status
    message: str = ""
    """What is wrong, the main point first; empty if the run has passed."""
    wall_s: float = 0.0
    cpu_s: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the run has passed."""
        return self.status is Status.PASSED


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a failed run leaves behind."""

    report: str = ""
    output: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    """Contents of files by their suffix: `.trace`, `.html`."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """What comes back for a job."""

    record: Record
    evidence: Evidence | None = None
