"""What is written about a class, format by format, from runs that are known."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from tester1.batch.errors import BatchError
from tester1.batch.grading.gradescope import gradescope_results
from tester1.batch.grading.junit import junit_report
from tester1.batch.grading.outputs import Outputs
from tester1.batch.grading.rubric import Rule, TestRule
from tester1.batch.grading.tables import table_of_grades, table_of_tests
from tester1.batch.results.failures import FailureFolder
from tester1.batch.runs.jobs import Evidence, JobResult, Keep
from tester1.batch.runs.submission import Submission, read_folder
from tests.batch.records import class_of, failed, grade, graded, key, passed

EVIL = "</pre><script>alert(1)</script><img src=x onerror='x'>\x1b[31m & ]]>\ud800"
RUNS = [passed(1), passed(2), failed("term 7 has 3 leaders", 3, wall_s=2.0)]
SHARE = TestRule(9.0, Rule.SHARE, 0.5)


class Page(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and where it leads."""
        self.tags.append(tag)
        self.links.extend(value or "" for name, value in attrs if name == "href")

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def outputs(folder: Path, results_file: Path | None = None) -> Outputs:
    """Outputs in this folder."""
    failures = FailureFolder(folder / "failures", most=3, keep=Keep.TEXT)
    return Outputs(folder, failures, results_file)


def page(path: Path) -> Page:
    """A page that was written."""
    return Page(path.read_text())


def test_grades() -> None:
    """Points, and what is said beside them."""
    share = graded(RUNS, rule=SHARE)
    assert share.score == 6.0
    assert not share.is_clean
    assert graded(RUNS).score == 0.0
    assert graded(RUNS[:2]).score == 1.0
    assert graded(RUNS[:2], planned=5).remark == "2 of 5 runs done"
    assert graded([]).score == 0.0


def test_audit_decides() -> None:
    """What passes in simulation alone is worth nothing until it was looked at."""
    forged = graded(RUNS[:2], audit=[failed("no leader"), failed("no leader")])
    assert forged.score == 0.0
    assert not forged.is_clean
    assert "passes in simulation, but never in processes" in forged.remark
    assert graded(RUNS[:2], audit=[failed("slow"), passed()]).score == 1.0
    assert graded([failed("wrong")], audit=[failed("wrong")]).remark == ""


def test_gradescope() -> None:
    """The file has what Gradescope's documentation asks for."""
    results = msgspec.json.decode(
        gradescope_results(grade("anna", [graded(RUNS, rule=SHARE)]))
    )
    (test,) = results["tests"]
    assert results["score"] == test["score"] == 6.0
    assert results["execution_time"] == 4
    assert (test["name"], test["max_score"]) == ("3C TestFigure83C", 9.0)
    assert test["status"] == "failed"
    assert test["output"].splitlines() == [
        "2 of 3 runs passed (95 % interval 20.8% to 93.9%)",
        "",
        "term 7 has 3 leaders",
        "seeds: 3",
    ]


def test_gradescope_of_what_cannot_be_read() -> None:
    """The student sees why there are no points."""
    results = msgspec.json.decode(
        gradescope_results(grade("anna", [graded([])], "anna.zip: is a broken archive"))
    )
    assert results["score"] == 0
    assert results["output"] == "anna.zip: is a broken archive"
    assert results["tests"][0]["output"] == "not run"


def test_junit() -> None:
    """A suite for each submission, counted as the schema wants it."""
    report = junit_report(
        [
            grade("anna", [graded(RUNS[:2]), graded(RUNS), graded([])]),
            grade("bob", [graded([])], "bob: holds no solution"),
        ]
    )
    anna, bob = ElementTree.fromstring(report)
    counts = ["tests", "failures", "errors", "skipped"]
    assert [anna.get(name) for name in counts] == ["3", "1", "0", "1"]
    assert [bob.get(name) for name in counts] == ["1", "0", "1", "0"]
    failure = anna.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "2 of 3 runs passed"
    assert failure.text == "term 7 has 3 leaders\nseeds: 3"
    assert anna.get("time") == "6.000"


def test_tables() -> None:
    """A row for each submission, and a row for each of its tests."""
    grades = [grade("anna", [graded(RUNS, rule=SHARE)]), grade("=1+1", [graded([])])]
    rows = list(csv.DictReader(io.StringIO(table_of_grades(grades).decode())))
    assert [(row["submission"], row["score"], row["3C"]) for row in rows] == [
        ("anna", "6.0", "6.0"),
        ("'=1+1", "0.0", "0.0"),
    ]
    row, _ = csv.DictReader(io.StringIO(table_of_tests(grades).decode()))
    assert row == {
        "submission": "anna",
        "part": "3C",
        "test": "TestFigure83C",
        "passed": "2",
        "total": "3",
        "low": "0.2077",
        "high": "0.9385",
        "mean_s": "1.333",
        "score": "6.0",
        "points": "9.0",
        "failing_seeds": "3",
        "remark": "",
    }


