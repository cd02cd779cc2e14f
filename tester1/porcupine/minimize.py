"""Small illegal parts of illegal histories.

Leaving operations out at random proves nothing: a read whose write was left out
is illegal by itself. So operations are *relaxed* instead: a relaxed operation may
have taken effect at any time after its call, or never. Whatever explains a history
explains it with more operations relaxed. Two sets come out of that:

- the *contradiction*: operations that, with all others relaxed, cannot be
  explained. It is minimal: relax one more and they can.
- the *support*: relaxed operations that these explanations need, such as the
  writes of the values read. It is minimal as well.

Both together are a minimal sub-history that is illegal. Both searches are the same
search for a smallest set with a property that larger sets cannot lose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

from tester1.porcupine.budget import Budget, BudgetExceeded
from tester1.porcupine.history import relaxed
from tester1.porcupine.model import NEVER, AnyModel, Operation, Time

TRIAL_STEPS = 20_000
"""Steps of a search for one trial; a trial that needs more decides nothing."""

STEP_COST = 4
"""What a step of a search costs, next to looking at one operation."""

MOST_REDUCED = 64
"""A model's guess at what a contradiction builds on is taken as it is if larger."""

Decide: TypeAlias = Callable[[Sequence[Operation], Budget], bool | None]
"""Tells whether operations are linearizable; None if the budget runs out."""


class Trials:
    """Variations of one illegal history, and whether they are illegal.

    `work` limits what they may cost together, in operations looked at.
    """

    def __init__(
        self,
        model: AnyModel,
        operations: Sequence[Operation],
        decide: Decide,
        *,
        work: Budget,
    ) -> None:
        self.operations = operations
        self._decide = decide
        self._work = work
        # A relaxed observer says nothing at all.
        self._relaxed = [
            None if model.observer(operation.input, None) else relaxed(operation)
            for operation in operations
        ]

    def mutators(self, before: Time) -> list[int]:
        """The operations that may change the state, called by some time."""
        return [
            index
            for index, operation in enumerate(self._relaxed)
            if operation is not None and operation.call <= before
        ]

    def illegal(self, kept: Collection[int]) -> bool:
        """Whether some operations contradict each other, all others relaxed."""
        # An operation that is called after the last of these returns comes after all of
        # them, whatever it does.
        last = max((self.operations[i].ret for i in kept), default=-NEVER)
        # An undecided trial counts as neither, here and in `legal`: a set may come out
        # larger than need be, but never one that proves nothing.
        return self._try(kept, self.mutators(last)) is False

    def legal(self, kept: Collection[int], support: Iterable[int]) -> bool:
        """Whether some operations can be explained with others, relaxed."""
        return self._try(kept, support) is True

    def _try(self, kept: Collection[int], support: Iterable[int]) -> bool | None:
        chosen = set(kept)
        # The specialists and the search sort by time, so that the order here is free.
        history = [self.operations[index] for index in kept]
        for index in support:
            operation = self._relaxed[index]
            if operation is not None and index not in chosen:
                history.append(operation)
        # Steps and not seconds, for the trials and for all of them together: a history
        # is explained in the same way on any machine.
        budget = self._work.slice(TRIAL_STEPS)
        verdict = self._decide(history, budget)
        self._work.tick(len(history) + STEP_COST * budget.steps)
        return verdict


def contradiction(trials: Trials) -> list[int]:
    """A minimal set of operations that contradict each other, in order.

    It is larger than need be if the work runs out, but illegal in any case.
    """
    operations = trials.operations
    returned = [i for i, operation in enumerate(operations) if operation.ret != NEVER]
    # By returns: the history is illegal as soon as some return cannot be, and what
    # returned later has no part in that.
    returned.sort(key=lambda index: operations[index].ret)
    try:
        count = _fewest(returned, trials.illegal)
    except BudgetExceeded:
        return sorted(returned)
    last = returned[count - 1]
    # What the last of them contradicts is most often what happened just before.
    recent_first = returned[: count - 1][::-1]
    others = minimal(recent_first, lambda kept: trials.illegal({last, *kept}))
    return sorted([last, *others])


def support(
    trials: Trials, contradicting: Collection[int], guess: Sequence[int] | None
) -> list[int]:
    """A minimal set of operations that a contradiction builds on, in order.

    With these, and any one of the contradicting operations relaxed, the others can
    be explained. `guess` is such a set, if the model knows one. The set is larger
    than need be if the work runs out, or the guess was large.
    """
    last = max(trials.operations[index].ret for index in contradicting)
    # What never changes the state explains nothing, and the later cannot either.
    candidates = [i for i in trials.mutators(last) if i not in contradicting]

    def explains(chosen: Collection[int]) -> bool:
        return all(
            trials.legal({*contradicting} - {index}, [*chosen, index])
            for index in contradicting
        )

    try:
        if guess is not None and explains(guess):
            # Each removal takes trials for all of the contradiction.
            if len(guess) > MOST_REDUCED:
                return sorted(guess)
            candidates = list(guess)
    except BudgetExceeded:
        return sorted(candidates)
    # Recent ones first: they are the likeliest to have made the state.
    return sorted(minimal(candidates[::-1], explains))


def minimal(
    items: Sequence[int], holds: Callable[[Collection[int]], bool]
) -> list[int]:
    """A smallest part of some items for which a predicate holds.

    It must hold for all of them, and for all that is larger than a part for which
    it holds. Earlier items are tried first. If the budget runs out, the part is
    larger than need be.
    """
    kept: list[int] = []
    left = list(items)
    try:
        while left and not holds(kept):
            # The shortest beginning that will do. Without its last item the rest would
            # not, so that one is kept; all behind it are not needed. This takes about
            # log n trials for each item kept.
            count = _fewest(left, lambda few: holds([*kept, *few]))
            kept.append(left[count - 1])
            del left[count - 1 :]
    except BudgetExceeded:
        # Nothing shows that the others can go.
        kept += left
    return kept


def _fewest(items: Sequence[int], holds: Callable[[Collection[int]], bool]) -> int:
    """How many of the first items it takes for a predicate to hold."""
    # Doubling, then halving: small answers take few trials, and trials of few items are
    # cheap.
    high = 1
    while high < len(items) and not holds(items[:high]):
        high *= 2
    low, high = high // 2, min(high, len(items))
    # Invariant: it does not hold for the first `low` items, and does for `high`.
    while high - low > 1:
        middle = (low + high) // 2
        if holds(items[:middle]):
            high = middle
        else:
            low = middle
    return high
