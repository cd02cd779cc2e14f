"""What the events of a log mean, for the models that logs are read for.

Rules that keep it honest:

- A value that is a pair where the model wants a single one is Jepsen's `independent`:
  a key, and the value there. Keys that are written differently stay apart.
- An operation that happened is the one that was invoked: if its `:ok` names another
  value, one of the two is wrong, and nobody can tell which.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from tester1.porcupine.append import AppendInput, AppendOp
from tester1.porcupine.edn import EdnMap, edn_text
from tester1.porcupine.reading import BadLineError, LoggedEvent
from tester1.porcupine.register import ABSENT, RegisterInput, RegisterOp, RegisterOutput


class _Keys:
    """The keys of a history, each with a name that no other one has."""

    def __init__(self) -> None:
        self._named: dict[str, Any] = {}

    def name(self, key: Any) -> str:
        """The name of a key.

        Raises:
            BadLineError: the number 3 and the text "3" are both keys, or the like.
        """
        name = key if isinstance(key, str) else edn_text(key)
        # The first key of a name owns it: `3` and `"3"` would share a partition.
        known = self._named.setdefault(name, key)
        if type(known) is not type(key):
            raise BadLineError(
                f"the key {edn_text(key)} cannot be told from {edn_text(known)}, which "
                "is another one; rename one of them"
            )
        return name

    def place(self, event: LoggedEvent, *, keyed: bool = True) -> tuple[str, Any]:
        """The name of an event's key, "" without one, and its value there.

        `keyed` says whether a value that is a pair holds the key.
        """
        if event.key is not None:
            return self.name(event.key), event.value
        if keyed and _is_pair(event.value):
            return self.name(event.value[0]), event.value[1]
        return "", event.value


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2


class RegisterEvents:
    """Events named `read`, `write` and `cas`, whose value is `[old, new]`."""

    def __init__(self) -> None:
        self._keys = _Keys()

    def input(self, event: LoggedEvent) -> RegisterInput:
        """The input of an operation that begins."""
        key, value = self._place(event)
        if event.name == "read":
            return RegisterInput(RegisterOp.READ, key=key)
        if event.name == "write":
            return RegisterInput(RegisterOp.WRITE, _content(value), key=key)
        if event.name == "cas":
            if not _is_pair(value):
                raise BadLineError("the value of a :cas is [expected new]")
            expected, new = map(_content, value)
            return RegisterInput(RegisterOp.CAS, new, expected, key)
        raise BadLineError(f"a register has :read, :write and :cas, not :{event.name}")

    def output(self, input: RegisterInput, event: LoggedEvent) -> RegisterOutput:
        """The output of an operation that happened."""
        if input.op is RegisterOp.READ:
            key, value = self._place(event)
            _check_same(key, input.key)
            return RegisterOutput(_content(value))
        if event.value is not None:
            _check_same(self.input(event), input)
        return RegisterOutput()

    def failure(
        self, input: RegisterInput, event: LoggedEvent
    ) -> RegisterOutput | None:
        """The output of a swap that found another value; of others nothing."""
        swapped = input.op is RegisterOp.CAS and _is_pair(event.value)
        return RegisterOutput(ok=False) if swapped else None

    def _place(self, event: LoggedEvent) -> tuple[str, Any]:
        value = event.value
        # A register holds no pairs, so only a swap can have one without a key.
        keyed = event.name != "cas" or (_is_pair(value) and _is_pair(value[1]))
        return self._keys.place(event, keyed=keyed)


def _check_same(returned: object, invoked: object) -> None:
    if returned != invoked:
        raise BadLineError("the :ok has another value or key than its :invoke")


def _content(value: Any) -> Hashable:
    """What a register holds; nil is a register that was never written."""
    if value is None:
        return ABSENT
    if isinstance(value, (tuple, frozenset, EdnMap)):
        raise BadLineError(f"a register cannot hold {edn_text(value)}")
    held: Hashable = value
    return held


class AppendEvents:
    """Events named `get`, `put` and `append`, each with a key."""

    def __init__(self) -> None:
        self._keys = _Keys()

    def input(self, event: LoggedEvent) -> AppendInput:
        """The input of an operation that begins."""
        try:
            op = AppendOp(event.name)
        except ValueError:
            raise BadLineError(
                f"the store has :get, :put and :append, not :{event.name}"
            ) from None
        key, value = self._keys.place(event)
        if op is AppendOp.GET:
            return AppendInput(op, key)
        return AppendInput(op, key, _text(event.name, value))

    def output(self, input: AppendInput, event: LoggedEvent) -> str:
        """The output of an operation that happened."""
        if input.op is AppendOp.GET:
            key, value = self._keys.place(event)
            _check_same(key, input.key)
            return _text(event.name, value)
        if event.value is not None:
            _check_same(self.input(event), input)
        return ""

    def failure(self, input: AppendInput, event: LoggedEvent) -> None:
        """Nothing: no request to this store is answered with a refusal."""


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadLineError(f"a :{name} has a text, not {edn_text(value)}")
    return value
