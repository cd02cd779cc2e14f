"""What a rule is, and what is found when one is broken."""

from __future__ import annotations

from dataclasses import dataclass

from tester1.lab import LabFailure

__all__ = ["Finding", "Rule", "RuleFailure"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A promise that every correct solution keeps.

    `name` is short, `section` is the place in the Raft paper (the extended version) or
    in the handout, `promise` is what every server holds to, in a sentence, and
    `watches` what is looked at to decide it.
    """

    name: str
    section: str
    promise: str
    watches: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: how, by which servers, and the numbers of the facts that show it.

    `sentence` says what had been promised and what broke the promise, with times.
    """

    rule: Rule
    sentence: str
    servers: tuple[str, ...]
    proof: tuple[int, ...]
    words: str = ""
    """What the course's own check says of the same, if it has one."""

    def __str__(self) -> str:
        return f"{self.rule.name} ({self.rule.section}): {self.sentence}"


class RuleFailure(LabFailure):
    """A test ends, because a solution breaks a rule."""

    def __init__(self, finding: Finding) -> None:
        text = f"{finding}\n{finding.words}" if finding.words else str(finding)
        super().__init__(text, servers=finding.servers)
        self.finding = finding
