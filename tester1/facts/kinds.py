"""The kinds of facts that the tester makes.

What a server's Raft is asked and tells, past the network; what its service does; what
its clerks are asked; what the test does to all of them, and what it finds. Commands,
requests and replies are in `data`, as labgob encodes them; in files they are in
`contents`, as plain data.
"""

from __future__ import annotations

from typing import Final, Self, TypeAlias

import msgspec

from labgob.descriptions import plain
from labrpc.facts import (
    Answered,
    Delivered,
    HandedOver,
    LinkCut,
    LinkHealed,
    Lost,
    ModesChanged,
    Sent,
)
from labrt import Fact, Printed, ProgramEnded, ProgramStarted

__all__ = [
    "AnyFact",
    "Applied",
    "CheckBegun",
    "CheckFailed",
    "CheckPassed",
    "ClerkCalled",
    "ClerkReturned",
    "FaultMade",
    "Killed",
    "LockHeldInCall",
    "Noted",
    "Performed",
    "Proposed",
    "PutPerformed",
    "Restored",
    "RuleBroken",
    "Saved",
    "SnapshotAdopted",
    "SnapshotTaken",
    "StateTold",
    "SubmitReturned",
    "Submitted",
    "TaskWaits",
    "Waited",
    "brief",
]

_MOST_TEXT: Final = 60


def brief(value: object, most: int = _MOST_TEXT) -> str:
    """Plain data as a line of text, cut in the middle if it is long."""
    if isinstance(value, dict) and "" in value:
        fields = ", ".join(brief(item, most) for key, item in value.items() if key)
        text = f"{value['']}({fields})"
    else:
        text = str(value)
    if len(text) <= most:
        return text
    # What tells two values apart is at either end.
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


class _Holding(Fact, gc=False, tag="holding"):
    """A fact about a value of the solution's: a command, a request or a reply."""

    data: bytes = b""
    contents: object = None

    @property
    def content(self) -> object:
        """The value, as plain data."""
        return plain(self.data) if self.data else self.contents

    def lasting(self) -> Self:
        """The same with the value spelled out."""
        return msgspec.structs.replace(self, data=b"", contents=self.content)


# A server's Raft, from outside.


class Saved(Fact, gc=False, tag="saved"):
    """A server's persister got a state and a snapshot of so many bytes.

    `state_digest` and `snapshot_digest` tell equal ones from others; `new_state` says
    whether the state differs from the one before.
    """

    state: int
    snapshot: int
    new_state: bool = True
    state_digest: str = ""
    snapshot_digest: str = ""

    def text(self) -> str:
        """How much was saved."""
        snapshot = f" and a snapshot of {self.snapshot} B" if self.snapshot else ""
        unchanged = "" if self.new_state else ", unchanged"
        return f"a state of {self.state} B{unchanged}{snapshot}"


class Proposed(_Holding, kw_only=True, gc=False, tag="start"):
    """`Start` was called with a command, and has returned.

    `call` is that of the `Submit` that it was called in, 0 if it was called otherwise.
    """

    call: int = 0
    index: int
    term: int
    is_leader: bool

    def text(self) -> str:
        """The command, and what became of it."""
        if not self.is_leader:
            return f"{brief(self.content)}: not the leader, in T{self.term}"
        return f"{brief(self.content)} at {self.index} in T{self.term}"


class StateTold(Fact, gc=False, tag="state"):
    """`GetState` was called, and has returned."""

    term: int
    is_leader: bool

    def text(self) -> str:
        """The term and the role."""
        return f"{'leads' if self.is_leader else 'does not lead'} in T{self.term}"


class Applied(_Holding, kw_only=True, gc=False, tag="applied"):
    """A command came out of the apply channel.

    Where nobody waits the command is in `unread`: it is there to be shown only.
    """

    index: int
    unread: bytes = b""

    @property
    def content(self) -> object:
        """The command, as plain data."""
        data = self.data or self.unread
        return plain(data) if data else self.contents

    def lasting(self) -> Self:
        """The same with the command spelled out."""
        return msgspec.structs.replace(
            self, data=b"", unread=b"", contents=self.content
        )

    def text(self) -> str:
        """The index and the command."""
        return f"{self.index}: {brief(self.content)}"


class SnapshotTaken(Fact, gc=False, tag="snapshot"):
    """The service handed its Raft a snapshot of all up to `index`."""

    index: int
    size: int = 0

    def text(self) -> str:
        """How far it reaches."""
        return f"taken up to {self.index}, {self.size} B"


class SnapshotAdopted(Fact, gc=False, tag="adopted"):
    """A snapshot came out of the apply channel; `term` is 0 if it was not told."""

    index: int
    term: int = 0
    size: int = 0

    def text(self) -> str:
        """How far it reaches."""
        return f"a snapshot up to {self.index}, of T{self.term}"


class Killed(Fact, gc=False, tag="kill"):
    """`Kill` was called on a server's Raft."""


# A server's replicated state machine.


class Submitted(_Holding, gc=False, tag="submit"):
    """`Submit` was called with a request; `call` numbers the submits of a program."""

    call: int = 0

    def text(self) -> str:
        """The request."""
        return brief(self.content)


class SubmitReturned(_Holding, kw_only=True, gc=False, tag="submitted"):
    """`Submit` has returned; the cause is its call."""

    call: int = 0
    err: str

    def text(self) -> str:
        """The error, or the reply."""
        return f"{self.err} {brief(self.content)}"


