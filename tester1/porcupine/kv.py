"""The model of the labs' versioned key/value service.

A key holds a value and a version, the number of Puts that succeeded. A Put names
the version that it wants to replace, 0 to create the key. The model is stricter
than the course's, which looks at nothing of a Get's answer but the value, and
refuses every Put that answers ErrNoKey: here version and error count as well.

What the answers of a clerk mean:

- `OK`, `ErrNoKey`: done, or refused since the key does not exist.
- `ErrVersion`: the first request was refused, so nothing was changed. A server
  that has no such key answers ErrNoKey, unless the version is 0; so with any
  other version ErrVersion also tells that the key existed.
- `ErrMaybe`: a request sent again was refused with ErrVersion. An earlier copy
  of it may have succeeded. If it did, then before the refusal, hence before the
  Put returned: versions only grow, and what was refused had been overtaken. And
  if it did not, the refusal took effect as any other. So the Put either succeeded
  or was refused for its version, at one instant between its call and its return
  (`Maybe.ANSWERED`). That takes for granted that clients name versions that they
  have seen. A client that guesses higher ones can be told ErrMaybe before an old
  copy of its request succeeds: record such a Put as one that never returned.
- `Maybe.LOST` is for clerks that give up without an answer, and say ErrMaybe: the
  Put succeeded between its call and its return, or never happened.
- A Put that never returned succeeded at any time after its call, or never.
"""

from __future__ import annotations

from typing import TypeAlias

from tester1.porcupine.kv_history import (
    ERR_MAYBE,
    ERR_NO_KEY,
    ERR_VERSION,
    OK,
    KvInput,
    KvOp,
    KvOutput,
    Maybe,
)
from tester1.porcupine.model import Model, Specialist
from tester1.porcupine.versioned import Sweep

__all__ = [
    "ERR_MAYBE",
    "ERR_NO_KEY",
    "ERR_VERSION",
    "OK",
    "KvInput",
    "KvModel",
    "KvOp",
    "KvOutput",
    "KvState",
    "Maybe",
]

KvState: TypeAlias = tuple[int, str]
"""Version and value; version 0 is a key that does not exist."""


class KvModel(Model[KvState, KvInput, KvOutput]):
    """The labs' key/value service, one key at a time.

    `maybe` says how to read ErrMaybe. `existing` says that the server keeps
    apart keys that do not exist, as the labs' do: ErrVersion for a version other
    than 0 then tells that the key existed. Clear it for a server that answers
    ErrVersion in both cases.
    """

    def __init__(self, *, maybe: Maybe = Maybe.ANSWERED, existing: bool = True) -> None:
        self.maybe = maybe
        self.existing = existing

    def init(self) -> KvState:
        """The state of a key that does not exist."""
        return 0, ""

    def step(
        self, state: KvState, input: KvInput, output: KvOutput | None
    ) -> KvState | None:
        """The state after a request, or None if it cannot answer so."""
        if input.op is KvOp.PUT:
            return self._put(state, input, output)
        if output is None:
            return state
        if output.err == OK:
            read = (output.version, output.value)
            return state if read == state and state[0] > 0 else None
        absent = output.err == ERR_NO_KEY and not output.value
        return state if absent and state[0] == 0 else None

    def _put(
        self, state: KvState, input: KvInput, output: KvOutput | None
    ) -> KvState | None:
        version = state[0]
        error = ERR_MAYBE if output is None else output.err
        # In any one state ErrMaybe has one meaning: a Put that finds its version
        # succeeds, and any other is refused. So a step has one result.
        if input.version == version:
            succeeds = error in (OK, ERR_MAYBE)
            return (version + 1, input.value) if succeeds else None
        if error == ERR_VERSION and self.existing and input.version:
            return state if version else None
        if error == ERR_NO_KEY:
            return state if version == 0 else None
        return state if error in (ERR_VERSION, ERR_MAYBE) else None

    def partition(self, input: KvInput) -> str:
        """The key."""
        return input.key

    def observer(self, input: KvInput, output: KvOutput | None) -> bool:
        """Whether it is a Get or a refused Put, which change nothing."""
        if input.op is KvOp.GET:
            return True
        return output is not None and output.err in (ERR_VERSION, ERR_NO_KEY)

    def optional(self, input: KvInput, output: KvOutput | None) -> bool:
        """Whether this is an ErrMaybe that may be of a Put never performed."""
        lost = self.maybe is Maybe.LOST and input.op is KvOp.PUT
        return lost and output is not None and output.err == ERR_MAYBE

    def reach(self, state: KvState, input: KvInput, output: KvOutput) -> bool:
        """Whether a version still lies ahead; versions only grow."""
        version, value = state
        if output.err == ERR_NO_KEY:
            return version == 0
        if output.err != OK:
            return True
        if input.op is KvOp.PUT:
            # It replaced that version, which must not be gone yet.
            return version <= input.version
        if output.version == version:
            return output.value == value
        return version < output.version

    def specialist(self) -> Specialist | None:
        """The sweep over versions."""
        return Sweep(maybe=self.maybe, existing=self.existing)

    def describe_operation(self, input: KvInput, output: KvOutput | None) -> str:
        """The request and its answer, as the course's pictures have them."""
        if input.op is KvOp.GET:
            request = f"get('{input.key}')"
            if output is None:
                return f"{request} -> ?"
            answer = f"'{output.value}', '{output.version}', '{output.err}'"
            return f"{request} -> ({answer})"
        answer = "?" if output is None else f"('{output.err}')"
        return f"put('{input.key}', '{input.value}', '{input.version}') -> {answer}"

    def describe_state(self, state: KvState) -> str:
        """The value and the version."""
        version, value = state
        return f"('{value}', version {version})" if version else "no such key"
