"""A linearizability checker, in the manner of Porcupine: a library on its own.

Give `check` a model and a history, and it tells whether the history is
linearizable; if it is not, also why, and which few operations show it:

>>> from tester1.porcupine import KvInput, KvModel, KvOp, KvOutput, Operation, check
>>> history = [
...     Operation(1, KvInput(KvOp.PUT, "x", "a", 0), KvOutput(err="OK"), 0.0, 1.0),
...     Operation(2, KvInput(KvOp.PUT, "x", "b", 1), KvOutput(err="OK"), 2.0, 3.0),
...     Operation(3, KvInput(KvOp.GET, "x"), KvOutput("a", 1, "OK"), 4.0, 5.0),
... ]
>>> result = check(KvModel(), history)
>>> result.verdict
<Verdict.ILLEGAL: 'illegal'>
>>> print(result.reason)  # doctest: +NORMALIZE_WHITESPACE
Get('x') = 'a', version 1 by client 3 (called at 4, returned at 5) still saw version 1,
although Put('x', 'b', version 1) = OK by client 2 (called at 2, returned at 3) had
seen or made version 2 and returned before
>>> [operation.client for operation in result.core]
[1, 2, 3]

A model of one's own is a small class of pure functions:

>>> from tester1.porcupine import Model
>>> class Counter(Model[int, str, int]):
...     def init(self) -> int:
...         return 0
...     def step(self, state: int, input: str, output: int | None) -> int | None:
...         after = state + (input == "increment")
...         return after if output in (None, after) else None
>>> check(Counter(), [Operation(1, "increment", 1, 0, 2),
...                   Operation(2, "increment", 1, 1, 3)]).verdict
<Verdict.ILLEGAL: 'illegal'>
"""

from tester1.porcupine.append import (
    AppendInput,
    AppendModel,
    AppendOp,
    WholeAppendModel,
)
from tester1.porcupine.check import check
from tester1.porcupine.formats import read_history
from tester1.porcupine.history import HistoryError
from tester1.porcupine.jsonl import write_jsonl
from tester1.porcupine.kv import KvModel
from tester1.porcupine.kv_history import KvInput, KvOp, KvOutput, Maybe
from tester1.porcupine.model import (
    NEVER,
    Engine,
    Event,
    EventKind,
    Linearization,
    Model,
    NondeterministicModel,
    Operation,
    PartitionResult,
    Result,
    Verdict,
)
from tester1.porcupine.reading import UnreadableHistoryError
from tester1.porcupine.register import (
    ABSENT,
    RegisterInput,
    RegisterModel,
    RegisterOp,
    RegisterOutput,
)

__all__ = [
    "ABSENT",
    "NEVER",
    "AppendInput",
    "AppendModel",
    "AppendOp",
    "Engine",
    "Event",
    "EventKind",
    "HistoryError",
    "KvInput",
    "KvModel",
    "KvOp",
    "KvOutput",
    "Linearization",
    "Maybe",
    "Model",
    "NondeterministicModel",
    "Operation",
    "PartitionResult",
    "RegisterInput",
    "RegisterModel",
    "RegisterOp",
    "RegisterOutput",
    "Result",
    "UnreadableHistoryError",
    "Verdict",
    "WholeAppendModel",
    "check",
    "read_history",
    "write_jsonl",
]
