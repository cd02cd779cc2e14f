"""Checking one program: every result of every seed has to be an allowed one.

The message of a failure is all that is needed to work on it: the program's source, the
setting and seed, what was seen, and what would have been allowed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.labrt.differential.language import Program, Result
from tests.labrt.differential.reference import TooLarge, allowed_results, is_allowed
from tests.labrt.differential.render import render
from tests.labrt.differential.running import (
    SETTINGS,
    Late,
    Setting,
    simulate,
    write_program,
)

_SHOWN = 12

# A message lists results of programs that have been made small; others take too long.
_MOST_STATES = 20_000


@dataclass(slots=True)
class Tally:
    """What a campaign has seen so far.

    `results` are those that were judged: different ones of one program. `discarded`
    are those that have too many explanations to be judged, `late` the runs in which
    preemption made somebody too late.
    """

    programs: int = 0
    runs: int = 0
    results: int = 0
    discarded: int = 0
    late: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add what another campaign has seen."""
        self.programs += other.programs
        self.runs += other.runs
        self.results += other.results
        self.discarded += other.discarded
        self.late += other.late
        self.endings += other.endings
        self.outcomes += other.outcomes

    def add_result(self, result: Result) -> None:
        """Count a result."""
        self.results += 1
        self.endings[result.ending.partition(":")[0]] += 1
        for log in result.logs:
            self.outcomes.update(
                entry.outcome if isinstance(entry.outcome, str) else entry.kind
                for entry in log
            )


@dataclass(frozen=True, slots=True)
class Run:
    """What it takes to see a result again."""

    setting: Setting
    seed: int
    killed_after: int | None = None


class NotAllowed(AssertionError):
    """A result that no interleaving explains; the message shows everything."""


def check(
    program: Program,
    folder: Path,
    seeds: int,
    tally: Tally,
    *,
    settings: tuple[Setting, ...] = SETTINGS,
    kills: bool = True,
) -> None:
    """Run a program under `seeds` seeds in each setting. Raises `NotAllowed`.

    With `kills` it is run some more times and killed in between. Writes the program's
    source into `folder`.
    """
    write_program(program, folder)
    tally.programs += 1
    known: set[tuple[Result, int | None]] = set()
    for setting in settings:
        for seed in range(seeds):
            _check_run(program, folder, Run(setting, seed), known, tally)
        if kills:
            for seed in range(seeds):
                run = Run(setting, seed, killed_after=1 + seed % 3)
                _check_run(program, folder, run, known, tally)


def _check_run(
    program: Program,
    folder: Path,
    run: Run,
    known: set[tuple[Result, int | None]],
    tally: Tally,
) -> None:
    """Run a program once and judge its result, unless it is known to be right."""
    tally.runs += 1
    killed_after = run.killed_after
    try:
        result = simulate(
            program, folder, run.seed, run.setting, killed_after=killed_after
        )
    except Late:
        tally.late += 1
        return
    if (result, killed_after) in known:
        return
    tally.add_result(result)
    try:
        allowed = is_allowed(program, result, killed_after=killed_after)
    except TooLarge:
        tally.discarded += 1
        return
    if not allowed:
        raise NotAllowed(explain(program, result, run))
    known.add((result, killed_after))


def explain(program: Program, result: Result, run: Run) -> str:
    """The message of a failure."""
    lines = [str(run), "", render(program)]
    lines += ["seen:", *_show(program, result)]
    try:
        allowed = allowed_results(
            program, killed_after=run.killed_after, limit=_MOST_STATES
        )
    except TooLarge:
        return "\n".join([*lines, "(too many results would be allowed to list them)"])
    ordered = sorted(allowed, key=lambda other: (_distance(result, other), repr(other)))
    lines.append(f"allowed: {len(ordered)} results; the most similar ones:")
    for other in ordered[:_SHOWN]:
        lines += [*_show(program, other), ""]
    return "\n".join(lines)


def _distance(one: Result, other: Result) -> int:
    return sum(
        len(set(enumerate(mine)) ^ set(enumerate(theirs)))
        for mine, theirs in zip(one.logs, other.logs, strict=True)
    )


def _show(program: Program, result: Result) -> list[str]:
    lines = [f"  ending: {result.ending}"]
    for number, log in enumerate(result.logs):
        entries = ", ".join(f"{entry.outcome!r} at {entry.tick:g}" for entry in log)
        lines.append(f"  body_{number}: {entries}")
    return lines
