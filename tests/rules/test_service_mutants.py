"""Servers and clerks with one mistake each: the rule that they break is named first."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest

from tester1.rules.findings import Rule
from tester1.rules.service.rules import (
    ANSWERED_BY_ITS_OWN,
    MAYBE_AFTER_REPEAT,
    OK_ONLY_IF_PERFORMED,
    SNAPSHOTS_IN_TIME,
    VERSIONS,
    WAITERS_ARE_TOLD,
)
from tests.kvraft import test_4b, test_4c, test_rsm
from tests.kvraft1 import mutants
from tests.mutating import Mutant, SuiteTest, run

SEEDS = range(8)
_FIRST = 2
"""Some mistakes show in some interleavings only."""

NEVER_CERTAIN = Mutant(
    "a clerk says ErrMaybe for every ErrVersion",
    "kvraft1/client.py",
    right="    return ErrMaybe if resent and answer == ErrVersion else answer\n",
    wrong="    return ErrMaybe if answer == ErrVersion else answer\n",
)

VERSION_BY_TWO = Mutant(
    "a Put adds 2 to the version",
    "kvraft1/store.py",
    right="Entry(value, version + 1)",
    wrong="Entry(value, version + 2)",
)

PREVIOUS_REPLY = Mutant(
    "a Submit gets what came of the request before its own",
    "kvraft1/rsm/rsm.py",
    right="        reply = self._sm.DoOp(op.Req)\n",
    wrong=(
        '        reply, self._reply = getattr(self, "_reply", None), '
        "self._sm.DoOp(op.Req)\n"
    ),
)

ANSWERED_UNPERFORMED = Mutant(
    "a Submit of a Put is answered before the Put is performed",
    "kvraft1/rsm/rsm.py",
    right="        ticket.done.wait()\n",
    wrong=(
        '        if hasattr(req, "Value"):\n'
        "            from kvraft1.rpc import PutReply\n"
        "\n"
        "            return OK, PutReply(OK)\n"
        "        ticket.done.wait()\n"
    ),
)

DEPOSED_IN_THE_DARK = Mutant(
    "nobody tells Submits that the leadership is lost",
    "kvraft1/rsm/rsm.py",
    right="                _dismiss(self._pending.leadership(term, is_leader))\n",
    wrong="                self._pending.leadership(term, is_leader)\n",
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A test of the suites finds that a mutant breaks a rule."""

    mutant: Mutant
    test: SuiteTest
    rule: Rule

    @property
    def name(self) -> str:
        """The mistake and the test."""
        return f"{self.mutant.name} ({self.test.__name__})"


BROKEN = [
    Broken(NEVER_CERTAIN, test_4b.test_concurrent_4B, MAYBE_AFTER_REPEAT),
    Broken(
        mutants.CERTAIN_AFTER_RESENDING,
        test_4b.test_unreliable_4B,
        MAYBE_AFTER_REPEAT,
    ),
    Broken(mutants.DUPLICATE_APPLY, test_4b.test_basic_4B, MAYBE_AFTER_REPEAT),
    Broken(mutants.LOST_UPDATE, test_4b.test_concurrent_4B, OK_ONLY_IF_PERFORMED),
    Broken(mutants.VERSION_UNCHECKED, test_4b.test_concurrent_4B, VERSIONS),
    Broken(VERSION_BY_TWO, test_4b.test_basic_4B, VERSIONS),
    Broken(PREVIOUS_REPLY, test_4b.test_basic_4B, ANSWERED_BY_ITS_OWN),
    Broken(ANSWERED_UNPERFORMED, test_4b.test_basic_4B, ANSWERED_BY_ITS_OWN),
    Broken(
        mutants.WRONG_WAITER, test_rsm.test_leader_partition_4A, ANSWERED_BY_ITS_OWN
    ),
    Broken(mutants.STUCK_SUBMITS, test_4b.test_one_partition_4B, WAITERS_ARE_TOLD),
    Broken(DEPOSED_IN_THE_DARK, test_4b.test_one_partition_4B, WAITERS_ARE_TOLD),
    Broken(
        mutants.LOG_NOT_TRIMMED,
        test_4c.test_snapshot_recover_many_clients_4C,
        SNAPSHOTS_IN_TIME,
    ),
]


@pytest.mark.parametrize("broken", BROKEN, ids=[broken.name for broken in BROKEN])
def test_a_mistake_names_its_rule(broken: Broken, tmp_path: Path) -> None:
    """The first line is the rule, within the first runs that fail.

    In some of them the check of the history may have been sooner.
    """
    solution = broken.mutant.write(tmp_path)
    texts = (run(broken.test, seed, solution) for seed in SEEDS)
    failed = list(itertools.islice(filter(None, texts), _FIRST))
    rule = f"{broken.rule.name} ({broken.rule.section}): "
    assert any(text.startswith(rule) for text in failed), failed
