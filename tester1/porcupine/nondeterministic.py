"""Nondeterministic models, made deterministic by keeping every possible state."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeAlias

from tester1.porcupine.model import AnyModel, Model, NondeterministicModel

AnyNondeterministicModel: TypeAlias = NondeterministicModel[Any, Any, Any]


class Determinized(Model[frozenset[Hashable], Any, Any]):
    """A model whose state is the set of states that another model may be in."""

    def __init__(self, model: AnyNondeterministicModel) -> None:
        self.model = model

    def init(self) -> frozenset[Hashable]:
        """The possible states before the first operation."""
        return frozenset(self.model.init())

    def step(
        self, state: frozenset[Hashable], input: Any, output: Any
    ) -> frozenset[Hashable] | None:
        """All states that an operation may leave, or None if there is none."""
        after = frozenset(
            new for old in state for new in self.model.step(old, input, output)
        )
        # Some run of the other model explains the history as long as a state is left.
        # The empty set would be a state that accepts nothing: None says so at once.
        return after or None

    def partition(self, input: Any) -> Hashable:
        """The model's partition."""
        return self.model.partition(input)

    def describe_operation(self, input: Any, output: Any) -> str:
        """The model's description."""
        return self.model.describe_operation(input, output)

    def describe_state(self, state: frozenset[Hashable]) -> str:
        """The possible states, in the order of their descriptions."""
        return " or ".join(sorted(map(self.model.describe_state, state)))


def deterministic(model: AnyModel | AnyNondeterministicModel) -> AnyModel:
    """The model itself, or a deterministic one with the same histories."""
    # It keeps `Model`'s other hooks as they are: what they promise of a single state
    # need not be so for a set of them.
    return Determinized(model) if isinstance(model, NondeterministicModel) else model
