"""pytest's report on a failed test, without what should not be in it.

That is what cannot be shown or sent, and what is said elsewhere in it.

The report quotes what the solution has raised. pytest-xdist cannot send a text with a
lone surrogate, and a terminal does as it is told by an escape sequence. So the texts of
a report are made harmless, by way of the plain data that pytest itself makes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from labrt.texts import harmless_lines

__all__ = ["make_harmless", "without_files"]


def make_harmless(config: pytest.Config, report: pytest.TestReport) -> None:
    """Replace the explanation in a report, if there is anything wrong with it."""
    data = config.hook.pytest_report_to_serializable(config=config, report=report)
    explanation = data["longrepr"]
    data["longrepr"] = _cleaned(explanation)
    # Most reports are clean, and keep the very object that pytest has made.
    if data["longrepr"] != explanation:
        report.longrepr = config.hook.pytest_report_from_serializable(
            config=config, data=data
        ).longrepr


def without_files(
    sections: Iterable[tuple[str, str]], files: Sequence[Path]
) -> list[tuple[str, str]]:
    """The sections of a report without the lines that say that files were written.

    A test prints them, as the course's tests do; the report has a line of its own for
    each file.
    """
    endings = tuple(f" to {path}\n" for path in files)
    kept = []
    for title, text in sections:
        lines = [
            line
            for line in text.splitlines(keepends=True)
            if not (line.startswith("info: wrote ") and line.endswith(endings))
        ]
        if lines:
            kept.append((title, "".join(lines)))
    return kept


def _cleaned(data: Any) -> Any:
    """The same data with every text in it made harmless."""
    if isinstance(data, str):
        return harmless_lines(data)
    if isinstance(data, dict):
        return {key: _cleaned(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return type(data)(map(_cleaned, data))
    return data
