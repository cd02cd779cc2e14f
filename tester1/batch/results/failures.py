"""What is kept of failed runs: a few files for each, and of passed runs nothing.

Messages and seeds of all failures are in the results. The files here are what it takes
to understand one: report and output, the trace, and the timeline where it was the
owner's own code that was run.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tester1.batch.errors import writing
from tester1.batch.runs.jobs import JobResult, Keep, Key
from tester1.batch.runs.submission import Submission, write_files
from tester1.files import write_whole
from tester1.lab import Mode, Preempt
from tester1.session.run_reference import COPY, PRINTED

__all__ = ["FailureFolder"]


class FailureFolder:
    """Keeps the files of the first `most` failures of each test of a submission."""

    def __init__(
        self,
        folder: Path,
        *,
        most: int,
        keep: Keep,
        solutions: Mapping[str, Submission] | None = None,
    ) -> None:
        """`solutions` are those of which a copy is to be kept, by their digests."""
        self._folder = folder
        self._most = most
        self._keep = keep
        self._solutions = solutions or {}
        self._saved: Counter[tuple[str, str]] = Counter()
        # A batch that goes on has some already, which count.
        for report in folder.rglob("*.txt"):
            test = report.stem.partition("-")[0]
            self._saved[report.parent.name, test] += 1

    def wanted(self, key: Key) -> Keep:
        """What to keep of a run if it fails."""
        enough = self._saved[key.submission, key.test] >= self._most
        return Keep.NOTHING if enough else self._keep

    def report(self, key: Key) -> Path:
        """Where the report of a failed run is, if it was kept."""
        words = [key.test, str(key.seed)]
        if key.mode is not Mode.SIM:
            words.append(key.mode)
        if key.preempt is not Preempt.NONE:
            words.append(key.preempt)
        return self._folder / key.submission / f"{'-'.join(words)}.txt"

    def solution(self, submission: str) -> Path:
        """Where the copy of a solution is, once a run of it has failed."""
        return self._folder / submission / COPY

    def save(self, result: JobResult) -> None:
        """Write the files of a failed run, unless there are enough by now.

        With the first one comes a copy of the solution, if there are to be any.

        Raises `BatchError` if they cannot be written.
        """
        record, evidence = result.record, result.evidence
        if not record.passed:
            self._save_solution(record.key.submission)
        # Asked again: while this run was under way, others of its test may have failed.
        if evidence is None or self.wanted(record.key) is Keep.NOTHING:
            return
        report = self.report(record.key)
        parts = [record.message, evidence.report]
        if evidence.output:
            parts.append(f"{PRINTED}\n{evidence.output}")
        text = "\n\n".join(part.strip() for part in parts if part.strip())
        with writing(report):
            report.parent.mkdir(parents=True, exist_ok=True)
            for suffix, data in evidence.files.items():
                write_whole(report.with_suffix(suffix), data)
            # It comes last: where there is a report, there is all of it.
            write_whole(report, f"{text}\n".encode(errors="backslashreplace"))
        self._saved[record.key.submission, record.key.test] += 1

    def _save_solution(self, digest: str) -> None:
        solution = self._solutions.get(digest)
        folder = self.solution(digest)
        if solution is None or folder.exists():
            return
        # Half a solution would be another one.
        draft = folder.with_name(f".{folder.name}.new")
        with writing(folder):
            shutil.rmtree(draft, ignore_errors=True)
            try:
                write_files(solution.files.items(), draft)
                draft.rename(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
