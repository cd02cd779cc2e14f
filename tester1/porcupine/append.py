"""The model of an append key/value store: get, put, append.

A key holds a text, empty at first. Get returns all of it.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec

from tester1.porcupine.model import NEVER, Model, Operation, Specialist
from tester1.porcupine.zones import Accesses, DoesNotApply, Value, Zones


class AppendOp(enum.Enum):
    """What a client asks for."""

    GET = "get"
    PUT = "put"
    APPEND = "append"


class AppendInput(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A request. The output is a text: what a get read, empty for the others."""

    op: AppendOp
    key: str
    value: str = ""


# The search asks a million times; a global is found faster than an enum's member.
_GET = AppendOp.GET
_PUT = AppendOp.PUT


class AppendModel(Model[str, AppendInput, str]):
    """The store, one key at a time. A state is the text."""

    def init(self) -> str:
        """The empty text."""
        return ""

    def step(self, state: str, input: AppendInput, output: str | None) -> str | None:
        """The text after a request, or None if it cannot answer so."""
        if input.op is _GET:
            return state if output is None or output == state else None
        return input.value if input.op is _PUT else state + input.value

    def partition(self, input: AppendInput) -> str:
        """The key."""
        return input.key

    def observer(self, input: AppendInput, output: str | None) -> bool:
        """Whether it is a get, which changes nothing."""
        return input.op is _GET

    def reach(self, state: str, input: AppendInput, output: str) -> bool:
        """Whether appends can still lead to what a get read."""
        return input.op is not _GET or output.startswith(state)

    def resets(self, input: AppendInput) -> str | None:
        """The text that a put leaves, whatever was before."""
        return input.value if input.op is _PUT else None

    def specialist(self) -> Specialist | None:
        """Zones: most texts tell what they are made of."""
        return Zones(AppendAccesses)

    def describe_operation(self, input: AppendInput, output: str | None) -> str:
        """For example `append('k', 'x')`."""
        if input.op is _GET:
            read = "?" if output is None else repr(output)
            return f"get({input.key!r}) -> {read}"
        request = f"{input.op.value}({input.key!r}, {input.value!r})"
        return request if output is not None else f"{request} -> ?"


class AppendAccesses(Accesses):
    """What gets read, puts wrote and appends appended."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        super().__init__(operations, "")
        self._appends: dict[str, list[int]] = {}
        for index, operation in enumerate(operations):
            input: AppendInput = operation.input
            if input.op is _GET:
                # A get that never returned says nothing.
                if operation.ret != NEVER:
                    self.add_read(operation.output, operation)
            elif not input.value:
                # The text stays as it was, or is again what it was at first.
                raise DoesNotApply
            elif input.op is _PUT:
                self.add_fresh(input.value, index)
            else:
                self.writes.append(index)
                self._appends.setdefault(input.value, []).append(index)
        # Only ends of these lengths can have been appended: no others are looked up.
        self._lengths = sorted({len(text) for text in self._appends})

    def extensions(self, value: Value) -> list[tuple[Value, list[int]]]:
        """The beginnings of a text whose rest was appended by someone."""
        text = str(value)
        return [
            (text[:-length], self._appends[text[-length:]])
            for length in self._lengths
            if length <= len(text) and text[-length:] in self._appends
        ]


class WholeAppendModel(Model[tuple[tuple[str, str], ...], AppendInput, str]):
    """The store with all its keys as one object: slower, and the same verdicts.

    It shows what `conflict` is for. A state holds the keys that have a text, in
    order, each with its text.
    """

    def __init__(self) -> None:
        self._one_key = AppendModel()

    def init(self) -> tuple[tuple[str, str], ...]:
        """A store without texts."""
        return ()

    def step(
        self,
        state: tuple[tuple[str, str], ...],
        input: AppendInput,
        output: str | None,
    ) -> tuple[tuple[str, str], ...] | None:
        """The store after a request, or None if it cannot answer so."""
        texts = dict(state)
        after = self._one_key.step(texts.get(input.key, ""), input, output)
        if after is None:
            return None
        if input.op is _GET:
            return state
        texts[input.key] = after
        return tuple(sorted(texts.items()))

    def observer(self, input: AppendInput, output: str | None) -> bool:
        """Whether it is a get, which changes nothing."""
        return input.op is _GET

    def conflict(self, first: AppendInput, second: AppendInput) -> bool:
        """Whether the key is the same: requests on different keys commute."""
        return first.key == second.key

    def describe_operation(self, input: AppendInput, output: str | None) -> str:
        """For example `append('k', 'x')`."""
        return self._one_key.describe_operation(input, output)
