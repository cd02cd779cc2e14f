"""The model of one register with read, write and compare-and-swap.

A history of many registers names them by `key`; each is checked on its own.
"""

from __future__ import annotations

import enum
from collections.abc import Hashable, Sequence
from functools import partial

import msgspec

from tester1.porcupine.model import NEVER, Model, Operation, Specialist
from tester1.porcupine.zones import Accesses, DoesNotApply, Value, Zones


class Absent(enum.Enum):
    """The value of a register that was never written (see `ABSENT`)."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent.ABSENT


class RegisterOp(enum.Enum):
    """What a client asks of a register."""

    READ = "read"
    WRITE = "write"
    CAS = "cas"


# The search asks a million times; a global is found faster than an enum's member.
_READ = RegisterOp.READ
_WRITE = RegisterOp.WRITE


class RegisterInput(msgspec.Struct, frozen=True, gc=False):
    """A request: `value` is what a write or compare-and-swap puts there.

    `expected` is what a compare-and-swap wants to find.
    """

    op: RegisterOp
    value: Hashable = ABSENT
    expected: Hashable = ABSENT
    key: str = ""


class RegisterOutput(msgspec.Struct, frozen=True, gc=False):
    """An answer: the value read, and whether a compare-and-swap found its value."""

    value: Hashable = ABSENT
    ok: bool = True


class RegisterModel(Model[Hashable, RegisterInput, RegisterOutput]):
    """A register that holds `initial` at first. A state is the value held."""

    def __init__(self, initial: Hashable = ABSENT) -> None:
        self.initial = initial

    def init(self) -> Hashable:
        """The initial value."""
        return self.initial

    def step(
        self, state: Hashable, input: RegisterInput, output: RegisterOutput | None
    ) -> Hashable | None:
        """The value after a request, or None if it cannot answer so."""
        if input.op is _READ:
            return state if output is None or output.value == state else None
        if input.op is _WRITE:
            return input.value
        swapped = input.expected == state
        if output is not None and output.ok != swapped:
            return None
        return input.value if swapped else state

    def partition(self, input: RegisterInput) -> str:
        """The register's key."""
        return input.key

    def observer(self, input: RegisterInput, output: RegisterOutput | None) -> bool:
        """Whether it is a read, or a swap that failed or put what was there."""
        if input.op is RegisterOp.CAS:
            failed = output is not None and not output.ok
            return failed or input.expected == input.value
        return input.op is _READ

    def specialist(self) -> Specialist | None:
        """Zones: they apply where no value was written twice."""
        return Zones(partial(RegisterAccesses, self.initial))

    def describe_operation(
        self, input: RegisterInput, output: RegisterOutput | None
    ) -> str:
        """For example `cas(1, 2) -> failed`."""
        if input.op is _READ:
            return f"read() -> {'?' if output is None else repr(output.value)}"
        if input.op is _WRITE:
            return f"write({input.value!r})" + ("" if output else " -> ?")
        answer = "?" if output is None else "ok" if output.ok else "failed"
        return f"cas({input.expected!r}, {input.value!r}) -> {answer}"


class RegisterAccesses(Accesses):
    """What was read, written, and swapped. It cannot express swaps that failed."""

    def __init__(self, initial: Hashable, operations: Sequence[Operation]) -> None:
        super().__init__(operations, initial)
        self._swaps: dict[Value, dict[Value, list[int]]] = {}
        for index, operation in enumerate(operations):
            input: RegisterInput = operation.input
            if input.op is _WRITE:
                self.add_fresh(input.value, index)
            elif input.op is RegisterOp.CAS:
                self._add_swap(index, operation)
            elif operation.ret != NEVER:
                self.add_read(operation.output.value, operation)

    def _add_swap(self, index: int, operation: Operation) -> None:
        input: RegisterInput = operation.input
        returned = operation.ret != NEVER
        if returned and not operation.output.ok:
            # It tells which value was not there, which no zone can say.
            raise DoesNotApply
        # Swapping a value for itself reads it.
        if input.expected == input.value:
            if returned:
                self.add_read(input.value, operation)
            return
        self.writes.append(index)
        origins = self._swaps.setdefault(input.value, {})
        origins.setdefault(input.expected, []).append(index)
        if returned:
            # That it returned tells that it happened, even if nobody read what it made.
            self.must_extend[index] = input.value

    def extensions(self, value: Value) -> list[tuple[Value, list[int]]]:
        """The values that were swapped for this one."""
        return list(self._swaps.get(value, {}).items())
