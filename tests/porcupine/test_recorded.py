"""The recorded histories get the verdicts that are known for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tester1.porcupine import Verdict, WholeAppendModel, check, read_history
from tester1.porcupine.formats import MODELS

HISTORIES = Path(__file__).resolve().parents[3] / "shared" / "data" / "histories"


def recorded() -> list[tuple[str, str, str]]:
    """File, model and verdict of each history, or nothing without the data."""
    found: list[tuple[str, str, str]] = []
    for table in sorted(HISTORIES.glob("**/verdicts.tsv")):
        folder = table.parent.relative_to(HISTORIES)
        for row in table.read_text().splitlines()[1:]:
            name, model, verdict = row.split("\t")
            found.append((str(folder / name), model, verdict))
    return found


@pytest.mark.parametrize(("name", "model", "verdict"), recorded())
def test_recorded_history(name: str, model: str, verdict: str) -> None:
    """The verdict is the known one, and an illegal history has a reason."""
    result = check(MODELS[model](), read_history(HISTORIES / name, model))
    assert result.verdict is Verdict(verdict)
    assert bool(result.reason) is (result.verdict is Verdict.ILLEGAL)


@pytest.mark.parametrize(
    ("name", "verdict"), [(r[0], r[2]) for r in recorded() if r[1] == "kv-append"]
)
def test_recorded_history_not_partitioned(name: str, verdict: str) -> None:
    """Checked whole, a store of many keys gets the same verdict."""
    history = read_history(HISTORIES / name, "kv-append")
    assert check(WholeAppendModel(), history).verdict is Verdict(verdict)
