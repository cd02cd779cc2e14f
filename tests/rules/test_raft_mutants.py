"""Mistakes that students make, each in the reference's Raft: their rule is named."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tester1.rules.findings import Rule
from tester1.rules.raft import rules as raft_rules
from tests.mutating import Mutant, SuiteTest, run
from tests.raft import test_3a, test_3b, test_3c, test_ours
from tests.raft1 import mutants

SEEDS: Final = range(4)

BROKEN: Final[list[tuple[Mutant, SuiteTest, Rule]]] = [
    (
        mutants.LONGER_LOG_WINS,
        test_3b.test_rejoin_3B,
        raft_rules.VOTES_LOOK_AT_THE_LOG,
    ),
    (
        mutants.ANY_LOG_WINS,
        test_3b.test_fail_agree_3B,
        raft_rules.VOTES_LOOK_AT_THE_LOG,
    ),
    (mutants.VOTES_TWICE, test_3a.test_many_elections_3A, raft_rules.ONE_VOTE),
    (
        mutants.HALF_ELECTS,
        test_3a.test_initial_election_3A,
        raft_rules.MAJORITY_ELECTS,
    ),
    (
        mutants.DEAF_LEADER,
        test_3a.test_many_elections_3A,
        raft_rules.NEWER_TERMS_DEPOSE,
    ),
    (
        mutants.OLD_LEADER_OBEYED,
        test_3a.test_many_elections_3A,
        raft_rules.OLDER_TERMS_REFUSED,
    ),
    (mutants.COUNTS_OLD_TERMS, test_3c.test_figure_8_3C, raft_rules.COMMIT_OWN_TERM),
    (
        mutants.COUNTS_OLD_TERMS,
        test_ours.test_figure_8_by_steps_3C,
        raft_rules.COMMIT_OWN_TERM,
    ),
    (
        mutants.HALF_COMMITS,
        test_3b.test_basic_agree_3B,
        raft_rules.COMMIT_BY_MAJORITY,
    ),
    (
        mutants.NO_CONSISTENCY_CHECK,
        test_3b.test_rejoin_3B,
        raft_rules.COMMIT_VERIFIED,
    ),
    (
        mutants.NEVER_TRUNCATES,
        test_3b.test_backup_3B,
        raft_rules.ACKNOWLEDGED_STAY,
    ),
    (
        mutants.MATCHES_OWN_LOG,
        test_3b.test_concurrent_starts_3B,
        raft_rules.COMMIT_BY_MAJORITY,
    ),
    (
        mutants.VOTE_NOT_SAVED,
        test_ours.test_voter_restarts_3C,
        raft_rules.ONE_VOTE,
    ),
    (
        mutants.SNAPSHOT_ALWAYS_INSTALLED,
        test_ours.test_late_snapshot_3D,
        raft_rules.SNAPSHOTS_GO_FORWARD,
    ),
]


@pytest.mark.parametrize(
    ("mutant", "test", "rule"),
    BROKEN,
    ids=[f"{rule.name}: {mutant.name}" for mutant, _, rule in BROKEN],
)
def test_a_mistake_names_its_rule(
    mutant: Mutant, test: SuiteTest, rule: Rule, tmp_path: Path
) -> None:
    """The first line is the rule, in the first run that anything fails in."""
    solution = mutant.write(tmp_path)
    texts = (run(test, seed, solution) for seed in SEEDS)
    text = next(filter(None, texts), "the test passes")
    assert text.startswith(f"{rule.name} ({rule.section}): ")
