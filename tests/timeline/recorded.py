"""Recorded runs of suite tests, and the truth about a server's log beside them.

The solution of the second kind prints what it saves, so that what the page believes of
a log can be compared with what the server really had.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labrt import Fact, Facts, Printed
from tests.mutating import SuiteTest, run_with
from tests.zoo.specimens import RAFT_FILE, Specimen, changes

_MARK: Final = "saved state: "

TRUTHFUL: Final = Specimen(
    "it prints what it saves",
    changes(
        RAFT_FILE,
        (
            """
            def persist(self) -> None:
            """,
            f"""
            def persist(self) -> None:
                terms = [entry.term for entry in self.log]
                state = self.current_term, self.voted_for, self.log_start, terms
                print("{_MARK}" + repr(list(state)))
            """,
        ),
    ),
    ("3B", "3C", "3D"),
)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a server saved, as it has printed it at a fact's position.

    `terms` are those of its entries by index, the snapshot's last one included.
    """

    at: int
    server: str
    term: int
    voted: int
    terms: dict[int, int]


def record(
    tests: Sequence[SuiteTest], seed: int, solution: Path | None = None
) -> list[list[Fact]]:
    """The facts of tests that pass, one list for each."""
    runs = []
    for test in tests:
        facts = Facts(most=None)
        failure = run_with(facts, test, seed, solution)
        assert failure == "", failure
        runs.append(facts.kept)
    return runs


def truths(facts: Sequence[Fact]) -> Iterator[Saved]:
    """What the servers of `TRUTHFUL` have printed of themselves."""
    for at, fact in enumerate(facts):
        if isinstance(fact, Printed) and fact.line.startswith(_MARK):
            text = fact.line.removeprefix(_MARK).replace("None", "null")
            term, voted, first, terms = json.loads(text)
            yield Saved(
                at,
                fact.server,
                term,
                -1 if voted is None else voted,
                {first + i: term for i, term in enumerate(terms)},
            )
