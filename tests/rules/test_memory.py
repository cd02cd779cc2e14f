"""What the rules keep of a run goes with the run, with all that it refers to."""

from __future__ import annotations

import gc
import weakref

import pytest

from labrt import Facts
from tests.kvraft import test_4b, test_4c
from tests.mutating import SuiteTest, run_with
from tests.raft import test_3b, test_3d

TESTS: tuple[SuiteTest, ...] = (
    test_3b.test_rejoin_3B,
    test_3d.test_snapshot_install_3D,
    test_4b.test_one_partition_4B,
    test_4c.test_snapshot_rpc_4C,
)


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)
@pytest.mark.parametrize("most", [0, None], ids=["watched", "recorded"])
def test_nothing_of_a_run_stays(test: SuiteTest, most: int | None) -> None:
    """Values that the collector does not look at must not close a circle."""
    facts = Facts(most=most)
    gone = weakref.ref(facts)
    assert run_with(facts, test, 1, None) == ""
    del facts
    gc.collect()
    assert gone() is None
