"""Long campaigns: thousands of programs, in blocks that repeat one by one.

A block is some programs from one seed of hypothesis. It runs in a process of its own,
which keeps what Python remembers of every compiled program from adding up.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.labrt.differential.checking import NotAllowed, Tally, check
from tests.labrt.differential.language import Program
from tests.labrt.differential.strategies import KINDS, programs

BLOCK = 250


@dataclass(frozen=True, slots=True)
class Block:
    """What one block came to: its number, what it saw, and how it failed, if it did."""

    number: int
    tally: Tally
    failure: str | None


def run_campaign(count: int, seeds: int, start: int) -> Iterator[Block]:
    """Run `count` programs under `seeds` seeds each, from block `start` on."""
    sizes = [BLOCK] * (count // BLOCK) + [count % BLOCK] * (count % BLOCK > 0)
    numbers = range(start, start + len(sizes))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        yield from pool.map(partial(run_block, seeds=seeds), numbers, sizes)


def run_block(
    number: int,
    size: int,
    *,
    seeds: int,
    kinds: tuple[str, ...] = KINDS,
    shrink: bool = True,
) -> Block:
    """Run one block of programs; a failing one is made as small as it gets."""
    tally = Tally()
    failed = False
    with TemporaryDirectory() as folder:

        @seed(number)
        @settings(
            max_examples=size,
            phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(programs(kinds))
        def campaign(program: Program) -> None:
            nonlocal failed
            # What is tried on the way to a smaller program is not counted.
            counted = Tally() if failed else tally
            try:
                check(program, Path(folder), seeds, counted)
            except NotAllowed:
                failed = True
                raise

        try:
            campaign()
        except NotAllowed as failure:
            return Block(number, tally, str(failure))
    return Block(number, tally, None)
