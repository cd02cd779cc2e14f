"""What is written about a class, and where.

In the folder of results: `index.html`, `grades.csv`, `tests.csv` and `junit.xml` on the
class; `submissions/NAME/` with `index.html` and Gradescope's `results.json` on each
submission; `failures/` with the reports that the pages link to.

All of it is made anew from the results, whole files in one step, every now and then
while runs come in: whoever looks sees a state that was true a moment ago.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tester1.batch.errors import writing
from tester1.batch.grading.grades import ClassGrades, Grade
from tester1.batch.grading.gradescope import gradescope_results
from tester1.batch.grading.junit import junit_report
from tester1.batch.grading.pages import class_page, submission_page
from tester1.batch.grading.tables import table_of_grades, table_of_tests
from tester1.batch.results.failures import FailureFolder
from tester1.files import write_whole

__all__ = ["Outputs"]

_PERIOD_S: Final = 5.0
_SHARE: Final = 20
"""At most one part in so many of the time goes into writing."""


@dataclass(slots=True)
class Outputs:
    """Writes the reports of a class to `folder`.

    `results_file` is where else the Gradescope file of the only submission goes.
    """

    folder: Path
    failures: FailureFolder
    results_file: Path | None = None
    _next: float = 0.0

    def refresh(self, grades: Callable[[], ClassGrades]) -> None:
        """Write all, if that is due."""
        begun = time.monotonic()
        if begun < self._next:
            return
        self.write(grades())
        # A large class has large pages, so the time to the next writing grows with what
        # this one took.
        now = time.monotonic()
        self._next = now + max(_PERIOD_S, _SHARE * (now - begun))

    def write(self, grades: ClassGrades) -> None:
        """Write all. Raises `BatchError` if that cannot be done."""
        # The pages of submissions first: the class's page leads to them.
        with writing(self.folder):
            for grade in grades.grades:
                self._write_submission(grades, grade)
            links = {grade.name: self._link(grade) for grade in grades.grades}
            files = {
                "index.html": class_page(grades, links),
                "grades.csv": table_of_grades(grades.grades),
                "tests.csv": table_of_tests(grades.grades),
                "junit.xml": junit_report(grades.grades),
            }
            for name, data in files.items():
                write_whole(self.folder / name, data)

    def _write_submission(self, grades: ClassGrades, grade: Grade) -> None:
        folder = self._submission_folder(grade)
        folder.mkdir(parents=True, exist_ok=True)
        solution = self.failures.solution(grade.entry.digest)
        reports = self._reports(grade, folder)
        page = submission_page(grades, grade, reports, solution)
        write_whole(folder / "index.html", page)
        results = gradescope_results(grade)
        write_whole(folder / "results.json", results)
        if self.results_file is not None:
            write_whole(self.results_file, results)

    def _submission_folder(self, grade: Grade) -> Path:
        return self.folder / "submissions" / grade.entry.file_stem

    def _link(self, grade: Grade) -> str:
        page = self._submission_folder(grade) / "index.html"
        return quote(page.relative_to(self.folder).as_posix())

    def _reports(self, grade: Grade, folder: Path) -> dict[tuple[str, int], str]:
        """Links from a submission's page to what is kept of its failures."""
        links = {}
        for test in grade.tests:
            for record in [*test.tally.failures, *test.audit.failures]:
                report = self.failures.report(record.key)
                # The first few failures of a test alone have their reports kept.
                if report.exists():
                    path = Path("..", "..", report.relative_to(self.folder))
                    links[test.function, record.key.seed] = quote(path.as_posix())
        return links
