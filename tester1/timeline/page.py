"""When a test leaves an HTML timeline behind, and where.

`VIS_ENABLE`: `never` writes no file, `always` one for every test, anything else one
for every test that failed. `VIS_FILE` names the file, which each test replaces;
without it the file goes to the artifacts folder of the run, or else to a new
temporary file.

A page shows the facts of the run if it has kept them. Most runs keep none, and are
repeated for them when they have failed: then the page is drawn once more.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from labrt import Fact
from tester1.timeline.annotations import Annotations

if TYPE_CHECKING:
    from tester1.lab import RunFailure
    from tester1.porcupine.model import Result

__all__ = ["Outcome", "Redraw", "Visualizer", "shows_all"]

Redraw: TypeAlias = "Callable[[Sequence[Fact], RunFailure], None]"


class Outcome(StrEnum):
    """How a test ended, in the words of its closing annotation."""

    PASSED = "test passed"
    FAILED = "test failed"
    INTERRUPTED = "interrupted"


def shows_all() -> bool:
    """Whether tests that pass leave a page, too."""
    return os.environ.get("VIS_ENABLE") == "always"


class Run(Protocol):
    """The run of a test, as far as its page has to know it."""

    @property
    def name(self) -> str:
        """The test's name."""

    @property
    def is_replay(self) -> bool:
        """Whether it is the repetition of another, which has left its files."""

    @property
    def artifacts(self) -> Path | None:
        """Where files go, if that was said."""

    @property
    def file_stem(self) -> str:
        """A name for a file, without a suffix."""

    @property
    def about(self) -> Callable[[], Mapping[str, object]]:
        """What a file says of the run that has left it, as JSON."""

    @property
    def files(self) -> list[Path]:
        """What was written; it is added to."""

    @property
    def warnings(self) -> list[str]:
        """What could not be written, in sentences; it is added to."""

    def kept_facts(self) -> Sequence[Fact]:
        """The facts that it has kept, up to its end."""

    redraw: Redraw | None
    """Draws the page that was written last once more, with the facts of the run."""


class Visualizer:
    """Writes the timeline of one test, at most once, and again if it is told to."""

    def __init__(self, run: Run, annotations: Annotations) -> None:
        self._run = run
        self._annotations = annotations

    def wanted(self, outcome: Outcome) -> bool:
        """Whether a file is due for a test that ends so."""
        never = os.environ.get("VIS_ENABLE") == "never"
        if self._run.is_replay or never or self._annotations.finalized:
            return False
        return shows_all() or outcome is not Outcome.PASSED

    def write(self, result: Result | None, outcome: Outcome) -> Path | None:
        """Write the file if one is due: `result`'s history, if any, and annotations.

        Returns where. Says on standard output what it wrote, or why it could not:
        a file that cannot be written is no reason to fail a test.
        """
        if not self.wanted(outcome):
            return None
        # Before it is written, and whatever becomes of that: one page for a test.
        self._annotations.finish(outcome)
        # A failed run's are drawn when it is told how it failed, and by then the facts
        # of its repetition may be there.
        facts = () if outcome is Outcome.FAILED else self._run.kept_facts()
        what = "visualization" if result is None else "history visualization"
        try:
            with self._place() as path:
                self._draw(path, result, facts)
        except OSError as error:
            print(f"info: failed to write {what}: {error}")
            self._run.warnings.append(f"failed to write {what}: {error}")
            return None
        print(f"info: wrote {what} to {path}")
        self._run.files.append(path)
        self._run.redraw = functools.partial(self._redraw, path, result)
        return path

    def _redraw(
        self,
        path: Path,
        result: Result | None,
        facts: Sequence[Fact],
        failure: RunFailure,
    ) -> None:
        """Put the picture of the whole run in place of what was written to `path`."""
        try:
            self._draw(path, result, facts, failure)
        except OSError as error:
            self._run.warnings.append(f"failed to write visualization: {error}")

    def _draw(
        self,
        path: Path,
        result: Result | None,
        facts: Sequence[Fact],
        failure: RunFailure | None = None,
    ) -> None:
        from tester1.timeline.picture import write_picture  # slow, and seldom needed

        write_picture(
            path,
            facts,
            annotations=self._annotations.records(),
            result=result,
            failure=failure,
            title=self._run.name,
            about=json.dumps(self._run.about()),
        )

    @contextlib.contextmanager
    def _place(self) -> Iterator[Path]:
        """Where the file goes; what was made for it is gone again if it fails."""
        chosen = os.environ.get("VIS_FILE")
        if chosen:
            yield Path(chosen)
        elif self._run.artifacts is not None:
            self._run.artifacts.mkdir(parents=True, exist_ok=True)
            yield self._run.artifacts / f"{self._run.file_stem}.html"
        else:
            # Kept for the user, who is told its name; the system clears it away one
            # day.
            descriptor, name = tempfile.mkstemp(
                prefix="raftlab-timeline-", suffix=".html"
            )
            os.close(descriptor)
            try:
                yield Path(name)
            except BaseException:
                os.unlink(name)
                raise
