"""The general engine: just-in-time linearization, searched as a beam stack.

It takes the returns of a history in time order. A *configuration* says what may
have happened up to now: the pending operations that have taken effect (a mask),
the model's state, and the never-returned operations used. At each return, every
surviving configuration must let the returning operation take effect, after any
sequence of other pending ones. Configurations that agree in mask and state are
the same, but for the never-returned operations used: the fewer the better.

The search is depth first, a few configurations at a time. Each level makes its
survivors lazily, those with the fewest extra operations first; the search takes
`WIDTH` of them one level down, and comes back for more when they die. One at a
time would be a depth-first search and all at once a breadth-first one: histories
that are linearizable want the first, others the second, and a small width loses
little at either.

Rules that keep it honest:

- Observers never branch: one takes effect at the first state that agrees with
  it, since that cannot prevent anything later.
- A table of configurations is kept for each level as long as the search may come
  back to it, so no configuration is entered twice.
- A configuration links to the operations behind it, so that every answer can be
  shown: see `witness.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from tester1.porcupine.budget import Budget, BudgetExceeded
from tester1.porcupine.levels import CrashedKind, Level, Levels, Pending
from tester1.porcupine.model import AnyModel, Operation

WIDTH = 4
"""Configurations taken down a level together."""

Link: TypeAlias = tuple[Any, int, int] | None
"""The previous link, a level, and the position of a mutator that took effect there."""

Configuration: TypeAlias = tuple[int, Any, int, Link]
"""What may have happened before some return.

