"""The page of a run, made of its facts and of what the test says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labrt import Fact
from tester1.facts.kinds import (
    CheckBegun,
    CheckFailed,
    CheckPassed,
    FaultMade,
    Noted,
    RuleBroken,
    TaskWaits,
)
from tester1.lab import RunFailure
from tester1.porcupine import Result
from tester1.timeline.annotations import (
    TAG_CHECKER,
    TAG_FAILURE,
    TAG_INFO,
    Annotation,
    Colour,
)
from tester1.timeline.clock import PageClock
from tester1.timeline.html import write_html
from tester1.timeline.operations import clerks_of, history_of
from tester1.timeline.run_data import run_data

__all__ = ["annotations_of", "failure_of", "until_end", "write_picture"]


def write_picture(
    path: Path,
    facts: Sequence[Fact],
    *,
    annotations: Sequence[Annotation],
    result: Result | None = None,
    failure: RunFailure | None = None,
    title: str = "",
    about: str = "",
) -> None:
    """Write the page of a run with these facts, in place of what is at `path`.

    Without facts it shows the annotations, and the result if there is one.

    `result` is what the test's own check of its history gave, if it made one. Raises
    `PageError` if the page cannot be written.
    """
    if not facts:
        write_html(result, path, annotations=annotations, title=title, about=about)
        return
    clerks: dict[str, int] = {}
    if result is not None:
        clerks = clerks_of(result, facts)
    else:
        checked = history_of(facts)
        if checked is not None:
            result, clerks = checked
    lanes = {client: i for i, client in enumerate(_clients(result))}
    run = run_data(
        facts,
        PageClock.of(fact.time for fact in facts),
        failure=failure,
        clerks={name: lanes[client] for name, client in clerks.items()},
        notes=_notes(facts),
    )
    write_html(result, path, annotations=annotations, title=title, about=about, run=run)


def _notes(facts: Sequence[Fact]) -> list[str]:
    first = facts[0].number
    if first <= 1:
        return []
    return [f"The first {first - 1:,} facts of the run were not kept."]


def _clients(result: Result | None) -> list[int]:
    partitions = () if result is None else result.partitions
    return sorted({one.client for part in partitions for one in part.operations})


def until_end(facts: Sequence[Fact]) -> Sequence[Fact]:
    """The facts without those of the clean-up: a test ends when its waits are noted."""
    last = max((i for i, f in enumerate(facts) if isinstance(f, TaskWaits)), default=-1)
    return facts if last < 0 else facts[: last + 1]


def failure_of(facts: Sequence[Fact]) -> RunFailure | None:
    """How a run failed, as far as its facts say."""
    for fact in reversed(facts):
        if isinstance(fact, RuleBroken):
            return RunFailure(fact.sentence, fact.servers)
        if isinstance(fact, CheckFailed):
            return RunFailure(fact.details or fact.label)
    return None


def annotations_of(facts: Sequence[Fact]) -> list[Annotation]:
    """The labels of a test, as far as its facts tell them.

    Of an interval of a solution's own only the end is known.
    """
    return sorted(_Labels(facts).all(), key=lambda label: label.start)


@dataclass(slots=True)
class _Labels:
    facts: Sequence[Fact]

    def all(self) -> Iterator[Annotation]:
        """The labels, in the order in which they end."""
        end = self.facts[-1].time if self.facts else 0.0
        fault: FaultMade | None = None
        begun: CheckBegun | None = None
        for fact in self.facts:
            if isinstance(fact, FaultMade):
                if fault is not None:
                    yield _label(fault, fault.time, fact.time)
                healed = fault is not None and fact.label == f"end of {fault.label}"
                fault = None if healed else fact
            elif isinstance(fact, CheckBegun):
                begun = fact
            elif isinstance(fact, Noted):
                of_check = begun is not None and fact.row == begun.row
                since = begun.time if of_check and begun is not None else fact.time
                yield _label(fact, since, fact.time if of_check else None)
                begun = None if of_check else begun
        if fault is not None:
            yield _label(fault, fault.time, end)


def _label(fact: Noted, start: float, end: float | None) -> Annotation:
    tags = {tag.removeprefix("$ "): tag for tag in (TAG_CHECKER, TAG_FAILURE, TAG_INFO)}
    tag = tags.get(fact.row, fact.row)
    return Annotation(tag, start, end, fact.label, fact.details, _colour(fact, tag))


def _colour(fact: Noted, tag: str) -> Colour:
    match fact:
        case FaultMade():
            return Colour.FAULT
        case CheckPassed():
            return Colour.SUCCESS
        case CheckFailed():
            return Colour.FAILURE
    own = {TAG_CHECKER: Colour.NEUTRAL, TAG_INFO: Colour.INFO}
    return own.get(tag, Colour.USER)
