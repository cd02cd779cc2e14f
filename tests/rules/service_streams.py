"""Streams of facts that are made by hand: what servers and clerks of lab 4 do."""

from __future__ import annotations

import labgob
from kvraft1.rpc import GetArgs, PutArgs, PutReply
from labrpc.facts import CallFacts
from labrt import Fact, ProgramStarted
from tester1.facts.kinds import (
    Applied,
    ClerkCalled,
    ClerkReturned,
    Performed,
    Proposed,
    StateTold,
    SubmitReturned,
    Submitted,
)
from tester1.rules.service.watch import watch_service
from tests.rules.verdicts import Watched

OK = PutReply("OK")  # type: ignore[arg-type]  # as it is written on the wire
ERR_VERSION = PutReply("ErrVersion")  # type: ignore[arg-type]  # likewise
ERR_NO_KEY = PutReply("ErrNoKey")  # type: ignore[arg-type]  # likewise
SERVER = "server-0-0"
OTHER = "server-0-1"
CLERK = "client-0"


def put(version: int, value: str = "v", key: str = "k") -> PutArgs:
    """A Put of a key."""
    return PutArgs(key, value, version)


class Stream(Watched):
    """Facts, as they happen, before the rules of the service."""

    def __init__(
        self, *, maxraftstate: int | None = None, simulated: bool = True
    ) -> None:
        super().__init__()
        watch_service(self.court, maxraftstate=maxraftstate, simulated=simulated)
        for server in SERVER, OTHER:
            self.start(server)

    def add(self, *facts: Fact) -> int:
        """Let these happen now; returns the number of the last one."""
        return [self.facts.emit(fact) for fact in facts][-1]

    def after(self, seconds: float) -> Stream:
        """Let time pass."""
        self.time += seconds
        return self

    # Servers

    def start(self, server: str, incarnation: int = 1) -> None:
        """A server begins."""
        self.add(ProgramStarted(server=server, incarnation=incarnation))

    def performed(
        self, request: object, reply: object = OK, server: str = SERVER
    ) -> None:
        """A state machine performs a request."""
        data, made = labgob.encode(request), labgob.encode(reply)
        self.add(Performed(server=server, data=data, reply=made))

    def submitted(self, request: object, call: int = 1, server: str = SERVER) -> None:
        """`Submit` is called."""
        self.add(Submitted(server=server, call=call, data=labgob.encode(request)))

    def started(self, index: int, term: int = 1, call: int = 1) -> None:
        """`Start` is called in a Submit, and accepts the command."""
        self.add(
            Proposed(server=SERVER, call=call, index=index, term=term, is_leader=True)
        )

    def state(self, term: int, *, leads: bool) -> None:
        """`GetState` is called."""
        self.add(StateTold(server=SERVER, term=term, is_leader=leads))

    def applied(self, index: int, size: int = 0) -> None:
        """A command comes out of the apply channel."""
        data = labgob.encode("x" * size)
        self.add(Applied(server=SERVER, index=index, data=data))

    def returned(self, reply: object, err: str = "OK", call: int = 1) -> None:
        """`Submit` returns."""
        data = labgob.encode(reply)
        self.add(SubmitReturned(server=SERVER, call=call, err=err, data=data))

    def heartbeat(self) -> None:
        """Raft goes on."""
        CallFacts(self.facts, OTHER, SERVER, "Raft.AppendEntries").sent(b"", 1, "")

    # Clerks

    def called(self, request: PutArgs, clerk: str = CLERK) -> int:
        """A clerk is asked for a Put."""
        return self.add(
            ClerkCalled(
                clerk=clerk,
                operation="Put",
                key=request.Key,
                value=request.Value,
                version=request.Version,
            )
        )

    def sent(
        self, request: PutArgs | GetArgs, clerk: str = CLERK, server: str = SERVER
    ) -> CallFacts:
        """A clerk sends a request to a server."""
        call = CallFacts(self.facts, clerk, server, "KVServer.Put")
        call.sent(labgob.encode(request), 1, "")
        return call

    def answered(self, call: CallFacts, reply: PutReply) -> None:
        """The server answers it."""
        call.handed_over()
        call.answered(labgob.encode(reply))

    def clerk_returned(self, call: int, err: str, clerk: str = CLERK) -> None:
        """The clerk has returned from what it was called for."""
        self.add(
            ClerkReturned(clerk=clerk, operation="Put", key="k", err=err, cause=call)
        )