The mask of pending operations that took effect, the state, the mask of used
never-returned operations, and the link to the operations behind it.
"""

Table: TypeAlias = dict[tuple[int, Any], list[int]]
"""For each mask and state, the smallest sets of never-returned operations used."""

StepFunction: TypeAlias = Callable[[Any, Any, Any], Any]


class Search:
    """One search of one partition: `run` it once, then read the rest.

    With `keep_tried` it remembers everything that it tried at every level. With
    `patience` it gives up after so many steps in which it got no further.
    """

    def __init__(
        self,
        model: AnyModel,
        operations: Sequence[Operation],
        budget: Budget,
        *,
        width: int = WIDTH,
        keep_tried: bool = False,
        patience: int | None = None,
    ) -> None:
        self.levels = Levels(model, operations)
        self.found: Configuration | None = None
        """What is behind the last return, once something is."""
        self.tried: dict[int, list[list[Configuration]]] | None = (
            {} if keep_tried else None
        )
        """By level, the configurations tried there, a list for each visit."""
        self._model = model
        self._budget = budget
        self._width = width
        self._patience = patience
        # The furthest level so far, and the count of steps at which patience ends.
        self._furthest = self._patient_until = 0
        # By level, what was admitted there, as long as the search may come back to it.
        self._tables: dict[int, Table] = {}

    def run(self) -> bool:
        """Whether the operations are linearizable.

        Raises:
            BudgetExceeded: the budget ran out first.
        """
        self._budget.release()
        # Invariant: `arriving` makes the configurations for the level at hand, and
        # `unfinished` holds earlier sources that may have more, the deepest of them
        # last.
        arriving: Iterator[Configuration] = iter(((0, self._model.init(), 0, None),))
        unfinished: list[tuple[int, Iterator[Configuration]]] = []
        number = 0
        returns = len(self.levels)
        while True:
            front: list[Configuration] = []
            if number < returns:
                level = self.levels[number]
                front = self._admit(level, arriving)
                # A front that is not full has used up its source: there is nothing to
                # come back for.
                if len(front) == self._width:
                    unfinished.append((number, arriving))
                # No source is left above either, so that nothing can arrive here once
                # more.
                elif not unfinished:
                    self._forget(number)
            else:
                # Behind the last return: whatever arrives is a linearization.
                self.found = next(arriving, None)
                if self.found is not None:
                    return True
            if front:
                arriving = self._survivors(level, front)
                number += 1
                if self._patience is not None:
                    self._lose_patience(number, self._patience)
            elif unfinished:
                # The deepest source first: its configurations got furthest.
                number, arriving = unfinished.pop()
            else:
                return False

    def _lose_patience(self, number: int, patience: int) -> None:
        """Give up if it is long since the search was anywhere further than here."""
        steps = self._budget.steps
        if number > self._furthest:
            self._furthest = number
            self._patient_until = steps + patience
        elif steps > self._patient_until:
            raise BudgetExceeded("patience")

    def _forget(self, number: int) -> None:
        """Drop the table of a level that the search will not come back to."""
        self._tables.pop(number, None)
        if not self._tables:
            self._budget.release()

    def _admit(
        self, level: Level, arriving: Iterator[Configuration]
    ) -> list[Configuration]:
        """Take the next few configurations that are new to a level and not doomed."""
        newcomers, coming = level.newcomers, level.coming
        table = self._tables.setdefault(level.number, {})
        step = self._model.step
        front: list[Configuration] = []
        for configuration in arriving:
            mask, state, used, link = configuration
            # Observers that were called earlier have been tried at this state, when it
            # came about. Before the look into the table, because it makes more
            # configurations equal.
            if newcomers:
                mask = absorb(step, state, mask, newcomers)
                configuration = (mask, state, used, link)
            # Noted all the same: the doomed ones may be those that got furthest.
            if coming and self._doomed(level, configuration):
                self._note(level, [configuration])
                continue
            # Mask and state are all that what follows depends on: at one level every
            # bit of a mask stands for the same operation.
            if remember(table, mask, state, used):
                front.append(configuration)
                if len(front) == self._width:
                    break
        return front

    def _doomed(self, level: Level, configuration: Configuration) -> bool:
        """Whether an operation that returns soon can no longer take effect."""
        mask, state = configuration[:2]
        reach = self._model.reach
        for bit, resets, input, output in level.coming:
            # It has taken effect, or what may reset the state for it has not. (`ALWAYS`
            # has bits that are in no mask.)
            if mask & bit or resets & ~mask:
                continue
            if not reach(state, input, output):
                return True
        return False

    def _survivors(
        self, level: Level, front: Iterable[Configuration]
    ) -> Iterator[Configuration]:
        """The configurations that are possible after a level's return."""
        bit = level.bit
        waiting: list[Configuration] = []
        for configuration in front:
            mask, state, used, link = configuration
            if mask & bit:
                # The bit is cleared, since an operation that is called later will have
                # it.
                yield mask ^ bit, state, used, link
            else:
                waiting.append(configuration)
                # It may as well never have happened: then its bit was never set.
                if level.optional:
                    yield configuration
        self._note(level, waiting)
        if waiting:
            yield from self._let_return(level, waiting)

    def _note(self, level: Level, tried: list[Configuration]) -> None:
        if self.tried is not None:
            self.tried.setdefault(level.number, []).append(tried)

    def _let_return(
        self, level: Level, waiting: list[Configuration]
    ) -> Iterator[Configuration]:
        """Let the returning operation take effect in configurations where it has not.

        `waiting` grows by what other pending operations make of them.
        """
        # Nothing else first: those are the survivors with the fewest extra operations.
        for configuration in waiting:
            finished = self._finish(level, configuration)
            if finished:
                yield finished
        if not level.mutators and not level.crashed:
            return
        bit = level.bit
        # Now after one other operation, then after two, and so on: `waiting` is a
        # queue.
        table: Table = {}
        for mask, state, used, _ in waiting:
            remember(table, mask, state, used)
        for configuration in waiting:
            mask, state, used, _ = configuration
            # Another one that used fewer has come since, and leads to all that this one
            # does.
            if used not in table[mask, state]:
                continue
            children = self._moves(level, configuration)
            self._budget.tick(1 + len(children))
            for child in children:
                mask, state, used, link = child
                # The returning operation is an observer, and agreed with the new state.
                if mask & bit:
                    yield mask ^ bit, state, used, link
                elif remember(table, mask, state, used):
                    waiting.append(child)
                    finished = self._finish(level, child)
                    if finished:
                        yield finished

    def _finish(
        self, level: Level, configuration: Configuration
    ) -> Configuration | None:
        """What becomes of a configuration when the returning mutator happens."""
        if level.own is None:
            return None
        _, _, index, input, output = level.own
        mask, state, used, link = configuration
        step = self._model.step
        after = step(state, input, output)
        if after is None:
            return None
        # Its own bit is left out: it would be cleared at once.
        absorbed = absorb(step, after, mask, level.observers)
        return absorbed, after, used, (link, level.number, index)

    def _moves(self, level: Level, configuration: Configuration) -> list[Configuration]:
        """What becomes of a configuration when another mutator happens."""
        step, observers, number = self._model.step, level.observers, level.number
        mask, state, used, link = configuration
        pending = level.mutators
        if level.crashed:
            pending = pending + unused(level.crashed, used)
        children: list[Configuration] = []
        for bit, crashed_bit, index, input, output in pending:
            if mask & bit:
                continue
            after = step(state, input, output)
            # A never-returned operation that changes nothing need not be used up.
            if after is None or (crashed_bit and after == state):
                continue
            # Older observers have to be tried now, at the state that is new: later on
            # only newcomers are.
            absorbed = mask | bit
            if observers:
                absorbed = absorb(step, after, absorbed, observers)
            here = (link, number, index)
            children.append((absorbed, after, used | crashed_bit, here))
        return children


def absorb(
    step: StepFunction, state: Any, mask: int, observers: Iterable[Pending]
) -> int:
    """The mask with all observers added that agree with a state."""
    # One pass will do, as none of them changes the state for the others.
    for bit, _, _, input, output in observers:
        if not mask & bit and step(state, input, output) is not None:
            mask |= bit
    return mask


def unused(kinds: Iterable[CrashedKind], used: int) -> list[Pending]:
    """The first unused never-returned operation of each kind."""
    first: list[Pending] = []
    for kind in kinds:
        for pending in kind:
            if not pending[1] & used:
                first.append(pending)
                break
    return first


def remember(table: Table, mask: int, state: Any, used: int) -> bool:
    """Add a configuration to a table; False if one at least as good is there."""
    key = (mask, state)
    known = table.get(key)
    if known is None:
        table[key] = [used]
        return True
    # No set here contains another, so that a few stand for all that were tried. Fewer
    # used ones are better because all that is still unused may take effect later.
    for other in known:
        if other & used == other:
            return False
    table[key] = [other for other in known if used & other != used] + [used]
    return True
