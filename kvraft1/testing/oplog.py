"""The operations of a test's clients, as the linearizability checker wants them.

Rules that keep it honest:

- An operation's call is noted before its clerk is asked, and its return after the clerk
  has answered, so that its instant is between the two, whatever happens inside.
- What has not returned is part of the history, too: it may have had its effect.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from labrt import Runtime
from tester1.porcupine import KvInput, KvOutput, Operation


@dataclass(slots=True, eq=False)
class OpenOperation:
    """An operation that a client has called, at `call` seconds."""

    client: int
    input: KvInput
    call: float


class OperationLog:
    """The history of one test, over all its phases."""

    def __init__(self, runtime: Runtime) -> None:
        self._now: Callable[[], float] = runtime.now
        self._mutex = runtime.mutex()
        self._returned: list[Operation] = []
        # Insertion-ordered: the oldest call first.
        self._open: dict[OpenOperation, None] = {}

    def begin(self, client: int, input: KvInput) -> OpenOperation:
        """Note that `client` is about to call an operation."""
        with self._mutex:
            operation = OpenOperation(client, input, self._now())
            self._open[operation] = None
        return operation

    def end(self, operation: OpenOperation, output: KvOutput) -> None:
        """Note that the operation has returned `output`."""
        with self._mutex:
            del self._open[operation]
            # The time that is taken here may be late by a wait for the mutex. It makes
            # the operation longer, which can only help a solution.
            self._returned.append(
                Operation(
                    client=operation.client,
                    input=operation.input,
                    output=output,
                    call=operation.call,
                    ret=self._now(),
                )
            )

    def history(self) -> list[Operation]:
        """All operations, those that have not returned at the end."""
        with self._mutex:
            return [
                *self._returned,
                *(
                    # It may still have its effect at any time, or never.
                    Operation(op.client, op.input, None, op.call, math.inf)
                    for op in self._open
                ),
            ]
