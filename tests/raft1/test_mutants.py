"""The suite catches Rafts with one mistake, and says what has gone wrong.

What the suite finds of the other mutants, and in how many runs, is a measurement:
`python -m benchmarks.bench_bugs`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.mutating import Catch
from tests.raft import test_3a, test_3b, test_3c, test_3d, test_ours
from tests.raft1 import mutants

SEEDS: Final = range(4)
"""Some mistakes show in some interleavings only."""

APPLY_ERROR: Final = r"apply error: commit index=\d+ server=\d \d+ != server=\d \d+"
NO_AGREEMENT: Final = r"failed to reach agreement: \d of \d servers applied it at index"

CATCHES: Final = [
    Catch(mutants.LONGER_LOG_WINS, test_3b.test_rejoin_3B, APPLY_ERROR),
    Catch(mutants.ANY_LOG_WINS, test_3b.test_fail_agree_3B, APPLY_ERROR),
    Catch(
        mutants.HALF_ELECTS,
        test_3a.test_re_election_3A,
        r"leader = \d in term \d+, which is connected to no majority",
    ),
    Catch(
        mutants.FIXED_TIMEOUT,
        test_3a.test_initial_election_3A,
        r"expected one leader, got none: server 0 is in term \d+",
    ),
    Catch(mutants.OLD_LEADER_OBEYED, test_3b.test_rejoin_3B, APPLY_ERROR),
    Catch(
        mutants.HALF_COMMITS,
        test_3b.test_follower_failure_3B,
        r"1 committed but no majority: 104 at index 4",
    ),
    Catch(
        mutants.HEARTBEAT_TRUNCATES,
        test_3c.test_unreliable_agree_3C,
        f"{APPLY_ERROR}|{NO_AGREEMENT}",
    ),
    Catch(mutants.NEVER_TRUNCATES, test_3b.test_rejoin_3B, APPLY_ERROR),
    Catch(mutants.NO_CONSISTENCY_CHECK, test_3b.test_rejoin_3B, APPLY_ERROR),
    Catch(mutants.MATCHES_OWN_LOG, test_3b.test_fail_no_agree_3B, NO_AGREEMENT),
    Catch(mutants.SENDS_TWICE, test_3b.test_rpc_bytes_3B, "too many RPC bytes"),
    Catch(
        mutants.HEARTBEAT_STORM,
        test_3b.test_count_3B,
        r"too many or few RPCs \(\d+\) to elect initial leader",
    ),
    Catch(
        mutants.APPLIES_UNDER_LOCK,
        test_3d.test_snapshot_basic_3D,
        r"has waited 20\.0 s for Lock self\._lock, held by server-0-\d, raft-applier",
    ),
    Catch(mutants.LOG_SAVED_WITH_VOTES, test_3c.test_persist_1_3C, APPLY_ERROR),
    Catch(mutants.SAVES_TOO_LATE, test_3c.test_persist_1_3C, APPLY_ERROR),
    Catch(
        mutants.LOG_NOT_TRIMMED,
        test_3d.test_snapshot_basic_3D,
        r"Raft size too large: \d+ bytes, limit 2000",
    ),
    Catch(
        mutants.SNAPSHOT_NOT_SAVED,
        test_3d.test_snapshot_init_3D,
        r"apply out of order, expected index 1, got \d+",
    ),
    Catch(
        mutants.SNAPSHOT_NOT_DELIVERED,
        test_3d.test_snapshot_install_3D,
        r"apply out of order, expected index 2, got \d+",
    ),
    Catch(
        mutants.SNAPSHOT_NEVER_SENT, test_3d.test_snapshot_all_crash_3D, NO_AGREEMENT
    ),
    Catch(mutants.APPLIES_FROM_THE_START, test_3d.test_snapshot_init_3D, NO_AGREEMENT),
    Catch(
        mutants.VOTES_TWICE,
        test_ours.test_two_candidates_3A,
        r"term \d+ has two leaders: servers \[\d, \d\]",
    ),
    Catch(
        mutants.DEAF_LEADER,
        test_ours.test_one_way_links_3A,
        r"server \d still leads in term \d+, although server \d has answered its calls",
    ),
    Catch(
        mutants.DEAF_TO_LEADERS,
        test_ours.test_unheard_leader_3A,
        r"server \d still leads in term \d+, although it hears server \d, which leads",
    ),
    Catch(
        mutants.DEAF_CANDIDATE,
        test_ours.test_candidate_behind_3A,
        r"server \d asked server \d for its vote in term \d+, was told of term \d+",
    ),
    Catch(
        mutants.TRUSTS_OLD_MATCHES,
        test_ours.test_leads_again_3B,
        r"[12] committed but no majority: \d+\.\.\. at index \d+",
    ),
    Catch(
        mutants.TERM_SAVED_WITH_VOTES,
        test_ours.test_term_restarts_3C,
        r"server \d was in term \d+, crashed, and was started again in term \d+",
    ),
    Catch(
        mutants.INSTALLED_NOT_SAVED,
        test_ours.test_crash_after_snapshot_3D,
        r"server \d had got a snapshot up to index 19 .* started again with one up to",
    ),
    Catch(
        mutants.VOTE_NOT_SAVED,
        test_ours.test_voter_restarts_3C,
        r"term \d+ has two leaders: servers \[\d, \d\]",
    ),
    Catch(
        mutants.COUNTS_OLD_TERMS,
        test_ours.test_figure_8_by_steps_3C,
        r"3 committed but no majority: \d+\.\.\. at index 2",
    ),
    Catch(mutants.LEADER_SAVES_NOTHING, test_ours.test_crash_at_commit_3C, APPLY_ERROR),
    Catch(mutants.FOLLOWER_SAVES_TERMS, test_ours.test_crash_at_commit_3C, APPLY_ERROR),
    Catch(
        mutants.SNAPSHOT_SAVED_FIRST,
        test_ours.test_crash_at_snapshot_3D,
        r"server \d apply out of order, expected index \d+, got \d+",
    ),
    Catch(
        mutants.SNAPSHOT_ALWAYS_INSTALLED,
        test_ours.test_late_snapshot_3D,
        r"server \d had applied index 2\d when an older snapshot arrived, .* back to 9",
    ),
]


@pytest.mark.parametrize("catch", CATCHES, ids=[catch.name for catch in CATCHES])
def test_a_mistake_is_caught(catch: Catch, tmp_path: Path) -> None:
    """The test fails on the mutant, and its message names what has gone wrong."""
    failure = catch.failure(catch.mutant.write(tmp_path), SEEDS)
    assert re.search(catch.message, failure), failure or "the test passes"


@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_every_mutant_is_one(name: str, tmp_path: Path) -> None:
    """The place of each mistake is still there, and the rest of the file compiles."""
    mutant = mutants.MUTANTS[name]
    mutant.write(tmp_path)
    compile((tmp_path / mutant.file).read_text(), mutant.file, "exec")
