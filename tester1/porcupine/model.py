"""The vocabulary of the checker: histories, models, verdicts and results.

A *history* is what clients saw: operations with the times at which they were
called and returned. A *model* says what a correct object, used by one client at
a time, would have answered. A history is linearizable if every operation can be
given one instant between its call and its return so that the model, run in the
order of those instants, agrees with every output.

Rules that keep it honest:

- Times are closed intervals: an operation that returns at the instant at which
  another is called is concurrent with it.
- Times are kept as they came, and compared exactly (`Time`).
- An operation that never returned (`ret` is infinite) may have taken effect at
  any time after its call, or never.
- Models are pure: no method changes anything, and equal arguments give equal
  answers. States are compared and remembered by Python's own `==` and `hash`.
"""

from __future__ import annotations

import enum
import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec

if TYPE_CHECKING:
    from tester1.porcupine.budget import Budget

Time: TypeAlias = float | Decimal
"""A time of any unit: an int, a float, or a Decimal.

Times are only ever compared, which Python does exactly across the three. Nothing that
decides a verdict may convert or calculate one: what a float rounds away is an order.
"""

NEVER = math.inf
"""The return time of an operation that never returned."""

BEFORE_ALL: Time = -NEVER
"""An instant before those of all operations."""

# States are keys of the search's tables, and so are inputs, by which operations that
# never returned are put together.
StateT = TypeVar("StateT", bound=Hashable)
InputT = TypeVar("InputT", bound=Hashable)
OutputT = TypeVar("OutputT", bound=Hashable)


class Operation(msgspec.Struct, frozen=True, gc=False):
    """One operation of a client, from its call to its return.

    `input` and `output` belong to the model. An operation that never returned
    has `ret` infinite, and no output. A msgspec record and not a dataclass,
    since histories have a million of them: it is built in a tenth of the time,
    and the garbage collector need not visit it.
    """

    client: int
    input: Any
    output: Any
    call: Time
    ret: Time


class EventKind(enum.Enum):
    """What an event of a history is."""

    CALL = "call"
    RETURN = "return"


class Event(msgspec.Struct, frozen=True, gc=False):
    """A call or a return, in a history that is a sequence of those.

    `value` is the operation's input in a call and its output in a return; the
    two events of an operation share `operation_id`.
    """

    kind: EventKind
    client: int
    operation_id: int
    value: Any


History: TypeAlias = Sequence[Operation] | Sequence[Event]


class Verdict(enum.Enum):
    """The answer of the checker."""

    OK = "ok"
    ILLEGAL = "illegal"
    UNKNOWN = "unknown"
    """The time or memory budget ran out first."""


class Engine(enum.Enum):
    """How a partition of a history is decided."""

    AUTO = "auto"
    """The model's exact procedure if it has one and it applies, else the search."""
    SEARCH = "search"
    """Just-in-time linearization, for any model."""
    SWEEP = "sweep"
    """Versions in order, exact and near-linear, for versioned key/value stores."""
    ZONES = "zones"
    """Zones of time, exact and near-linear, where values reveal their order."""


class _ModelBase(ABC, Generic[StateT, InputT, OutputT]):
    """What every model says about its operations and states."""

    def partition(self, input: InputT) -> Hashable:
        """The part of the state that an operation is confined to.

        Histories are split by it, and the parts checked one by one (a key/value
        store returns the key). The default is a single part.
        """
        return ""

    def describe_operation(self, input: InputT, output: OutputT | None) -> str:
        """An operation as people read it."""
        return f"{input!r} -> {'?' if output is None else repr(output)}"

    def describe_state(self, state: StateT) -> str:
        """A state as people read it."""
        return repr(state)


class Model(_ModelBase[StateT, InputT, OutputT]):
    """What an object does when one client at a time uses it.

    A state is any hashable value but `None`, which `step` keeps for "this
    cannot happen". Only `init` and `step` must be written. The others, `optional`
    apart, make the check faster or its report easier to read, and never change a
    verdict.
    """

    @abstractmethod
    def init(self) -> StateT:
        """The state before the first operation."""

    @abstractmethod
    def step(
        self, state: StateT, input: InputT, output: OutputT | None
    ) -> StateT | None:
        """The state after an operation, or None if it cannot answer so.

        `output` is None for an operation that never returned: any answer is
        then possible.
        """

    # The answers from here on promise nothing: a model that keeps them is searched more
    # slowly, and decided all the same.
    def observer(self, input: InputT, output: OutputT | None) -> bool:
        """Whether an operation with this output leaves every state as it is."""
        return False

    def conflict(self, first: InputT, second: InputT) -> bool:
        """Whether the order of two operations can matter.

        False promises that they commute in every state, with every output.
        """
        return True

    def optional(self, input: InputT, output: OutputT | None) -> bool:
        """Whether an operation with this output may never have happened.

        If it did, then between its call and its return as any other. (One that
        never returned is optional anyhow.) This one is part of the model's meaning.
        """
        return False

    def reach(self, state: StateT, input: InputT, output: OutputT) -> bool:
        """Whether an operation may still give this output, later than `state`.

        False promises that no operations after `state` lead to a state in which
        `step` accepts the operation, unless one comes that `resets` the state.
        """
        return True

    def resets(self, input: InputT) -> StateT | None:
        """The state that an operation leaves whatever was before, if so.

        None promises that the operation keeps to what `reach` says.
        """
        return None

    def specialist(self) -> Specialist | None:
        """The exact procedure for histories of this model, if there is one."""
        return None


