"""The operation log: what the linearizability check is given."""

from __future__ import annotations

import math

from kvraft1.testing.oplog import OperationLog
from labrt import SimRuntime
from tester1.porcupine import KvInput, KvModel, KvOp, KvOutput, Operation, check

PUT = KvInput(KvOp.PUT, "k", "v", 0)
GET = KvInput(KvOp.GET, "k")


def test_operations_are_recorded_with_their_times() -> None:
    """The history holds the call and the return of what has returned."""
    runtime = SimRuntime(1)

    def main() -> list[Operation]:
        log = OperationLog(runtime)
        put = log.begin(3, PUT)
        runtime.sleep(2.0)
        log.end(put, KvOutput(err="OK"))
        return log.history()

    assert runtime.run(main) == [Operation(3, PUT, KvOutput(err="OK"), 0.0, 2.0)]


def test_what_has_not_returned_is_part_of_the_history() -> None:
    """A Put under way may have been performed, and so explains what others read."""
    runtime = SimRuntime(1)

    def main() -> list[Operation]:
        log = OperationLog(runtime)
        log.begin(0, PUT)
        get = log.begin(1, GET)
        runtime.sleep(1.0)
        log.end(get, KvOutput("v", 1))
        return log.history()

    history = runtime.run(main)
    assert [operation.ret for operation in history] == [1.0, math.inf]
    assert check(KvModel(), history).verdict.value == "ok"
    assert check(KvModel(), history[:1]).verdict.value == "illegal"
