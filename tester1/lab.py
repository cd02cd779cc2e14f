"""One test's environment, and the failure that ends a test.

A `Lab` is made by the pytest plugin (or by a batch) for one run of one test. It says
how the run is done (mode, seed, solution) and collects what the report of the run
needs afterwards: result lines, written files, and every `Config` that the test made,
whose annotations tell the last fault.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from labrt import Runtime
from tester1.stuck import stuck_locks

if TYPE_CHECKING:
    from tester1.cluster.config import Config

__all__ = ["Ending", "Lab", "LabFailure", "Mode"]


_LONGEST_NAME: Final = 160


class Mode(StrEnum):
    """Where the servers of a test run."""

    SIM = "sim"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Ending:
    """How things stood when a test ended: the time, who was stuck, events so far."""

    time: float
    stuck: tuple[str, ...]
    events: int


class LabFailure(AssertionError):
    """A test found that the solution breaks a rule; the message says which."""


@dataclass(slots=True, repr=False)
class Lab:
    """What one run of one test is done with.

    `seed` is the number that `--seed` repeats this run with. `rehearsal` marks the
    repetition of a run that has failed: it leaves no files behind. The fields from
    `configs` on are filled by the run, and `unrepeated` by a repetition that ended in
    another way: it says where the two part.
    """

    runtime: Runtime
    mode: Mode
    seed: int
    solution: Path | None = None
    name: str = "test"
    artifacts: Path | None = None
    rehearsal: bool = False
    configs: list[Config] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Files that were due and could not be written, a sentence each."""
    ending: Ending | None = None
    unrepeated: str = ""

    def end(self) -> None:
        """Take note of how things stand: the test's own part is over.

        The first call counts; what is torn down afterwards is not part of the picture.
        """
        if self.ending is None:
            trace = self.runtime.trace
            self.ending = Ending(
                self.runtime.now(),
                tuple(stuck_locks(self.runtime)),
                0 if trace is None else len(trace.events),
            )

    def rehearse(self, runtime: Runtime) -> None:
        """Get ready for the same run once more, in a fresh runtime."""
        self.runtime = runtime
        self.rehearsal = True
        self.configs = []
        self.ending = None

    @property
    def file_stem(self) -> str:
        """The test's name and seed as the name of a file, without a suffix."""
        # File systems allow 255 bytes, of which a suffix and a draft's mark take some.
        name = re.sub(r"[^A-Za-z0-9_.=-]+", "_", self.name)
        if len(name) > _LONGEST_NAME:
            digest = hashlib.sha256(self.name.encode(errors="surrogatepass"))
            name = f"{name[:_LONGEST_NAME]}-{digest.hexdigest()[:8]}"
        return f"{name}-{self.seed}"

    def __repr__(self) -> str:
        return f"<lab: mode {self.mode}, seed {self.seed}>"
