"""Orders of operations, read off the configurations of a search.

A configuration links to the mutators that took effect, each with the level at
which it did. Observers took effect at the first state that agreed with them, so
running the levels once more, with the choices made, brings them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from tester1.porcupine.levels import Level, Levels, Pending
from tester1.porcupine.model import NEVER, AnyModel, Linearization, Operation
from tester1.porcupine.search import Configuration, Link, Search

Choice: TypeAlias = tuple[int, int]
"""A level, and the position of a mutator that took effect there."""

MOST_REPLAYED = 200_000
"""Operations replayed to find partial linearizations; the deepest come first."""


class Replay:
    """Runs the levels of a search again, along the choices of one configuration.

    Configurations of one search differ in their last choices for the most part, so
    a replay goes on from the level at which it leaves the one before.
    """

    def __init__(
        self, model: AnyModel, operations: Sequence[Operation], levels: Levels
    ) -> None:
        self._model = model
        self._operations = operations
        self._levels = levels
        # What the levels replayed so far have done. Invariant: `_order` and `_states`
        # are of one length, and `_observed` are the observers in `_order`.
        self._order: list[int] = []
        self._states: list[Any] = []
        self._observed: set[int] = set()
        self._choices: list[Choice] = []
        self._before: list[int] = []
        """How many operations had taken effect before each level."""

    def linearization(self, configuration: Configuration, depth: int) -> Linearization:
        """The order behind a configuration that got past `depth` returns."""
        # The level at hand counts as well: configurations tried there may have moved in
        # it.
        choices = _choices(configuration[3])
        self._rewind(choices, depth)
        by_level: dict[int, list[int]] = {}
        for number, index in choices:
            by_level.setdefault(number, []).append(index)
        for number in range(len(self._before), min(depth + 1, len(self._levels))):
            self._before.append(len(self._order))
            self._pass(self._levels[number], by_level.get(number, ()))
        return Linearization(tuple(self._order), tuple(self._states))

    def _rewind(self, choices: list[Choice], depth: int) -> None:
        """Undo the levels from the first at which the choices are others."""
        same = common_length(self._choices, choices)
        # The first level at which either has another choice. Up to there both had the
        # same states, so the observers took effect at the same places.
        others = [
            chosen[same][0] for chosen in (self._choices, choices) if same < len(chosen)
        ]
        first = min([*others, depth + 1])
        self._choices = choices
        if first < len(self._before):
            kept = self._before[first]
            self._observed.difference_update(self._order[kept:])
            del self._order[kept:], self._states[kept:], self._before[first:]

    def _pass(self, level: Level, chosen: Iterable[int]) -> None:
        # As the search does: newcomers at the state in which they found the level, and
        # all observers after each mutator. So both find the same ones.
        self._observe(level.newcomers)
        for index in chosen:
            operation = self._operations[index]
            output = None if operation.ret == NEVER else operation.output
            self._add(index, self._model.step(self._state, operation.input, output))
            self._observe(level.observers)

    @property
    def _state(self) -> Any:
        return self._states[-1] if self._states else self._model.init()

    def _observe(self, pending: Iterable[Pending]) -> None:
        """Let all observers take effect that agree with the state."""
        state, observed = self._state, self._observed
        for _, _, index, input, output in pending:
            if index in observed:
                continue
            if self._model.step(state, input, output) is not None:
                observed.add(index)
                self._add(index, state)

    def _add(self, index: int, state: Any) -> None:
        self._order.append(index)
        self._states.append(state)


def _choices(link: Link) -> list[Choice]:
    """The mutators that took effect, in order."""
    choices: list[Choice] = []
    while link is not None:
        link, number, index = link
        choices.append((number, index))
    choices.reverse()
    return choices


def common_length(first: Sequence[object], second: Sequence[object]) -> int:
    """How many items two sequences have in common at their beginning.

    Both are lists, or both are tuples.
    """
    low, high = 0, min(len(first), len(second))
    # Halving with slices compares in C, which matters for 10,000 items.
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def full_linearization(
    model: AnyModel, operations: Sequence[Operation], search: Search
) -> Linearization:
    """The linearization that a search found."""
    assert search.found is not None
    replay = Replay(model, operations, search.levels)
    return replay.linearization(search.found, len(search.levels))


def partial_linearizations(
    model: AnyModel, operations: Sequence[Operation], search: Search
) -> tuple[Linearization, ...]:
    """The longest partial linearizations of a search that kept what it tried.

    For every operation that any of those looked at includes, one that is a
    longest among them.
    """
    # An order has at most all operations, so that this many replays stay within the
    # limit.
    most = max(16, MOST_REPLAYED // (len(operations) + 1))
    replay = Replay(model, operations, search.levels)
    found = sorted(
        (
            replay.linearization(configuration, depth)
            for depth, configuration in _deepest(search, most)
        ),
        key=lambda one: -len(one.order),
    )
    chosen: list[Linearization] = []
    covered: set[int] = set()
    for one in found:
        # Longest first: the first that includes an operation is a longest one.
        if not covered.issuperset(one.order):
            covered.update(one.order)
            chosen.append(one)
    return tuple(chosen)


def _deepest(search: Search, most: int) -> Iterator[tuple[int, Configuration]]:
    """Configurations and the returns they got past, most returns first."""
    assert search.tried is not None
    # Those of one depth share most of their choices, which `Replay` makes use of.
    for depth in sorted(search.tried, reverse=True):
        for visit in search.tried[depth]:
            for configuration in visit[:most]:
                yield depth, configuration
            most -= len(visit[:most])
