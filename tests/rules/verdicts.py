"""What the rules say of a run that is made by hand."""

from __future__ import annotations

from labrt import Facts
from tester1.rules.court import Court
from tester1.rules.findings import RuleFailure


class Watched:
    """A run whose time is set by hand, before a court that only takes note."""

    def __init__(self, *, most: int | None = 0) -> None:
        self.time = 0.0
        self.facts = Facts(most=most)
        self.facts.attach(lambda: self.time)
        self.failures: list[BaseException] = []
        self.court = Court(self.facts, self.failures.append)

    @property
    def broken(self) -> str:
        """The name of the rule that was found broken, empty if none was."""
        if not self.failures:
            return ""
        (failure,) = self.failures
        assert isinstance(failure, RuleFailure)
        return failure.finding.rule.name

    @property
    def sentence(self) -> str:
        """What the finding says, whole."""
        (failure,) = self.failures
        return str(failure)
