"""pytest's report on a failed test, without what cannot be shown or sent.

The report quotes what the solution has raised. pytest-xdist cannot send a text with a
lone surrogate, and a terminal does as it is told by an escape sequence. So the texts of
a report are made harmless, by way of the plain data that pytest itself makes of it.
"""

from __future__ import annotations

from typing import Any

import pytest

from labrt.texts import harmless_lines

__all__ = ["make_harmless"]


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


def _cleaned(data: Any) -> Any:
    """The same data with every text in it made harmless."""
    if isinstance(data, str):
        return harmless_lines(data)
    if isinstance(data, dict):
        return {key: _cleaned(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return type(data)(map(_cleaned, data))
    return data
