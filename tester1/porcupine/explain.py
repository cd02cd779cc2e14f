"""What is worked out about a partition only when somebody asks for it.

A verdict comes first and fast. The reason for it, the smallest part of the history
that shows it, and the linearizations for a picture cost more, are asked for of few
histories, and have a budget of their own, in steps, so that the same history is
always explained in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from tester1.porcupine.budget import Budget, BudgetExceeded
from tester1.porcupine.minimize import Trials, contradiction, support
from tester1.porcupine.model import AnyModel, Linearization, Operation
from tester1.porcupine.reasons import general_reason
from tester1.porcupine.search import Search
from tester1.porcupine.witness import full_linearization, partial_linearizations

WORK = 2_000_000
"""What making an illegal history small may cost, in operations looked at."""

SEARCH_STEPS = 200_000
"""Steps for finding linearizations to show; long histories get `STEPS_EACH` more."""

STEPS_EACH = 50

PATIENCE = 100_000
"""Steps without a longer linearization, after which the longest are taken as found."""


def decide_with(
    model: AnyModel, operations: Sequence[Operation], budget: Budget
) -> bool:
    """Whether operations are linearizable, by the best means that apply.

    Raises:
        BudgetExceeded: the budget ran out first.
    """
    specialist = model.specialist()
    verdict = specialist.decide(operations, budget) if specialist else None
    return Search(model, operations, budget).run() if verdict is None else verdict


class Explainer:
    """The `Explanation` of one partition."""

    def __init__(self, model: AnyModel, operations: Sequence[Operation]) -> None:
        self._model = model
        self._operations = operations

    @cached_property
    def _trials(self) -> Trials:
        # One for all questions: what they may cost together is one account.
        return Trials(
            self._model, self._operations, self._decide, work=Budget(steps=WORK)
        )

    def _decide(self, operations: Sequence[Operation], budget: Budget) -> bool | None:
        try:
            return decide_with(self._model, operations, budget)
        except BudgetExceeded:
            return None

    @cached_property
    def _contradiction(self) -> list[int]:
        return contradiction(self._trials)

    def contradiction(self) -> tuple[int, ...]:
        """The positions of operations that cannot all be as they are."""
        return tuple(self._contradiction)

    def core(self) -> tuple[int, ...]:
        """The positions of a minimal sub-history that is still illegal."""
        specialist = self._model.specialist()
        # A model may know at once what trials would take long to find.
        guess = (
            specialist.support(self._contradiction, self._operations)
            if specialist
            else None
        )
        builds_on = support(self._trials, self._contradiction, guess)
        return tuple(sorted({*self._contradiction, *builds_on}))

    def reason(self) -> str:
        """Why the partition is not linearizable, in a sentence."""
        operations = [self._operations[index] for index in self._contradiction]
        specialist = self._model.specialist()
        known = specialist.reason(operations, self._operations) if specialist else None
        return known or general_reason(
            self._model, self._contradiction, self._operations
        )

    def linearizations(self) -> tuple[Linearization, ...]:
        """A full linearization, or the longest partial ones."""
        search = Search(
            self._model,
            self._operations,
            Budget(steps=SEARCH_STEPS + STEPS_EACH * len(self._operations)),
            keep_tried=True,
            patience=PATIENCE,
        )
        try:
            # The search, whatever decided the partition: it alone can show an order.
            if search.run():
                return (full_linearization(self._model, self._operations, search),)
        except BudgetExceeded:
            pass  # what was tried until then is shown
        return partial_linearizations(self._model, self._operations, search)
