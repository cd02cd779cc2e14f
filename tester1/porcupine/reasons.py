"""Sentences that say why a history is not linearizable.

They are about a contradiction (see `minimize.py`), so every operation in it is
part of the reason, and they name each with its client and its times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tester1.porcupine.budget import Budget, BudgetExceeded
from tester1.porcupine.history import relaxed
from tester1.porcupine.model import NEVER, AnyModel, Operation, Time
from tester1.porcupine.search import Search

MOST_LISTED = 4
"""Operations or states that a sentence lists before it only counts the rest."""

WIDEST = 100
"""Characters of an operation or state that a sentence shows."""

MOST_DECIMALS = 6
"""Decimals of a time: what operations in seconds need that take microseconds."""

REASON_STEPS = 20_000


def when(operation: Operation) -> str:
    """The client and the times of an operation."""
    call, ret = operation.call, operation.ret
    decimals = MOST_DECIMALS
    if isinstance(call, float) and isinstance(ret, float):
        decimals = _decimals(ret - call)
    times = f"called at {_time_text(call, decimals)}"
    if ret != NEVER:
        times += f", returned at {_time_text(ret, decimals)}"
    return f"by client {operation.client} ({times})"


def _decimals(duration: float) -> int:
    """How many decimals show a duration to a hundredth of itself."""
    if duration == 0 or math.isinf(duration):
        return MOST_DECIMALS
    return min(max(2 - math.floor(math.log10(duration)), 0), MOST_DECIMALS)


def _time_text(time: Time, decimals: int) -> str:
    """A float without the zeros that say nothing, any other time as it is.

    Floats come from clocks, to more figures than mean anything. All others come from
    files, where somebody will look for them.
    """
    if not isinstance(time, float):
        return str(time)
    text = f"{time:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def named(model: AnyModel, operation: Operation) -> str:
    """An operation with its client and its times."""
    output = None if operation.ret == NEVER else operation.output
    what = model.describe_operation(operation.input, output)
    return f"{shortened(what)} {when(operation)}"


def shortened(text: str) -> str:
    """A text with its middle left out if it is long."""
    if len(text) <= WIDEST:
        return text
    return f"{text[: WIDEST * 2 // 3]}…{text[-WIDEST // 3 :]}"


def listed(texts: Sequence[str], word: str) -> str:
    """ "a", "a or b", "a, b or c", or with a count if there are many."""
    if len(texts) > MOST_LISTED:
        rest = len(texts) - MOST_LISTED + 1
        texts = [*texts[: MOST_LISTED - 1], f"{rest} others"]
    if len(texts) == 1:
        return texts[0]
    return f"{', '.join(texts[:-1])} {word} {texts[-1]}"


def general_reason(
    model: AnyModel, contradicting: Sequence[int], operations: Sequence[Operation]
) -> str:
    """A sentence for any model: what failed, among what, in which states.

    `contradicting` are positions in `operations`.
    """
    failed, states = _stuck(model, contradicting, operations)
    others = [
        named(model, operations[index]) for index in contradicting if index != failed
    ]
    sentence = f"{named(model, operations[failed])} cannot be explained"
    if others:
        sentence += f" together with {listed(others, 'and')}"
    if states:
        sentence += f": until it returned, the state can only have been {states}"
    return sentence


def _stuck(
    model: AnyModel, contradicting: Sequence[int], operations: Sequence[Operation]
) -> tuple[int, str]:
    """The operation that no order lets return, and the states there can be."""
    # The contradiction once more, the others relaxed (see `minimize.py`). What is
    # called after its last return has no part in it, and is left out.
    last = max(contradicting, key=lambda index: operations[index].ret)
    deadline = operations[last].ret
    places = [i for i, one in enumerate(operations) if one.call <= deadline]
    chosen = set(contradicting)
    history = [operations[i] if i in chosen else relaxed(operations[i]) for i in places]
    search = Search(model, history, Budget(steps=REASON_STEPS), keep_tried=True)
    try:
        search.run()
    except BudgetExceeded:
        return last, ""
    assert search.tried
    # No configuration got past this level's return, so that it is the one which fails,
    # in any of the states that were tried there.
    deepest = max(search.tried)
    states = {
        shortened(model.describe_state(state))
        for visit in search.tried[deepest]
        for _, state, _, _ in visit
    }
    # The search numbers what it was given, not the partition.
    failed = places[search.levels[deepest].index]
    return failed, listed(sorted(states), "or")
