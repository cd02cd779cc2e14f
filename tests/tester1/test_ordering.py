"""How workers of pytest-xdist share tests that take their time on the wall clock."""

from __future__ import annotations

import pytest

from tester1.session.ordering import dealt
from tests.tester1.conftest import InnerPytest


@pytest.mark.parametrize(
    ("tests", "workers"), [(58, 8), (58, 2), (16, 8), (9, 8), (1, 8), (0, 2)]
)
def test_neighbours_go_to_different_workers(tests: int, workers: int) -> None:
    """xdist gives each worker an equal part of the order, the larger ones last."""
    order = dealt(range(tests), workers)
    assert sorted(order) == list(range(tests))
    worker_of = {}
    for worker in range(workers):
        size = len(order) // (workers - worker)
        worker_of.update(dict.fromkeys(order[:size], worker))
        order = order[size:]
    for first in range(tests - workers + 1):
        neighbours = range(first, first + workers)
        assert len({worker_of[test] for test in neighbours}) == workers


SIX = """
    import os
    import pytest

    @pytest.mark.parametrize("number", range(6))
    def test_x(lab, number):
        with open("order-" + os.environ["PYTEST_XDIST_WORKER"], "a") as file:
            file.write(str(number))
"""


def test_workers_are_dealt_to_in_real_time(inner: InnerPytest) -> None:
    """In simulation, and where the user has chosen, the order is the suite's."""
    inner.file(SIX)
    options = ("--solution", "solution", "-n", "1")
    for how, scheduling in (
        ((), "load"),
        (("--mode", "process"), "worksteal"),
        (("--mode", "process", "--dist", "loadfile"), "loadfile"),
    ):
        result = inner.run_apart(*options, *how, "-v")
        result.assert_outcomes(passed=6)
        result.stdout.fnmatch_lines(f"scheduling tests via *{scheduling.title()[:4]}*")
    (inner.folder / "order-gw0").unlink()
    inner.run_apart("--solution", "solution", "-n", "2", "--mode", "process")
    # Which worker is ready first is chance, and so is who steals at the end.
    begun = [path.read_text()[0] for path in inner.folder.glob("order-*")]
    assert sorted(begun) == ["0", "1"]