def test_pages(tmp_path: Path) -> None:
    """The class's page leads to each submission's, and that to what was kept."""
    written = outputs(tmp_path)
    record = failed("term 7 has 3 leaders", 3)
    written.failures.save(JobResult(record, Evidence("the report")))
    tests = [graded([passed(1), record], rule=SHARE)]
    anna = grade("anna b", tests, twins=["bob"])
    written.write(class_of(anna, grade("bob", tests)))
    index = page(tmp_path / "index.html")
    assert "the same files as bob" in index.text
    links = [tmp_path / link for link in index.links]
    assert [link.parent.name for link in links] == ["anna_b", "bob"]
    one = page(links[0])
    assert "4.5 of 9 points" in one.text
    assert re.search(r"1 of 2\s+50.0 %\s+9.5 % to 90.5 %\s+1.00", one.text)
    copy = written.failures.solution(anna.entry.digest)
    command = f"raftlab replay TestFigure83C --seed 3 --solution {copy}"
    assert command in one.text
    (report,) = [link for link in one.links if not link.startswith("#")]
    assert (links[0].parent / report).read_text() == (
        "term 7 has 3 leaders\n\nthe report\n"
    )


def test_nothing_in_a_message_is_markup(tmp_path: Path) -> None:
    """Names and messages are a submission's to choose, and text everywhere."""
    name = "<b>anna</b>"
    tests = [graded([failed(EVIL, 3)])]
    grades = class_of(grade(name, tests, twins=[name]), title="<i>Lab</i>")
    outputs(tmp_path).write(grades)
    plain = tmp_path / "plain"
    outputs(plain).write(class_of(grade("n", [graded([failed("m", 3)])], twins=["n"])))
    for file in "index.html", "submissions/{}/index.html":
        evil = page(tmp_path / file.format("_b_anna_b_"))
        assert evil.tags == page(plain / file.format("n")).tags
        assert "<script>alert(1)</script>" in evil.text
        assert r"\x1b[31m" in evil.text
    (case,) = ElementTree.parse(tmp_path / "junit.xml").iter("testcase")
    failure = case.find("failure")
    assert failure is not None
    assert "<script>alert(1)</script>" in (failure.text or "")


def test_pages_need_nothing_else(tmp_path: Path) -> None:
    """Each page is one file: no script, no style sheet, no picture from elsewhere."""
    outputs(tmp_path).write(class_of(grade("anna", [graded(RUNS)])))
    for path in tmp_path.rglob("*.html"):
        tags = page(path).tags
        assert not {"script", "link", "img", "iframe"} & set(tags)
        assert "default-src 'none'" in path.read_text()


def test_many_seeds_are_folded(tmp_path: Path) -> None:
    """Equal failures are one entry, however many they are."""
    runs = [failed(f"index {seed} differs", seed) for seed in range(100)]
    outputs(tmp_path).write(class_of(grade("anna", [graded(runs)])))
    text = page(tmp_path / "submissions/anna/index.html").text
    assert text.count("differs") == 2  # at the top, since nothing passes, and below
    assert "100 times" in text
    assert "and 88 more seeds" in text


def test_results_file(tmp_path: Path) -> None:
    """A single submission's results are also put where Gradescope looks for them."""
    (tmp_path / "results").mkdir()
    file = tmp_path / "results" / "results.json"
    outputs(tmp_path / "out", file).write(class_of(grade("anna", [graded(RUNS)])))
    own = tmp_path / "out/submissions/anna/results.json"
    assert file.read_bytes() == own.read_bytes()


def test_unwritable(tmp_path: Path) -> None:
    """What cannot be written is named."""
    (tmp_path / "submissions").touch()
    with pytest.raises(BatchError, match=r"cannot write to .*submissions.*: "):
        outputs(tmp_path).write(class_of(grade("anna", [graded(RUNS)])))


def test_files_of_the_first_failures_are_kept(tmp_path: Path) -> None:
    """Of each test so many, also over several sessions, and of passed runs nothing."""
    folder = FailureFolder(tmp_path, most=2, keep=Keep.ALL)
    for seed in range(4):
        wanted = folder.wanted(key(seed))
        assert wanted is (Keep.ALL if seed < 2 else Keep.NOTHING)
        evidence = Evidence("r", "o", {".trace": b"t"}) if wanted is Keep.ALL else None
        folder.save(JobResult(failed("wrong", seed), evidence))
    folder.save(JobResult(passed(9)))
    names = sorted(path.name for path in tmp_path.rglob("*.*"))
    assert names == [
        *("test_figure_8_3C-0.trace", "test_figure_8_3C-0.txt"),
        *("test_figure_8_3C-1.trace", "test_figure_8_3C-1.txt"),
    ]
    again = FailureFolder(tmp_path, most=2, keep=Keep.ALL)
    assert again.wanted(key(9)) is Keep.NOTHING
    assert again.wanted(key(9, "test_persist_1_3C")) is Keep.ALL


def test_a_copy_of_what_has_failed_is_kept(tmp_path: Path) -> None:
    """With the first failure, kept or not: commands on pages name it."""
    files = {"raft1/raft.py": b"x = 1\n", "kvraft1/rsm/rsm.py": b""}
    digest = key(1).submission
    folder = FailureFolder(
        tmp_path,
        most=1,
        keep=Keep.TEXT,
        solutions={digest: Submission("anna", files), "other": Submission("bob", {})},
    )
    copy = folder.solution(digest)
    folder.save(JobResult(passed(1)))
    assert not copy.exists()
    for seed in range(2):
        folder.save(JobResult(failed("wrong", seed)))
        assert read_folder(copy, "anna").files == files
    assert [path.name for path in tmp_path.iterdir()] == [digest]
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
