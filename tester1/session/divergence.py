"""Where two runs of one seed part, which they must not.

Everything that worlds are known to differ by is made the same in every process. What is
left (a file that changes, a C extension, an address that code gets hold of) has to be
found and named: the first event that differs is as near to its cause as one can get.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import Final

from labrt import Fact, Runtime, SimRuntime

__all__ = ["DISTURB", "disturb_memory", "first_difference", "unrepeated"]

DISTURB: Final = "RAFTLAB_DISTURB"
"""In the environment of a lab session: a number that its memory is laid out by."""

_CONTEXT: Final = 5
_ADVICE: Final = (
    "Something decides here that differs from run to run, such as the clock of the "
    "machine, a file, or an address; raftlab replay --twice compares two processes"
)
_kept: list[object] = []


def first_difference(one: Sequence[Fact], other: Sequence[Fact]) -> list[str]:
    """Lines that show the first event that differs, and those before; none: equal."""
    for position in range(max(len(one), len(other))):
        # Slices and not items: behind the end of the shorter one there is an empty
        # slice, which differs from any event.
        left, right = one[position : position + 1], other[position : position + 1]
        if left != right:
            before = one[max(0, position - _CONTEXT) : position]
            return [
                f"the runs part at event {position + 1}:",
                *(f"  both   {event}" for event in before),
                f"  one    {_shown(left)}",
                f"  other  {_shown(right)}",
            ]
    return []


def _shown(event: Sequence[Fact]) -> str:
    return str(event[0]) if event else "(has ended)"


def unrepeated(first: Runtime, again: Runtime, events: Sequence[Fact]) -> str:
    """Say where a failed run and its repetition part, whose events these are."""
    said = "the failure did not repeat under the same seed: no events to show"
    # Only simulation notes what ran when; the wall clock repeats nothing.
    if not (isinstance(first, SimRuntime) and isinstance(again, SimRuntime)):
        return said
    same_until = first.course.parts_from(again.course)
    if same_until is None:
        return f"{said}; all that is known to be the same in both runs is when what ran"
    after = [event for event in events if event.time >= same_until][:_CONTEXT]
    return "\n".join(
        [
            f"{said}. The two runs are the same until {same_until:.6f} s; from there "
            "on the repetition has",
            *(f"  {event}" for event in after),
            _ADVICE,
        ]
    )


def disturb_memory() -> None:
    """Lay the memory of this process out anew, as the environment says.

    What has been allocated before decides at which addresses objects come to lie.
    """
    number = int(os.environ.get(DISTURB) or 0)
    draw = random.Random(number)
    blocks: list[object] = [
        bytearray(draw.randrange(512)) if draw.random() < 0.5 else [None] * 3
        for _ in range(20_000 * number)
    ]
    # The others are freed on return. It is the holes that they leave, among blocks that
    # stay, that objects made from now on come to lie in.
    _kept.extend(block for block in blocks if draw.random() < 0.5)
