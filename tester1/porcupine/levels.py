"""A history prepared for the search: one level for each return, in time order.

Between two returns the only choice is which pending operations take effect, and
in what order. So the search never looks at a history again: each `Level` lists
what may take effect before its return. Pending operations have bits in a mask; a
bit is used again after its operation has returned, so masks are no wider than
the most operations that were ever pending together.

- *Observers* never change the state. They are kept apart from the *mutators*,
  since the search lets them take effect as early as it can.
- Operations that never returned stay pending for ever. Those of equal input are
  interchangeable, so only the earliest unused one of each kind is ever offered;
  they have a mask of their own. Never-returned observers constrain nothing.
- Where the model tells which operations conflict, those not connected to the
  returning one, through other pending ones, are left out: whatever they do can
  as well be done later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tester1.porcupine.model import NEVER, AnyModel, Model, Operation, Time

LOOK_AHEAD = 3
"""Observers ahead for which `Model.reach` is asked; more cost more than they prune."""

ALWAYS = -1
"""A mask of all bits: an operation may always come that resets the state."""


Pending: TypeAlias = tuple[int, int, int, Any, Any]
"""An operation that may take effect now.

Its bit in the mask of pending operations (0 if it never returned), its bit in the
mask of never-returned operations (0 if it returned), its position in the history,
its input and its output. A plain tuple, as are the others here: the search unpacks
millions, and a named tuple takes four times as long.
"""

Coming: TypeAlias = tuple[int, int, Any, Any]
"""An observer that returns soon.

Its bit in the mask (0 if it is not called yet), the bits of pending operations that
may reset the state so that it can return (or `ALWAYS`), its input and its output.
"""

CrashedKind: TypeAlias = tuple[Pending, ...]
"""Never-returned operations of one input, in the order of their calls."""


@dataclass(slots=True)
class Level:
    """What may happen between the previous return and this one."""

    number: int
    index: int
    """The position in the history of the operation that returns."""
    called_at: int
    """The number of returns before its call."""
    bit: int
    own: Pending | None
    """The operation that returns, if it is a mutator."""
    optional: bool
    """Whether the operation that returns may never have happened."""
    mutators: list[Pending]
    """The other pending operations that may change the state."""
    observers: list[Pending]
    """All pending operations that cannot, with the returning one among them."""
    crashed: tuple[CrashedKind, ...]
    newcomers: list[Pending]
    """Observers called since the previous return."""
    resets: dict[int, Any] = field(default_factory=dict)
    """States that pending operations may reset to, by their bits."""
    resets_for_ever: Sequence[Any] = ()
    """States that never-returned operations may reset to."""
    resets_called: Sequence[Any] = ()
    """States that operations called since the previous return may reset to."""
    coming: list[Coming] = field(default_factory=list)


class Levels:
    """The levels of one history, made when first asked for.

    A search that fails early never pays for the rest.
    """

    def __init__(self, model: AnyModel, operations: Sequence[Operation]) -> None:
        events = _events(model, operations)
        self._returns = sum([event[1] for event in events])
        self._source = _levels(model, operations, events)
        self._made: list[Level] = []
        # Looking ahead goes backwards, so it needs all of the levels.
        if overrides(model, Model.reach):
            self._made.extend(self._source)
            _look_ahead(model, operations, self._made)

    def __len__(self) -> int:
        """The number of operations that returned."""
        return self._returns

    def __getitem__(self, number: int) -> Level:
        """A level; `number` is at most one more than any asked for before."""
        if number == len(self._made):
            self._made.append(next(self._source))
        return self._made[number]


def overrides(model: AnyModel, hook: Callable[..., object]) -> bool:
    """Whether the model has its own version of one of `Model`'s methods."""
    return getattr(type(model), hook.__name__) is not hook


def _events(
    model: AnyModel, operations: Sequence[Operation]
) -> list[tuple[Time, int, int]]:
    """The time, kind (1 for a return) and operation of all events, in order."""
    events: list[tuple[Time, int, int]] = []
    for index, operation in enumerate(operations):
        if operation.ret != NEVER:
            events.append((operation.call, 0, index))
            events.append((operation.ret, 1, index))
        # A read that never returned may have seen anything, so it says nothing.
        elif not model.observer(operation.input, None):
            events.append((operation.call, 0, index))
    # Calls sort before returns: operations that touch at one instant overlap.
    events.sort()
    return events


