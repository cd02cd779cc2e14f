"""Sections of pytest's report whose lines have colours, where the terminal has them.

The text itself bears no marks: it is also written to files and sent by pytest-xdist,
behind which it is shown without colours.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from _pytest._code.code import ExceptionChainRepr, ExceptionRepr
from _pytest._io import TerminalWriter

from tester1.view.layout import Line

__all__ = ["add_section"]


class ColouredReport(ExceptionChainRepr):
    """pytest's report of an exception, with a last section in colours."""

    def __init__(self, plain: ExceptionChainRepr, lines: Sequence[Line]) -> None:
        super().__init__(plain.chain)
        self.sections.extend(plain.sections)
        self._markup = {line.text: line.markup for line in lines}

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the report, line by line where lines have colours."""
        sections = list(self.sections)
        self.sections.clear()
        try:
            super().toterminal(tw)
        finally:
            self.sections.extend(sections)
        for name, content, separator in sections:
            tw.sep(separator, name)
            for text in content.split("\n"):
                tw.line(text, **self._markup.get(text, {}))


def add_section(report: pytest.TestReport, title: str, lines: Sequence[Line]) -> None:
    """Add lines to the report of an exception, in their colours."""
    plain = report.longrepr
    assert isinstance(plain, ExceptionRepr), "only exceptions are explained"
    plain.addsection(title, "\n".join(line.text for line in lines))
    if isinstance(plain, ExceptionChainRepr):
        report.longrepr = ColouredReport(plain, lines)
