"""Running a pytest of its own, as a user does, and looking for what it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tester1.solution import REFERENCE_ROOT

LIMIT_S: Final = 120.0
_POLL_S: Final = 0.02
_MARK: Final = "RAFTLAB_TEST_MARK"


@dataclass(frozen=True, slots=True)
class Outside:
    """A folder with tests in it, and the environment that pytest gets there.

    Every process that comes out of it has the mark in its environment.
    """

    folder: Path
    state: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def make(cls, folder: Path) -> Outside:
        """Set up an empty folder."""
        (folder / "tests").mkdir()
        (folder / "state").mkdir()
        conftest = REFERENCE_ROOT / "tests" / "conftest.py"
        (folder / "tests" / "conftest.py").write_text(conftest.read_text())
        return cls(folder / "tests", folder / "state")

    def write(self, test: str) -> None:
        """Put the source of a test file into the folder."""
        (self.folder / "test_outside.py").write_text(test)

    def start(self, *options: str, **variables: str) -> subprocess.Popen[str]:
        """Start pytest with `--mode process`; its output goes to a file."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(REFERENCE_ROOT),
            "RAFTLAB_STATE_DIR": str(self.state),
            "VIS_ENABLE": "never",
            _MARK: self.mark,
            **variables,
        }
        words = ["-m", "pytest", "test_outside.py", "-p", "no:cacheprovider"]
        with self.output_file.open("w") as output:
            return subprocess.Popen(
                [sys.executable, *words, "--rootdir=.", "--mode=process", *options],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def run(self, *options: str, **variables: str) -> str:
        """Run pytest to its end and return what it has written."""
        with self.start(*options, **variables) as process:
            process.wait(LIMIT_S)
        return self.output_file.read_text()

    @property
    def output_file(self) -> Path:
        """Where pytest's output goes."""
        return self.folder / "output"

    def processes(self) -> list[int]:
        """Every process that is left of what was started here."""
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdecimal() and self._is_marked(entry)
        ]

    def files(self) -> list[Path]:
        """Every file and folder that is left of the servers' disks."""
        return [path for path in self.state.rglob("*") if path.parent != self.state]

    def _is_marked(self, process: Path) -> bool:
        mark = f"{_MARK}={self.mark}".encode()
        try:
            return mark in (process / "environ").read_bytes().split(b"\0")
        except OSError:
            return False


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something to happen in another process; fails after `LIMIT_S`."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, f"still waiting: {what}"
        time.sleep(_POLL_S)
