"""The front door: one call that takes a model and a history, and picks the engine.

Each partition is decided by the model's exact procedure if it has one that applies
there, and else by the general search. Partitions that are easy come first, so that
a hard one does not keep an illegal one from being found in time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from tester1.porcupine.budget import Budget, BudgetExceeded
from tester1.porcupine.explain import Explainer
from tester1.porcupine.history import operations_of, split
from tester1.porcupine.model import (
    AnyModel,
    Engine,
    History,
    Operation,
    PartitionResult,
    Result,
    Verdict,
)
from tester1.porcupine.nondeterministic import AnyNondeterministicModel, deterministic
from tester1.porcupine.search import WIDTH, Search

EASY_STEPS = 20_000
"""Steps of the search that every partition is given before any gets more.

Depth first, which is the quickest where no step back is needed, or only few are.
"""

MEMORY_BYTES = 1 << 30


def check(
    model: AnyModel | AnyNondeterministicModel,
    history: History,
    *,
    timeout: float | None = None,
    memory_bytes: int | None = MEMORY_BYTES,
    engine: Engine = Engine.AUTO,
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """Whether a history is linearizable.

    `timeout` is in seconds of `clock`, `memory_bytes` what the search may
    keep; None is no limit. When either runs out the verdict is UNKNOWN. Name an
    `engine` to have only that one tried; one that does not apply to a partition
    leaves it UNKNOWN.

    Raises:
        HistoryError: no run can have produced the history.
        ValueError: the model does not offer the engine.
    """
    chosen = deterministic(model)
    budget = Budget(timeout_s=timeout, memory_bytes=memory_bytes, clock=clock)
    parts = split(chosen, operations_of(history))
    checker = _Checker(chosen, engine, budget)
    # Linearizability is local: a history is linearizable if and only if each partition
    # is, so that they are decided apart, and one that is illegal decides the history.
    attempts = {name: checker.first_try(part) for name, part in parts.items()}
    illegal = any(a.verdict is Verdict.ILLEGAL for a in attempts.values())
    hard = [name for name, attempt in attempts.items() if attempt.retry]
    # With one illegal, those still undecided stay UNKNOWN: they would change nothing.
    while hard and not illegal:
        name = hard.pop(0)
        attempts[name] = checker.search(parts[name], budget)
        illegal = attempts[name].verdict is Verdict.ILLEGAL
    partitions = tuple(
        _result(chosen, name, parts[name], attempt)
        for name, attempt in attempts.items()
    )
    verdict = _overall([partition.verdict for partition in partitions])
    return Result(verdict, chosen, partitions, budget.elapsed_s)


@dataclass(frozen=True, slots=True)
class _Attempt:
    verdict: Verdict
    engine: Engine
    retry: bool = False
    """Whether a search with a larger budget may decide it."""


class _Checker:
    """Decides partitions of one history."""

    def __init__(self, model: AnyModel, engine: Engine, budget: Budget) -> None:
        self._model = model
        self._budget = budget
        self._searches = engine in (Engine.AUTO, Engine.SEARCH)
        self._specialist = None if engine is Engine.SEARCH else model.specialist()
        offered = {Engine.AUTO, Engine.SEARCH}
        if self._specialist is not None:
            offered.add(self._specialist.engine)
        if engine not in offered:
            raise ValueError(
                f"{type(model).__name__} does not offer the engine {engine.value!r}; "
                f"it has {', '.join(sorted(one.value for one in offered))}"
            )

    def first_try(self, operations: Sequence[Operation]) -> _Attempt:
        """Decide a partition if that is easy."""
        verdict = None
        if self._specialist is not None:
            engine = self._specialist.engine
            try:
                verdict = self._specialist.decide(operations, self._budget)
            # An exact procedure is stopped by time alone, and there is none left for a
            # search.
            except BudgetExceeded:
                return _Attempt(Verdict.UNKNOWN, engine)
            if verdict is not None or not self._searches:
                return _Attempt(_verdict(verdict), engine)
        # A slice has steps of its own, so that a partition that uses them up takes
        # nothing from the others but time.
        return self.search(operations, self._budget.slice(EASY_STEPS), width=1)

    def search(
        self, operations: Sequence[Operation], budget: Budget, *, width: int = WIDTH
    ) -> _Attempt:
        """Decide a partition by the general search."""
        try:
            verdict = Search(self._model, operations, budget, width=width).run()
        except BudgetExceeded:
            return _Attempt(Verdict.UNKNOWN, Engine.SEARCH, retry=True)
        return _Attempt(_verdict(verdict), Engine.SEARCH)


def _verdict(linearizable: bool | None) -> Verdict:
    if linearizable is None:
        return Verdict.UNKNOWN
    return Verdict.OK if linearizable else Verdict.ILLEGAL


def _overall(verdicts: Sequence[Verdict]) -> Verdict:
    if Verdict.ILLEGAL in verdicts:
        return Verdict.ILLEGAL
    return Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.OK


def _result(
    model: AnyModel, name: Hashable, operations: Sequence[Operation], attempt: _Attempt
) -> PartitionResult:
    return PartitionResult(
        str(name),
        attempt.verdict,
        tuple(operations),
        attempt.engine,
        Explainer(model, operations),
    )