def _levels(
    model: AnyModel,
    operations: Sequence[Operation],
    events: Iterable[tuple[Time, int, int]],
) -> Iterator[Level]:
    """The levels, made as the events go by.

    One loop with everything in local names, because a short history spends half
    of its check here.
    """
    # Hooks that only have `Model`'s answer are never called: they would be asked for
    # every operation, and some for every pair.
    conflicts = overrides(model, Model.conflict)
    may_skip = overrides(model, Model.optional)
    resets = _Resets(model) if overrides(model, Model.resets) else None
    # The kinds as levels have them, or None once a crash has changed them: made anew
    # only when a level wants them.
    kinds: dict[Any, CrashedKind] = {}
    crashed: tuple[CrashedKind, ...] | None = ()
    width = number = crashes = 0
    # Bits of operations that have returned. All configurations behind that return have
    # them clear, so the next owner of a bit finds it so.
    free: list[int] = []
    # Both in the order of the calls, so that a history is always searched in one way.
    mutators: dict[int, Pending] = {}
    observers: dict[int, Pending] = {}
    called_at: dict[int, int] = {}
    newcomers: list[Pending] = []
    for _, is_return, index in events:
        operation = operations[index]
        input, output = operation.input, operation.output
        if is_return:
            own = mutators.pop(index, None)
            # A returning mutator is taken out first, as the search treats it apart; a
            # returning observer stays among the others until the level is made.
            bit = own[0] if own else observers[index][0]
            if crashed is None:
                crashed = tuple(kinds.values())
            level = Level(
                number,
                index,
                called_at.pop(index),
                bit,
                own,
                may_skip and model.optional(input, output),
                list(mutators.values()),
                list(observers.values()),
                crashed,
                newcomers,
            )
            if resets:
                resets.take_return(level)
            # Without other mutators there is no branching that this could spare.
            if conflicts and (level.mutators or level.crashed):
                _keep_connected(model, level, input)
            yield level
            if own is None:
                del observers[index]
            free.append(bit)
            newcomers = []
            number += 1
        elif operation.ret == NEVER:
            pending = (0, 1 << crashes, index, input, None)
            # A new tuple: levels that were made before keep theirs.
            kinds[input] = (*kinds.get(input, ()), pending)
            crashes += 1
            crashed = None
            if resets:
                resets.take_call(0, input)
        else:
            if free:
                bit = free.pop()
            else:
                bit = 1 << width
                width += 1
            called_at[index] = number
            pending = (bit, 0, index, input, output)
            if model.observer(input, output):
                observers[index] = pending
                newcomers.append(pending)
            else:
                mutators[index] = pending
                if resets:
                    resets.take_call(bit, input)


def _keep_connected(model: AnyModel, level: Level, returning: Any) -> None:
    """Leave out what the order of the returning operation cannot depend on."""
    # What is not connected commutes with all that is, and stays pending behind this
    # return: in any linearization it can as well come later. The first of a kind stands
    # for the kind, since conflicts depend on inputs alone.
    pool = [*level.mutators, *level.observers, *(kind[0] for kind in level.crashed)]
    kept = {level.index}
    reached = [returning]
    # `reached` grows as it is gone through, until nothing more is connected.
    for input in reached:
        for _, _, index, other, _ in pool:
            if index not in kept and model.conflict(input, other):
                kept.add(index)
                reached.append(other)
    level.mutators = [p for p in level.mutators if p[2] in kept]
    level.observers = [p for p in level.observers if p[2] in kept]
    level.crashed = tuple(kind for kind in level.crashed if kind[0][2] in kept)


@dataclass(slots=True)
class _Soon:
    """An observer that returns after the level at hand."""

    level: Level
    input: Any
    output: Any
    always: bool = False
    """Whether an operation that is yet to be called may reset the state for it."""


def _look_ahead(
    model: AnyModel, operations: Sequence[Operation], levels: Sequence[Level]
) -> None:
    """Tell every level about the next few observers to return."""
    reach = model.reach
    soon: list[_Soon] = []
    called_next: Sequence[Any] = ()
    # Backwards, so that those to return next are at hand: `soon` has them in the order
    # of their returns, and none that has returned before this level.
    for level in reversed(levels):
        for one in soon:
            # These are called behind this level's return, but before that of `one`.
            # They have no bit here by which one could tell that they took effect, so
            # they always may.
            for state in called_next:
                one.always = one.always or reach(state, one.input, one.output)
        # An optional operation dooms nothing: it may never have happened. A mutator
        # does not either, as the search lets it take effect when it returns.
        if level.own is None and not level.optional:
            operation = operations[level.index]
            soon.insert(0, _Soon(level, operation.input, operation.output))
            del soon[LOOK_AHEAD:]
        level.coming = [_coming(model, level, one) for one in soon]
        called_next = level.resets_called


def _coming(model: AnyModel, level: Level, one: _Soon) -> Coming:
    # Before its call the bit may be another operation's.
    bit = one.level.bit if one.level.called_at <= level.number else 0
    resets = 0
    # One that never returned has no bit in the mask that tells whether it is used.
    for state in level.resets_for_ever:
        if model.reach(state, one.input, one.output):
            resets = ALWAYS
    for reset_bit, state in level.resets.items():
        if model.reach(state, one.input, one.output):
            resets |= reset_bit
    return bit, ALWAYS if one.always else resets, one.input, one.output


class _Resets:
    """Operations that reset the state, as the events go by."""

    def __init__(self, model: AnyModel) -> None:
        self._model = model
        self._pending: dict[int, Any] = {}
        self._crashed: list[Any] = []
        self._called: list[Any] = []

    def take_call(self, bit: int, input: Any) -> None:
        """Note an operation that is pending, for ever if it has no bit."""
        state = self._model.resets(input)
        if state is None:
            return
        self._called.append(state)
        if bit:
            self._pending[bit] = state
        else:
            self._crashed.append(state)

    def take_return(self, level: Level) -> None:
        """Tell a level what is pending, and retire the operation that returns."""
        if self._pending or self._crashed or self._called:
            # With the returning operation among them: it may be what resets the state.
            level.resets = dict(self._pending)
            level.resets_for_ever = tuple(self._crashed)
            # Handed over, not copied: the next level begins a list of its own.
            level.resets_called = self._called
            self._called = []
            self._pending.pop(level.bit, None)