AnyModel: TypeAlias = Model[Any, Any, Any]


class NondeterministicModel(_ModelBase[StateT, InputT, OutputT]):
    """A model whose operations may leave more than one state.

    `check` takes it wherever it takes a `Model`.
    """

    @abstractmethod
    def init(self) -> Iterable[StateT]:
        """The possible states before the first operation."""

    @abstractmethod
    def step(
        self, state: StateT, input: InputT, output: OutputT | None
    ) -> Iterable[StateT]:
        """The possible states after an operation; none if it cannot be."""


# Protocols, this one and `Explanation`: the vocabulary imports no engine.
class Specialist(Protocol):
    """An exact decision procedure for the histories of one kind of model."""

    @property
    def engine(self) -> Engine:
        """The name of the procedure."""

    def decide(self, operations: Sequence[Operation], budget: Budget) -> bool | None:
        """Whether a partition is linearizable; None if this does not apply to it.

        Raises:
            BudgetExceeded: the budget ran out first.
        """

    def reason(
        self, contradicting: Sequence[Operation], operations: Sequence[Operation]
    ) -> str | None:
        """The rule that a contradiction breaks, or None for a general reason.

        `operations` are all of the partition's.
        """

    def support(
        self, contradicting: Sequence[int], operations: Sequence[Operation]
    ) -> list[int] | None:
        """Operations that a contradiction builds on, if that is quickly told.

        All go by their positions in `operations`.
        """


@dataclass(frozen=True, slots=True)
class Linearization:
    """Operations in an order that the model accepts, each at an instant of its own.

    `order` holds positions in the partition's `operations`; `states[i]` is
    the model's state after `order[i]`.
    """

    order: tuple[int, ...]
    states: tuple[Any, ...]


class Explanation(Protocol):
    """What is worked out about a partition only when somebody asks."""

    def reason(self) -> str:
        """Why the partition is not linearizable, in a sentence."""

    def contradiction(self) -> tuple[int, ...]:
        """The positions of operations that cannot all be as they are."""

    def core(self) -> tuple[int, ...]:
        """The positions of a minimal sub-history that is still illegal."""

    def linearizations(self) -> tuple[Linearization, ...]:
        """A full linearization, or the longest partial ones."""


# Not slotted, here and below: `cached_property` keeps what was worked out in the
# instance's dictionary.
@dataclass(frozen=True)
class PartitionResult:
    """What was found about one part of a history.

    The explanations are worked out when first read, and then kept.
    """

    name: str
    """The key, or "" if the model does not partition."""
    verdict: Verdict
    operations: tuple[Operation, ...]
    """In the order of the history."""
    engine: Engine
    """What decided it; never AUTO."""
    explanation: Explanation

    @cached_property
    def reason(self) -> str:
        """Why it is not linearizable, in a sentence; "" unless ILLEGAL."""
        # An explanation takes for granted that there is a contradiction, so it is asked
        # of illegal partitions only; here and in the next two.
        return self.explanation.reason() if self.verdict is Verdict.ILLEGAL else ""

    @cached_property
    def contradiction(self) -> tuple[int, ...]:
        """Positions of operations that contradict one another; () unless ILLEGAL.

        None of them can be left out: had any one of them never returned, the rest
        of the partition's operations could explain the others.
        """
        if self.verdict is not Verdict.ILLEGAL:
            return ()
        return self.explanation.contradiction()

    @cached_property
    def core(self) -> tuple[int, ...]:
        """Positions of a sub-history that is illegal, minimal; () unless ILLEGAL.

        It is the contradiction and the operations that it builds on, such as the
        writes of the values read.
        """
        return self.explanation.core() if self.verdict is Verdict.ILLEGAL else ()

    @cached_property
    def linearizations(self) -> tuple[Linearization, ...]:
        """Linearizations found, longest first.

        One full order if OK and not too hard to find. Otherwise partial ones: for
        each operation that some partial linearization includes, a longest one found
        that includes it.
        """
        return self.explanation.linearizations()


@dataclass(frozen=True)
class Result:
    """The answer of `check`."""

    verdict: Verdict
    model: AnyModel
    partitions: tuple[PartitionResult, ...]
    """In the order of their names."""
    elapsed_s: float
    """Seconds the verdict took, without explanations that are asked for later."""

    @cached_property
    def illegal(self) -> PartitionResult | None:
        """The first partition that is not linearizable, if there is one."""
        return next((p for p in self.partitions if p.verdict is Verdict.ILLEGAL), None)

    @property
    def reason(self) -> str:
        """Why the history is not linearizable, in a sentence; "" unless ILLEGAL."""
        return self.illegal.reason if self.illegal else ""

    @property
    def core(self) -> tuple[Operation, ...]:
        """A minimal sub-history that is still illegal; () unless ILLEGAL."""
        if self.illegal is None:
            return ()
        return tuple(self.illegal.operations[i] for i in self.illegal.core)
