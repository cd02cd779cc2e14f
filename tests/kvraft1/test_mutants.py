"""The suite catches broken servers, and says which operations show it.

Without the rules, which name a mistake before its consequences show: what they find of
the same servers is in `tests.rules.test_service_mutants`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kvraft import test_4b, test_4c, test_ours, test_rsm
from tests.kvraft1 import mutants
from tests.mutating import Catch, Mutant

SEEDS = range(8)
"""Some mistakes show in some interleavings only."""

PUT = r"Put\('k', '{\"Id\": \d+, \"V\": \d+}', version \d+\) = \w+ by client \d+"
GET = r"Get\('\w+'\) = .*, version \d+ by client -?\d+"

CATCHES = [
    Catch(
        mutants.STALE_READS,
        test_4b.test_one_partition_4B,
        rf"Get in minority completed .*; history is not linearizable: {GET}",
    ),
    Catch(
        mutants.LOST_UPDATE,
        test_4b.test_concurrent_4B,
        r"client \d Put\(k\) at version \d+, was answered OK, and reads .* client \d",
    ),
    Catch(
        mutants.DUPLICATE_APPLY,
        test_4b.test_basic_4B,
        rf"history is not linearizable: {PUT}",
    ),
    Catch(
        mutants.DUPLICATE_APPLY,
        test_rsm.test_basic_4A,
        r"expected 1 instead of 2: Inc number 1 returned 2 from server \d",
    ),
    Catch(
        mutants.VERSION_UNCHECKED,
        test_4b.test_concurrent_4B,
        rf"history is not linearizable: ({PUT}.*|{GET}.*){PUT}",
    ),
    Catch(
        mutants.CERTAIN_AFTER_RESENDING,
        test_4b.test_unreliable_4B,
        rf"history is not linearizable: {PUT}.* was refused for its version",
    ),
    Catch(
        mutants.STUBBORN_GETS,
        test_4b.test_one_partition_4B,
        r"Get did not complete: the minority's clerk has called it at \d+\.\d+ s",
    ),
    Catch(
        mutants.STUCK_SUBMITS,
        test_4b.test_one_partition_4B,
        r"Put did not complete: the minority's clerk has called it at \d+\.\d+ s",
    ),
    Catch(
        mutants.WRONG_WAITER,
        test_rsm.test_leader_partition_4A,
        r"Submit \d+ in minority completed: server \d answered OK",
    ),
    Catch(
        mutants.STUCK_SUBMITS,
        test_rsm.test_leader_partition_4A,
        r"Submit after healing didn't return: 100 calls have not returned",
    ),
    Catch(
        mutants.SNAPSHOT_NOT_RESTORED,
        test_rsm.test_snapshot_4C,
        r"only 0 srvs have 101 instead of 3: the counters are \[\d+, \d+, \d+\]",
    ),
    Catch(
        mutants.SNAPSHOT_NOT_RESTORED,
        test_4c.test_snapshot_recover_4C,
        rf"history is not linearizable: {PUT}.* although {GET}",
    ),
    Catch(
        mutants.SNAPSHOT_NOT_ADOPTED,
        test_4c.test_snapshot_rpc_4C,
        r"Get\(1\) .* ErrNoKey; history is not linearizable: Get\('1'\) = ErrNoKey",
    ),
    Catch(
        mutants.LOG_NOT_TRIMMED,
        test_4c.test_snapshot_size_4C,
        r"logs were not trimmed \(\d+ > 8\*1000\)",
    ),
    Catch(
        mutants.SNAPSHOT_UNASKED,
        test_4b.test_basic_4B,
        r"snapshot too large \(\d+\), should not be used when maxraftstate = -1",
    ),
    Catch(
        mutants.END_UNNOTICED,
        test_ours.test_kill_under_submits_4A,
        r"Submit didn't return after Raft was killed: 20 calls have not returned",
    ),
    Catch(
        mutants.EQUAL_IS_OWN,
        test_ours.test_same_request_4A,
        r"Submit\(Inc\) on server \d, .*, was not answered by its own operation",
    ),
    Catch(
        mutants.VERSION_UNCHECKED,
        test_ours.test_put_answers_4B,
        r"version 0\) was answered OK, not ErrVersion; the key holds 'created' at ",
    ),
    Catch(
        mutants.NEWER_VERSION_PERFORMED,
        test_ours.test_put_answers_4B,
        r"version 2\) was answered OK, not ErrVersion; the key holds 'created' at ",
    ),
    Catch(
        mutants.CREATES_AT_ANY_VERSION,
        test_ours.test_put_answers_4B,
        r"version 1\) was answered OK, not ErrNoKey; the key does not exist",
    ),
    Catch(
        mutants.NO_KEY_NO_VERSION,
        test_ours.test_put_answers_4B,
        r"version 1\) was answered ErrVersion, not ErrNoKey; the key does not exist",
    ),
    Catch(
        mutants.NEVER_CERTAIN,
        test_ours.test_maybe_4B,
        r"version 0\) was answered ErrMaybe, not ErrVersion",
    ),
    Catch(
        mutants.CERTAIN_AFTER_RESENDING,
        test_ours.test_maybe_4B,
        r"lost its first reply, was sent again, and was answered ErrVersion",
    ),
]


@pytest.mark.parametrize("catch", CATCHES, ids=[catch.name for catch in CATCHES])
def test_a_mistake_is_caught(catch: Catch, tmp_path: Path) -> None:
    """The test fails on the mutant, and its message names what has gone wrong."""
    failure = catch.failure(catch.mutant.write(tmp_path), SEEDS)
    assert re.search(catch.message, failure), failure or "the test passes"


def test_a_mutant_that_fits_nowhere_is_refused(tmp_path: Path) -> None:
    """A mutant of a place that is gone does not pass for the reference."""
    mutant = Mutant("nothing", "kvraft1/store.py", right="no such line", wrong="")
    with pytest.raises(AssertionError, match=r"0 places in kvraft1/store\.py"):
        mutant.write(tmp_path)
