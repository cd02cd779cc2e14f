"""Your replicated state machine: part 4A, and snapshots in part 4C.

It stands between a service (the key/value server, or a counter in the tests of 4A) and
Raft. `Submit` takes a request of the service; the *reader*, a thread that is yours to
write, takes committed commands from Raft and has the service perform them, on every
server alike. The server that was asked tells the result to whoever waits in `Submit`.
The handout is `lab4.md`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import labgob
from kvraft1.rpc import Err
from kvraft1.rsm.statemachine import StateMachine
from raft1 import raftapi
from raft1.raft import Make
from raft1.raftapi import ApplyChannel, ClientEnd, Persister


@dataclass(frozen=True, slots=True)
class Op:
    """Part 4A: what goes into Raft's log for one request.

    Besides the request itself it has to say enough for a server to recognise its own:
    another command may be committed at the index that `Start` has promised.
    """


# An Op travels in a field typed Any, so labgob has to know the class. The requests of
# the services are registered by the services.
labgob.Register(Op)


class RSM:
    """One replica of a replicated state machine."""

    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        maxraftstate: int,
        sm: StateMachine,
    ) -> None:
        self.mu = threading.Lock()  # guards what Submit and the reader share
        self.me = me
        self.maxraftstate = maxraftstate
        self.sm = sm
        self.applyCh = ApplyChannel()
        self.rf: raftapi.Raft = Make(peers, me, persister, self.applyCh)

    def Raft(self) -> raftapi.Raft:
        """The Raft peer, so that its RPC handlers can be registered."""
        return self.rf

    def Submit(self, req: object) -> tuple[Err, Any]:
        """Part 4A: have `req` performed by all replicas; (`OK`, its result) if it was.

        Waits for as long as the request may still be committed where it was put.
        Returns (`ErrWrongLeader`, None) if this server does not lead, and as soon as
        it cannot tell any more what becomes of the request: another command was
        applied at its index, the leadership was lost, or the apply channel is closed.
        A leader that is cut off from the others does not know yet, so it waits.
        """
        raise NotImplementedError("part 4A: RSM.Submit is still to be written")


def MakeRSM(
    peers: Sequence[ClientEnd],
    me: int,
    persister: Persister,
    maxraftstate: int,
    sm: StateMachine,
) -> RSM:
    """Start the replica of server `me` for the service `sm`; must return quickly.

    Part 4A: start the reader, which iterates over the apply channel and calls
    `sm.DoOp` for each committed request, in their order, once each.

    Part 4C: restore `sm` from the snapshot in `persister`, if there is one, before
    Raft starts. Then, unless `maxraftstate` is -1, take a snapshot of `sm` whenever
    `PersistBytes()` has grown past that many bytes, and pass it to Raft's `Snapshot`
    with the index of the last command that is in it. A snapshot that arrives on the
    apply channel replaces the state of `sm`.
    """
    RSM(peers, me, persister, maxraftstate, sm)
    # When there is a reader: start it in a thread (daemon=True), return the RSM.
    raise NotImplementedError(
        "part 4A comes first: write Submit and the reader, then have MakeRSM in "
        "kvraft1/rsm/rsm.py start it (see lab4.md)"
    )
