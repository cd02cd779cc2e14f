"""Small random histories, legal and broken, for comparing the engines.

Times are small whole numbers, so operations often touch at one instant, which is
where checkers go wrong. Each maker takes the source of its choices, so the same
makers serve every property-based test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

from tester1.porcupine.append import AppendInput, AppendOp
from tester1.porcupine.kv_history import KvInput, KvOp, KvOutput
from tester1.porcupine.model import NEVER, Operation
from tester1.porcupine.register import (
    ABSENT,
    RegisterInput,
    RegisterOp,
    RegisterOutput,
)

RANDOM = st.randoms(use_true_random=False)
COUNTS = st.integers(1, 7)

KV_ERRORS = ("OK", "ErrNoKey", "ErrVersion", "ErrMaybe")


def interval(random: Random, *, crash: bool = True) -> tuple[float, float]:
    """The times of an operation, which sometimes never returns."""
    call = float(random.randrange(10))
    if crash and random.randrange(8) == 0:
        return call, NEVER
    return call, call + random.choice((0, 1, 1, 2, 3, 5))


def guessed_kv(random: Random, count: int) -> list[Operation]:
    """A history of one key whose answers are guesses."""
    operations = []
    for client in range(count):
        call, ret = interval(random)
        version = random.randrange(4)
        if random.randrange(2):
            input = KvInput(KvOp.PUT, "k", random.choice("ab"), random.randrange(3))
            output = KvOutput(err=random.choice(KV_ERRORS))
        else:
            input = KvInput(KvOp.GET, "k")
            output = KvOutput(random.choice("ab"), version)
            if version == 0:
                output = KvOutput(err="ErrNoKey")
        operations.append(_operation(client, input, output, call, ret))
    return operations


def _operation(
    client: int, input: object, output: object, call: float, ret: float
) -> Operation:
    return Operation(client, input, None if ret == NEVER else output, call, ret)


@dataclass
class KvServer:
    """A server of one key that may be told to be wrong."""

    random: Random
    version: int = 0
    value: str = ""
    old: list[tuple[int, str]] = field(default_factory=lambda: [(0, "")])

    def get(self, stale: bool = False) -> KvOutput:
        """Answer a Get, from an older state if `stale`."""
        version, value = self.version, self.value
        if stale:
            version, value = self.random.choice(self.old)
        if version == 0:
            return KvOutput(err="ErrNoKey")
        return KvOutput(value, version)

    def put(self, value: str, version: int, *, checked: bool = True) -> KvOutput:
        """Answer a Put, without looking at its version unless `checked`."""
        if checked and version != self.version:
            refused = self.version or version == 0
            return KvOutput(err="ErrVersion" if refused else "ErrNoKey")
        self.version, self.value = self.version + 1, value
        self.old.append((self.version, value))
        return KvOutput()


def served_kv(random: Random, count: int, *, broken: bool) -> list[Operation]:
    """A history of one key that a server answered, rightly unless `broken`."""
    server = KvServer(random)
    made = []
    for client, at in enumerate(sorted(random.randrange(12) for _ in range(count))):
        wrong = broken and random.randrange(6) == 0
        call, ret = _around(random, at)
        if random.randrange(2):
            version = max(0, server.version - random.choice((0, 0, 0, 1)))
            input = KvInput(KvOp.PUT, "k", random.choice("abc"), version)
            output = _clerk(random, server.put(input.value, version, checked=not wrong))
        else:
            input = KvInput(KvOp.GET, "k")
            output = server.get(stale=wrong)
        made.append(_operation(client, input, output, call, ret))
    random.shuffle(made)
    return made


def _around(random: Random, at: int) -> tuple[float, float]:
    call = at - random.choice((0, 0, 1, 2, 4))
    if random.randrange(10) == 0:
        return float(call), NEVER
    return float(call), float(at + random.choice((0, 0, 1, 2, 4)))


def _clerk(random: Random, output: KvOutput) -> KvOutput:
    """What a clerk makes of an answer that may have been lost."""
    if output.err in ("OK", "ErrVersion") and random.randrange(4) == 0:
        return KvOutput(err="ErrMaybe")
    return output


def guessed_register(
    random: Random, count: int, *, values: int, failures: bool = True
) -> list[Operation]:
    """A history of one register whose answers are guesses."""
    operations = []
    for client in range(count):
        call, ret = interval(random)
        value, expected = random.randrange(values), random.randrange(values)
        kind = random.choice(
            (RegisterOp.READ, RegisterOp.READ, RegisterOp.WRITE, RegisterOp.CAS)
        )
        read = value if random.randrange(6) else ABSENT
        output = RegisterOutput(ok=True)
        if kind is RegisterOp.READ:
            input, output = RegisterInput(kind), RegisterOutput(read)
        elif kind is RegisterOp.WRITE:
            input = RegisterInput(kind, value)
        else:
            input = RegisterInput(kind, value, expected)
            output = RegisterOutput(ok=not failures or random.randrange(2) == 0)
        operations.append(_operation(client, input, output, call, ret))
    return operations


def served(
    random: Random, count: int, *, serve: Callable[[Random, int], tuple[object, object]]
) -> list[Operation]:
    """A history whose answers come from `serve`, in the order of instants."""
    made = []
    for client, at in enumerate(sorted(random.randrange(12) for _ in range(count))):
        call, ret = _around(random, at)
        input, output = serve(random, client)
        made.append(_operation(client, input, output, call, ret))
    random.shuffle(made)
    return made


class AppendServer:
    """A server of one text; `texts` are what clients write, distinct or not."""

    def __init__(self, *, distinct: bool, broken: bool, key: str = "k") -> None:
        self.key = key
        self.text = ""
        self.old = [""]
        self.distinct = distinct
        self.broken = broken

    def __call__(self, random: Random, client: int) -> tuple[object, object]:
        """Serve one request."""
        text = f"{client}."
        if not self.distinct:
            text = random.choice(("a", "b", "ab", text, f"{client // 2}.", text))
        kind = random.choice(
            (AppendOp.GET, AppendOp.APPEND, AppendOp.APPEND, AppendOp.PUT, AppendOp.GET)
        )
        if kind is AppendOp.GET:
            wrong = self.broken and random.randrange(3) == 0
            read = random.choice(self.old) if wrong else self.text
            return AppendInput(kind, self.key), read
        self.text = text if kind is AppendOp.PUT else self.text + text
        self.old.append(self.text)
        return AppendInput(kind, self.key, text), ""


class RegisterServer:
    """A server of one register; values are distinct or not."""

    def __init__(self, *, distinct: bool, broken: bool, failures: bool) -> None:
        self.value: object = ABSENT
        self.old: list[object] = [ABSENT]
        self.distinct = distinct
        self.broken = broken
        self.failures = failures

    def __call__(self, random: Random, client: int) -> tuple[object, object]:
        """Serve one request."""
        value = client if self.distinct else random.randrange(3)
        expected = random.choice(self.old) if random.randrange(2) else self.value
        kind = random.choice(list(RegisterOp))
        wrong = self.broken and random.randrange(5) == 0
        if kind is RegisterOp.CAS and (expected == self.value or self.failures):
            found = (expected == self.value) != wrong
            if found:
                self._set(value)
            return RegisterInput(kind, value, expected), RegisterOutput(ok=found)
        if kind is RegisterOp.WRITE:
            self._set(value)
            return RegisterInput(kind, value), RegisterOutput()
        read = random.choice(self.old) if wrong else self.value
        return RegisterInput(RegisterOp.READ), RegisterOutput(read)

    def _set(self, value: object) -> None:
        self.value = value
        self.old.append(value)
