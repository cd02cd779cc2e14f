"""What the RSM tests are made of: three servers that count, and calls to `Submit`.

Rules that keep it honest:

- `Submit` is called directly, so that only the RSM and the Raft below it decide what
  comes back, and when.
- Waiting is bounded everywhere: by the course's limits, and where the course waits for
  a `Submit` without a limit, by the one of the whole test.
- A failure in a background task ends the test; nobody waits for a task that is gone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from kvraft1.rpc import OK
from kvraft1.testing.counter import Dec, Inc, IncRep, Null
from kvraft1.testing.watching import watch
from labrt.runtime import Future, Task
from tester1.cluster.config import Config
from tester1.cluster.group import server_number
from tester1.cluster.testcase import NO_LEADER_PAUSE_S, LabTest, growing_pauses
from tester1.contact import kv_messages as kvtestrpc
from tester1.contact.kv_messages import NO_SNAPSHOTS
from tester1.lab import Lab

N_SERVERS: Final = 3
RULES_LIMIT_S: Final = 3.5
"""For how long a test that has failed waits for a rule to say why, in seconds."""
SUBMIT_LIMIT_S: Final = 10.0
"""For how long a request is offered to one server after another."""


class RsmTest(LabTest):
    """One test of three counting servers on a reliable network."""

    def __init__(
        self, lab: Lab, *, name: str, title: str, maxraftstate: int = NO_SNAPSHOTS
    ) -> None:
        config = Config(
            lab,
            N_SERVERS,
            reliable=True,
            start="kvraft1.testing.inside_rsm:start_rsm",
            options={"maxraftstate": maxraftstate},
        )
        watch(config, maxraftstate)
        super().__init__(config, name)
        self.maxraftstate = maxraftstate
        # The server that has answered last; not always the present leader.
        self.leader = 0
        # Done once servers that were down or cut off are back.
        self._revived: Future = self.runtime.future()
        self.begin(title)

    # Requests

    def submit(self, server: int, request: object) -> kvtestrpc.SubmitReply | None:
        """Call `Submit` on one server and wait; None if it is down or goes down."""
        args = kvtestrpc.SubmitArgs(request)
        return self.group.call(server, kvtestrpc.SUBMIT, args, kvtestrpc.SubmitReply)

    def one_partition(
        self, request: object, partition: Collection[int] | None = None
    ) -> object | None:
        """Offer `request` to the servers of `partition` (None: all) until one is OK.

        Returns the reply, or None after ten seconds without success. A `Submit` that
        blocks can use up the time.
        """
        deadline = self.now() + SUBMIT_LIMIT_S
        # Looked at between rounds alone, as in the course.
        while self.now() < deadline:
            # Beginning with the server that answered last: it probably leads still.
            first = self.leader
            for step in range(N_SERVERS):
                server = (first + step) % N_SERVERS
                if not self._may_try(server, partition):
                    continue
                reply = self.submit(server, request)
                if reply is not None and reply.err == OK:
                    self.leader = server
                    self.config.op_inc()
                    return self._returned(server, reply)
            self._pause(deadline)
        return None

    def one_inc(self) -> int:
        """Count one up, on any server; returns the counter. Fails after ten seconds."""
        return self._count(self.one_partition(Inc()))

    def inc_within(self, partition: Collection[int]) -> int:
        """Count one up, on a server of `partition`; otherwise like `one_inc`."""
        return self._count(self.one_partition(Inc(), partition))

    def one_null(self) -> None:
        """Try for up to ten seconds to have a `Null` performed by any server."""
        self.one_partition(Null())

    def count_to(self, last: int, *, everywhere: bool) -> None:
        """Count from 1 to `last`, one request after another.

        With `everywhere` each count must reach all servers before the next one.
        """
        for expected in range(1, last + 1):
            count = self.one_inc()
            self.require_count(count, expected)
            if everywhere:
                self.check_counter(count, N_SERVERS)

    def submit_decs(self, server: int, n: int) -> None:
        """Have `n` concurrent `Dec`s return from `server`, none of them OK."""
        decs = [partial(self._submit_dec, server, i) for i in range(n)]
        self.concurrently(decs, name="submitter")

    def nulls(self, n: int) -> None:
        """Call `one_null` `n` times at once; returns when all have returned."""
        self.concurrently([self.one_null] * n, name="submitter")

    def _submit_dec(self, server: int, i: int) -> None:
        reply = self.submit(server, Dec())
        if reply is not None and reply.err == OK:
            self.fail(
                "minority answered",
                f"Submit {i} in minority completed: server {server} answered OK",
                servers=[server],
            )

    def _count(self, reply: object | None) -> int:
        if reply is None:
            self.fail(
                "no answer",
                f"no server performed an Inc within {SUBMIT_LIMIT_S:g} s: "
                f"{self._situation()}",
            )
        if not isinstance(reply, IncRep):
            self.fail(
                "wrong reply",
                f"Submit(Inc) answered OK with {reply!r} instead of an IncRep",
            )
        return reply.N

    def _returned(self, server: int, reply: kvtestrpc.SubmitReply) -> object:
        # `one_partition` says by None that nothing was performed, so that None cannot
        # be a reply.
        if reply.reply is None:
            self.fail(
                "no reply",
                f"Submit on server {server} answered OK without a reply",
                servers=[server],
            )
        return reply.reply

    def _may_try(self, server: int, partition: Collection[int] | None) -> bool:
        return (
            self.group.is_connected(server)
            and self.group.alive(server)
            and (partition is None or server in partition)
        )

    def _pause(self, deadline: float) -> None:
        """Rest before the next round; with no server there, until there is one."""
        if any(self._may_try(server, None) for server in self.group.servers()):
            self.sleep(NO_LEADER_PAUSE_S)
        else:
            self._revived.wait(max(deadline - self.now(), 0))

    # Background work

    def join_within(self, task: Task, seconds: float, message: str) -> None:
        """Fail with `message` unless `task` is done within `seconds`."""
        # The task goes on. The failure below ends the run, and the task with it.
        if not task.join(seconds):
            waiting = {call.server for call in self.group.pending_calls()}
            blocked = self._blocked()
            # The rules wait for longer, but know who had to be told, and of what.
            task.join(RULES_LIMIT_S)
            self.fail(
                "still waiting",
                f"{message}: {blocked}",
                servers=map(server_number, sorted(waiting)),
            )

    def _blocked(self) -> str:
        calls = self.group.pending_calls()
        if not calls:
            return "no call is under way, but its caller is not done"
        return f"{len(calls)} calls have not returned; {calls[0]}"

    # Checks

    def require_count(self, count: int, expected: int) -> None:
        """Fail unless an `Inc` returned the count that it had to."""
        self.require(
            count == expected,
            f"expected {expected} instead of {count}: Inc number {expected} returned "
            f"{count} from server {self.leader}",
            servers=[self.leader],
        )

    def check_counter(self, value: int, servers: int) -> None:
        """Wait until at least `servers` servers have counted to `value`.

        All servers count, connected or not. Fails after about thirty seconds.
        """
        self.annotations.checker_begin(f"checking for {servers} counters at {value}")
        for pause_s in growing_pauses():
            if self._have_counted_to(value, servers):
                self.passed(
                    "counters agree", f"{servers} servers have counted to {value}"
                )
                return
            self.sleep(pause_s)
        counters = self._counters()
        message = (
            f"checkCounter: only {counters.count(value)} srvs have {value} "
            f"instead of {servers}: the counters are {counters}"
        )
        self.fail("counters disagree", message)

    def _have_counted_to(self, value: int, servers: int) -> bool:
        """Whether so many servers have; asks no more servers than it takes to tell.

        The leader, which is always the first to have counted, is asked last.
        """
        # How many more servers may be behind before it is too many.
        others = N_SERVERS - servers
        for step in range(1, N_SERVERS + 1):
            server = (self.leader + step) % N_SERVERS
            others -= self._counter(server) != value
            if others < 0:
                return False
        return True

    def check_raft_size(self, factor: int) -> None:
        """Fail if a persisted Raft state exceeds `factor` times maxraftstate."""
        size = self.group.raft_size()
        if size > factor * self.maxraftstate:
            message = f"logs were not trimmed ({size} > {factor} * {self.maxraftstate})"
            self.fail("logs too large", message)

    def _counters(self) -> list[int]:
        """The counter of each server; 0 for one that is down."""
        return [self._counter(server) for server in self.group.servers()]

    def _counter(self, server: int) -> int:
        reply = self.group.call(
            server, kvtestrpc.GET_COUNTER, kvtestrpc.Nothing(), kvtestrpc.CounterReply
        )
        return 0 if reply is None else reply.n

    def _situation(self) -> str:
        up = [s for s in self.group.servers() if self._may_try(s, None)]
        return f"servers {up} are up and connected, counters are {self._counters()}"

    # Faults

    def kill_raft(self, server: int) -> None:
        """Stop the Raft of a server that goes on running; it stays stopped."""
        nothing = kvtestrpc.Nothing()
        self.group.call(server, kvtestrpc.KILL_RAFT, nothing, kvtestrpc.Nothing)

    def connect(self, *servers: int) -> None:
        """Attach `servers` to all that are attached."""
        super().connect(*servers)
        self._revive()

    def isolate_leader(self) -> tuple[int, list[int]]:
        """Partition the remembered leader away: (the leader, the majority)."""
        leader = self.leader
        majority, minority = self.group.make_partition(leader)
        self.partition(majority, minority)
        return leader, majority

    def heal(self, server: int) -> None:
        """Attach a server that was partitioned away: with three, that heals all."""
        # The flags of the others stayed connected through the partition.
        self.group.connect_one(server)
        self.annotations.clear_failure()

    def restart_all(self) -> None:
        """Start all servers from their disks and attach them."""
        super().restart_all()
        self._revive()

    def _revive(self) -> None:
        # Another future first: whoever is woken may have to wait again.
        revived, self._revived = self._revived, self.runtime.future()
        revived.set()


@dataclass(frozen=True, slots=True)
class RsmTestMaker:
    """Makes the `RsmTest` of one test function, which is called `name`."""

    lab: Lab
    name: str

    def __call__(self, title: str, *, maxraftstate: int = NO_SNAPSHOTS) -> RsmTest:
        """Start the servers and begin the test that is called `title`."""
        return RsmTest(self.lab, name=self.name, title=title, maxraftstate=maxraftstate)
