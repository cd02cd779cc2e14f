"""Where findings go: the first one ends the run, in the instant in which it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import FrameType

from labrt import Facts
from labrt.report import traceback_through
from tester1.facts.kinds import RuleBroken
from tester1.rules.findings import Finding, Rule, RuleFailure

__all__ = ["Court"]


class Court:
    """Takes findings: puts each among the facts, and fails the run with the first.

    `fail` ends the run with an error, as `Runtime.fail` does. `frames` are those of the
    code that runs when a finding is made, innermost first: a debugger stops there.
    """

    def __init__(
        self,
        facts: Facts,
        fail: Callable[[BaseException], object],
        frames: Callable[[], Sequence[FrameType]] = tuple,
    ) -> None:
        self.facts = facts
        self._fail = fail
        self._frames = frames
        self.first: Finding | None = None

    def find(
        self,
        rule: Rule,
        sentence: str,
        *,
        servers: Iterable[str],
        proof: Iterable[int],
        words: str = "",
    ) -> None:
        """Find `rule` broken by `servers`, as the facts of these numbers prove.

        `words` are those of the course, where its tests check the same.
        Only the first finding counts: what follows it may follow from it.
        """
        if self.first is not None:
            return
        finding = Finding(rule, sentence, tuple(servers), tuple(proof), words)
        self.first = finding
        self.facts.emit(
            RuleBroken(
                rule=rule.name,
                section=rule.section,
                sentence=str(finding),
                servers=finding.servers,
                proof=finding.proof,
            )
        )
        self._fail(
            RuleFailure(finding).with_traceback(traceback_through(self._frames()))
        )
