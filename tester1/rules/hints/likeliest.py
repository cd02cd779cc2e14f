"""What may have led to a failure that no rule explains: facts, and never a verdict.

A slow or silent solution breaks no promise of Raft's, and fails a test all the same.
Each module that is asked here looks for mistakes of one kind in the facts of a run that
has failed, so cost does not matter; what it finds it says with servers, times and how
often. What went on until the end is likelier to be the reason than what was over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from labrt import Fact
from tester1.facts.kinds import RuleBroken
from tester1.rules.hints.elections import election_hints
from tester1.rules.hints.history import Hint, History
from tester1.rules.hints.replication import replication_hints
from tester1.rules.hints.service import service_hints

__all__ = ["hints", "suspected"]

_MOST: Final = 2


def hints(facts: Sequence[Fact]) -> list[Hint]:
    """What may have led to a failure, the likeliest first."""
    if not facts:
        return []
    history = History.of(facts)
    found: list[Hint] = [
        *service_hints(history),
        *election_hints(history),
        *replication_hints(history),
    ]
    # Stable: among equals, the order in which they were looked for.
    found.sort(key=lambda hint: -hint.weight(history.end))
    return found


def suspected(facts: Sequence[Fact]) -> list[Hint]:
    """The few hints worth telling; none if a broken rule explains the failure."""
    if any(isinstance(fact, RuleBroken) for fact in facts):
        return []
    return hints(facts)[:_MOST]