class PutPerformed(Fact, gc=False, tag="put performed"):
    """The state machine of a server on which nobody waits has performed a Put.

    It is `Performed` in few words: all servers perform all requests, and those that
    only follow are most of them.
    """

    key: str
    value: str
    version: int
    err: str

    def text(self) -> str:
        """The Put and its answer."""
        put = f"Put({brief(self.key)}, {brief(self.value)}, version {self.version})"
        return f"{put} gives {self.err}"


class Performed(_Holding, gc=False, tag="performed"):
    """The state machine has performed a request; `reply` is what came of it."""

    reply: bytes = b""
    outcome: object = None

    @property
    def result(self) -> object:
        """The reply, as plain data."""
        return plain(self.reply) if self.reply else self.outcome

    def lasting(self) -> Self:
        """The same with both values spelled out."""
        return msgspec.structs.replace(
            self,
            data=b"",
            reply=b"",
            contents=self.content,
            outcome=self.result,
        )

    def text(self) -> str:
        """The request and the reply."""
        return f"{brief(self.content)} gives {brief(self.result)}"


class Restored(Fact, gc=False, tag="restored"):
    """The state machine was replaced by a snapshot of so many bytes."""

    size: int

    def text(self) -> str:
        """How large the snapshot was."""
        return f"from a snapshot of {self.size} B"


# Clerks. `clerk` is the client that a clerk calls through, whose links bear its name.


class ClerkCalled(Fact, gc=False, tag="clerk call"):
    """A test asked a clerk for a `Get` or a `Put`."""

    clerk: str
    operation: str
    key: str
    value: str = ""
    version: int = 0

    @property
    def place(self) -> str:
        """The clerk."""
        return self.clerk

    def text(self) -> str:
        """The operation."""
        if self.operation == "Get":
            return f"Get({brief(self.key)})"
        value = brief(self.value)
        return f"Put({brief(self.key)}, {value}, version {self.version})"


class ClerkReturned(Fact, gc=False, tag="clerk return"):
    """The clerk has returned; the cause is the call."""

    clerk: str
    operation: str
    key: str
    err: str
    value: str = ""
    version: int = 0

    @property
    def place(self) -> str:
        """The clerk."""
        return self.clerk

    def text(self) -> str:
        """The answer."""
        if self.operation == "Get":
            value = brief(self.value)
            return (
                f"Get({brief(self.key)}): {value}, version {self.version}, {self.err}"
            )
        return f"Put({brief(self.key)}): {self.err}"


# The test.


class Noted(Fact, gc=False, tag="note"):
    """A step of the test, or a label of the solution's, on the row `row`."""

    row: str
    label: str
    details: str = ""

    @property
    def place(self) -> str:
        """The row."""
        return self.row

    def text(self) -> str:
        """The label."""
        return self.label


class FaultMade(Noted, gc=False, tag="fault"):
    """The test made a fault, or healed it: which servers are cut off, or down."""


class CheckBegun(Noted, gc=False, tag="check"):
    """The test began to check something."""


class CheckPassed(Noted, gc=False, tag="check passed"):
    """A check has passed."""


class CheckFailed(Noted, gc=False, tag="check failed"):
    """A check has failed."""


class RuleBroken(Fact, gc=False, tag="rule broken"):
    """A rule of Raft, or of the service, is broken; `proof` are facts that show it."""

    rule: str
    section: str
    sentence: str
    servers: tuple[str, ...] = ()
    proof: tuple[int, ...] = ()

    def text(self) -> str:
        """The rule, and how it is broken."""
        return self.sentence


# The runtime, in simulation, while facts are kept.


class LockHeldInCall(Fact, gc=False, tag="lock in call"):
    """A thread held a lock all the time that a `Call` took."""

    lock: str
    method: str
    seconds: float
    line: str = ""
    waiting: int = 0

    def text(self) -> str:
        """The lock, the call and how long it took."""
        return (
            f"{self.lock} held {self.seconds:.3f} s in {self.method}, "
            f"{self.waiting} waiting, at {self.line}"
        )


class TaskWaits(Fact, gc=False, tag="waits"):
    """How a thread stood at the end: what it waited for, since when, and where."""

    thread: str
    reason: str
    since: float
    line: str = ""

    def text(self) -> str:
        """The thread and its wait."""
        place = f", {self.line}" if self.line else ""
        return f"{self.thread} waits for {self.reason} since {self.since:.3f} s{place}"


class Waited(Fact, gc=False, tag="waited"):
    """A thread has waited until now: for what, since when and where.

    `times` is how often, if it has gone back to the same wait as soon as it was over.
    """

    thread: str
    reason: str
    since: float
    line: str = ""
    times: int = 1

    def text(self) -> str:
        """The thread and its wait."""
        place = f", {self.line}" if self.line else ""
        often = f", {self.times} times" if self.times > 1 else ""
        return (
            f"{self.thread} waited for {self.reason} since {self.since:.3f} s"
            f"{often}{place}"
        )


AnyFact: TypeAlias = (
    ProgramStarted
    | ProgramEnded
    | Printed
    | Sent
    | HandedOver
    | Answered
    | Delivered
    | Lost
    | LinkCut
    | LinkHealed
    | ModesChanged
    | Saved
    | Proposed
    | StateTold
    | Applied
    | SnapshotTaken
    | SnapshotAdopted
    | Killed
    | Submitted
    | SubmitReturned
    | Performed
    | PutPerformed
    | Restored
    | ClerkCalled
    | ClerkReturned
    | Noted
    | FaultMade
    | CheckBegun
    | CheckPassed
    | CheckFailed
    | RuleBroken
    | LockHeldInCall
    | TaskWaits
    | Waited
)
"""Every kind of fact that a run of the tester has, which is every kind in a file."""
