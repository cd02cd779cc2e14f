"""The run whose page is measured."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bench_timeline import recorded, written
from labrt.facts import digest
from tester1.timeline.clock import PageClock
from tester1.timeline.run_data import run_data

SIZE = 24_000


def test_the_run_that_is_measured(tmp_path: Path) -> None:
    """Its page shows as many facts as were asked for, with all kinds of faults."""
    facts = recorded(SIZE)
    index = run_data(facts, PageClock.of(fact.time for fact in facts)).index
    assert index.count == SIZE
    assert index.sides
    assert {"ended", "clerk call", "lost"} <= {*index.kinds}
    assert max(fact.incarnation for fact in facts) > 1
    assert digest(facts) == digest(recorded(SIZE))
    path = tmp_path / "page.html"
    assert written(facts, path) > 0
    assert "the benchmark is over" in path.read_text()
