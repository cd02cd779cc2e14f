"""What the events of a log mean, for the models that logs are read for."""

from __future__ import annotations

from typing import Any

from tester1.porcupine.append import AppendInput, AppendOp
from tester1.porcupine.reading import BadLineError, LoggedEvent
from tester1.porcupine.register import ABSENT, RegisterInput, RegisterOp, RegisterOutput


class RegisterEvents:
    """Events named ``read``, ``write`` and ``cas``, whose value is ``[old, new]``."""

    def input(self, event: LoggedEvent) -> RegisterInput:
        """Return the input of an operation that begins."""
        if event.name == "read":
            return RegisterInput(RegisterOp.READ, key=event.key)
        if event.name == "write":
            return RegisterInput(RegisterOp.WRITE, _content(event.value), key=event.key)
        if event.name == "cas":
            if not isinstance(event.value, tuple) or len(event.value) != 2:
                raise BadLineError("the value of a :cas is [expected new]")
            expected, value = map(_content, event.value)
            return RegisterInput(RegisterOp.CAS, value, expected, event.key)
        raise BadLineError(f"a register has :read, :write and :cas, not :{event.name}")

    def output(self, input: RegisterInput, event: LoggedEvent) -> RegisterOutput:
        """Return the output of an operation that happened."""
        if input.op is RegisterOp.READ:
            return RegisterOutput(_content(event.value))
        return RegisterOutput()

    def failure(
        self, input: RegisterInput, event: LoggedEvent
    ) -> RegisterOutput | None:
        """Return the output of a swap that found another value; of others nothing."""
        found_another = input.op is RegisterOp.CAS and isinstance(event.value, tuple)
        return RegisterOutput(ok=False) if found_another else None


def _content(value: Any) -> Any:
    """Return what a register holds; nil is a register that was never written."""
    if value is None:
        return ABSENT
    if isinstance(value, (tuple, dict)) or str(value).startswith(":"):
        raise BadLineError(f"a register cannot hold {value!r}")
    return value


class AppendEvents:
    """Events named ``get``, ``put`` and ``append``, each with a key."""

    def input(self, event: LoggedEvent) -> AppendInput:
        """Return the input of an operation that begins."""
        try:
            op = AppendOp(event.name)
        except ValueError:
            raise BadLineError(
                f"the store has :get, :put and :append, not :{event.name}"
            ) from None
        if op is AppendOp.GET:
            return AppendInput(op, event.key)
        return AppendInput(op, event.key, _text(event))

    def output(self, input: AppendInput, event: LoggedEvent) -> str:
        """Return the output of an operation that happened."""
        return _text(event) if input.op is AppendOp.GET else ""

    def failure(self, input: AppendInput, event: LoggedEvent) -> None:
        """Return nothing: an operation that failed did not happen."""


def _text(event: LoggedEvent) -> str:
    if not isinstance(event.value, str):
        raise BadLineError(f"a :{event.name} has a text, not {event.value!r}")
    return event.value
