"""JUnit's XML, which continuous-integration services show: a suite a submission."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from labrt.texts import harmless, harmless_lines
from tester1.batch.grading.grades import Grade, TestGrade

__all__ = ["junit_report"]


def junit_report(grades: Sequence[Grade]) -> bytes:
    """The file for all of a class."""
    root = Element("testsuites")
    for grade in grades:
        root.append(_suite(grade))
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(grade: Grade) -> Element:
    cases = [_case(test) for test in grade.tests]
    if grade.entry.problem:
        # A case of its own, since a service shows cases, and none was run.
        cases = [_unusable(grade)]
    counts = {
        kind: str(sum(case.find(kind.rstrip("s")) is not None for case in cases))
        for kind in ("failures", "errors")
    }
    suite = Element(
        "testsuite",
        name=harmless(grade.name),
        tests=str(len(cases)),
        failures=counts["failures"],
        errors=counts["errors"],
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
        time=f"{sum(float(case.get('time', '0')) for case in cases):.3f}",
    )
    suite.extend(cases)
    return suite


def _case(test: TestGrade) -> Element:
    case = Element(
        "testcase",
        classname=test.function[-2:],
        name=test.name,
        time=f"{test.tally.spent_s:.3f}",
    )
    if not test.tally.total:
        SubElement(case, "skipped", message="not run")
    elif not test.is_clean:
        message = f"{test.tally.passed} of {test.tally.total} runs passed"
        failure = SubElement(case, "failure", message=message)
        failure.text = _text(test)
    return case


def _unusable(grade: Grade) -> Element:
    case = Element("testcase", classname="submission", name="readable", time="0")
    SubElement(case, "error", message=harmless(grade.entry.problem))
    return case


def _text(test: TestGrade) -> str:
    lines = [test.remark] if test.remark else []
    for group in test.groups:
        # XML cannot carry control characters, not even escaped.
        lines.append(harmless_lines(group.example.message))
        lines.append(f"seeds: {' '.join(map(str, group.seeds))}")
    return "\n".join(lines)
