"""Orders of operations, read off the configurations of a search.

A configuration links to the mutators that took effect, each with the level at
which it did. Observers took effect at the first state that agreed with them, so
running the levels once more, with the choices made, brings them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tester1.porcupine.levels import Levels, Pending
from tester1.porcupine.model import NEVER, AnyModel, Linearization, Operation
from tester1.porcupine.search import Configuration, Link, Search

MOST_REPLAYED = 200_000
"""Operations replayed to find partial linearizations; the deepest come first."""


def linearization(
    model: AnyModel,
    operations: Sequence[Operation],
    levels: Levels,
    configuration: Configuration,
    *,
    depth: int,
) -> Linearization:
    """Return the order behind a configuration that got past ``depth`` returns."""
    replay = _Replay(model, operations)
    choices = _choices(configuration[3])
    for number in range(min(depth + 1, len(levels))):
        level = levels[number]
        replay.observe(level.newcomers)
        for index in choices.get(number, ()):
            replay.take(index)
            replay.observe(level.observers)
    return Linearization(tuple(replay.order), tuple(replay.states))


def _choices(link: Link) -> dict[int, list[int]]:
    """Return the mutators that took effect at each level, in order."""
    choices: dict[int, list[int]] = {}
    while link is not None:
        link, number, index = link
        choices.setdefault(number, []).insert(0, index)
    return choices


class _Replay:
    """A run of the model."""

    def __init__(self, model: AnyModel, operations: Sequence[Operation]) -> None:
        self.order: list[int] = []
        self.states: list[object] = []
        self._model = model
        self._operations = operations
        self._state = model.init()
        self._observed: set[int] = set()

    def take(self, index: int) -> None:
        """Let a mutator take effect."""
        operation = self._operations[index]
        output = None if operation.ret == NEVER else operation.output
        self._state = self._model.step(self._state, operation.input, output)
        self._add(index)

    def observe(self, pending: Iterable[Pending]) -> None:
        """Let all observers take effect that agree with the state."""
        for _, _, index, input, output in pending:
            if index in self._observed:
                continue
            if self._model.step(self._state, input, output) is not None:
                self._observed.add(index)
                self._add(index)

    def _add(self, index: int) -> None:
        self.order.append(index)
        self.states.append(self._state)


def full(
    model: AnyModel, operations: Sequence[Operation], search: Search
) -> Linearization:
    """Return the linearization that a search found."""
    assert search.found is not None
    depth = len(search.levels)
    return linearization(model, operations, search.levels, search.found, depth=depth)


def partial(
    model: AnyModel, operations: Sequence[Operation], search: Search
) -> tuple[Linearization, ...]:
    """Return the longest partial linearizations of a search that kept what it tried.

    For every operation that any of those looked at includes, one that is a
    longest among them.
    """
    most = max(16, MOST_REPLAYED // (len(operations) + 1))
    found = sorted(
        (
            linearization(model, operations, search.levels, configuration, depth=depth)
            for depth, configuration in _deepest(search, most)
        ),
        key=lambda one: -len(one.order),
    )
    chosen: list[Linearization] = []
    covered: set[int] = set()
    for one in found:
        if not covered.issuperset(one.order):
            covered.update(one.order)
            chosen.append(one)
    return tuple(chosen)


def _deepest(search: Search, most: int) -> Iterator[tuple[int, Configuration]]:
    """Return configurations and the returns they got past, most returns first."""
    assert search.tried is not None
    for depth in sorted(search.tried, reverse=True):
        for visit in search.tried[depth]:
            for configuration in visit[:most]:
                yield depth, configuration
            most -= len(visit[:most])
