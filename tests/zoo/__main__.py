"""Which wrong solutions the tests find, and by which words: run `python -m tests.zoo`.

Shows every wrong solution of the zoo to the tests of its parts, under one seed after
the other, and stops at the first failure. Tells how many are found, and how many of
those by a failure whose first line names the rule that is broken. With `--solutions
healthy` it shows them the correct ones, about which nothing may fail.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tester1.suites import PARTS
from tests.zoo.healthy import VARIANTS
from tests.zoo.hunting import Effort, Finding, hunt
from tests.zoo.kv_bugs import KV_BUGS
from tests.zoo.races import RACES
from tests.zoo.raft_bugs import RAFT_BUGS
from tests.zoo.specimens import Specimen

SOLUTIONS: dict[str, Sequence[Specimen]] = {
    "raft": RAFT_BUGS,
    "races": RACES,
    "kv": KV_BUGS,
    "bugs": [*RAFT_BUGS, *RACES, *KV_BUGS],
    "healthy": VARIANTS,
}


def chosen(solutions: str, pattern: str) -> list[Specimen]:
    """The solutions of a kind whose name the pattern matches, or whose rule it does."""
    return [
        specimen
        for specimen in SOLUTIONS[solutions]
        if re.search(pattern, specimen.name)
        or re.search(pattern, getattr(specimen, "rule", ""))
    ]


def findings(
    specimens: Sequence[Specimen], effort: Effort, processes: int
) -> Iterator[Finding]:
    """What becomes of each solution, in the order in which that is known."""
    # Processes that begin anew: what a solution leaves behind ends with its process.
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, maxtasksperchild=8) as pool:
        yield from pool.imap_unordered(partial(hunt, effort=effort), specimens)


def table_of(found: Sequence[Finding]) -> Table:
    """A line for each solution."""
    table = Table("solution", "rule", "test", "seed", "runs", "s", "failure")
    for one in sorted(found, key=lambda one: (one.rule, one.name)):
        words = f"{'' if one.named else '(not named) '}{one.failure}"
        table.add_row(
            one.name,
            one.rule,
            one.test or "-",
            str(one.seed) if one.found else "-",
            str(one.runs),
            f"{one.seconds:.1f}",
            words if one.rule and one.found else one.failure,
        )
    return table


def summary(found: Sequence[Finding]) -> list[str]:
    """How many were found, and how many of them by their rule."""
    caught = [one for one in found if one.found]
    with_rule = [one for one in caught if one.rule]
    named = sum(one.named for one in with_rule)
    lines = [f"found {len(caught)} of {len(found)}"]
    if with_rule:
        lines.append(f"the rule is named for {named} of {len(with_rule)} found")
    lines += [f"not found: {one.name}" for one in found if not one.found]
    return lines


def main() -> int:
    """Measure what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--solutions", choices=SOLUTIONS, default="bugs")
    parser.add_argument(
        "--bugs", default="", metavar="PATTERN", help="only those whose name matches"
    )
    parser.add_argument("--seeds", type=int, default=20, help="at most, for each")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument(
        "--quick", action="store_true", help="leave out tests that take seconds"
    )
    parser.add_argument("-j", type=int, default=1, dest="processes")
    parser.add_argument("--out", type=Path, help="a file for a line of JSON of each")
    options = parser.parse_args()
    specimens = chosen(options.solutions, options.bugs)
    if not specimens:
        parser.error(f"no solution matches {options.bugs!r}")
    effort = Effort(options.seeds, tuple(options.parts), options.quick)
    # Runs that fail would each write a page.
    os.environ["VIS_ENABLE"] = "never"
    found = []
    with ExitStack() as stack:
        out = stack.enter_context(options.out.open("w")) if options.out else None
        for one in findings(specimens, effort, options.processes):
            found.append(one)
            if out is not None:
                print(json.dumps(one.as_json()), file=out, flush=True)
    console = Console()
    console.print(table_of(found))
    if options.solutions == "healthy":
        accused = [one.name for one in found if one.found]
        console.print(f"accused {len(accused)} of {len(found)}: {accused}")
        return 1 if accused else 0
    for line in summary(found):
        console.print(line, markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
