"""The key/value tests' common procedures: the generic test and the speed test.

Both are the course's, step by step. The steps say what a test does to the servers; what
the clients do meanwhile, and how it is judged, is in `kvraft1.testing.kvtest`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kvraft1.rpc import OK
from kvraft1.testing.clerk_proxies import ClerkProxy
from kvraft1.testing.kvtest import ClientResult, KvTest
from kvraft1.testing.watching import watch
from labrt.runtime import Future, Task
from tester1.cluster.config import Config
from tester1.cluster.testcase import ELECTION_TIMEOUT_S
from tester1.contact import kv_messages as kvtestrpc
from tester1.contact.kv_messages import NO_SNAPSHOTS
from tester1.contact.raft_messages import StateReply
from tester1.lab import Lab

ITERATIONS: Final = 3
CLIENT_PHASE_S: Final = 1.0
RANDOM_KEYS: Final = 100
SPEED_PUTS: Final = 1000
SPEED_LIMIT_S: Final = SPEED_PUTS * 0.100 / 3
"""Three Puts in the time of one heartbeat."""
SIZE_FACTOR: Final = 8
"""How many times maxraftstate the Raft state may reach."""
CLIENT_HOP_DELAY: Final = (0.005, 0.025)
"""How long a message travels in simulation, in seconds, where clients work for a fixed
time. An operation takes four messages one after the other, so this decides how many
operations there are: some fifty of a single client, several hundred of many. On an
unreliable network requests are held up for about as long in addition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What distinguishes one key/value test from another.

    `part` is the end of the title; `crash` and `partitions` say what the generic test
    does to the servers while, or after, the `clients` work. `hop_delay` is the range
    of a message's travelling time in simulation; None is the network's own, which is
    right where a test measures time or does a fixed number of operations.
    """

    part: str
    clients: int
    servers: int
    reliable: bool = True
    crash: bool = False
    partitions: bool = False
    maxraftstate: int = NO_SNAPSHOTS
    random_keys: bool = False
    hop_delay: tuple[float, float] | None = CLIENT_HOP_DELAY

    @property
    def title(self) -> str:
        """The line that announces the test, without the kind of network."""
        words = [
            "Test: ",
            "restarts, " if self.crash else "",
            "partitions, " if self.partitions else "",
            "snapshots, " if self.snapshots else "",
            "random keys, " if self.random_keys else "",
            "many clients" if self.clients > 1 else "one client",
            f" ({self.part})",
        ]
        return "".join(words)

    @property
    def snapshots(self) -> bool:
        """Whether the servers take snapshots."""
        return self.maxraftstate != NO_SNAPSHOTS

    @property
    def strict(self) -> bool:
        """Whether nothing is done that could leave a Put's outcome unknown."""
        return self.reliable and not self.crash and not self.partitions


class KvraftTest(KvTest):
    """One test of the replicated key/value service."""

    def __init__(self, lab: Lab, name: str, setup: Setup) -> None:
        config = Config(
            lab,
            setup.servers,
            reliable=setup.reliable,
            start="kvraft1.testing.inside_kv:start_kv",
            options={"maxraftstate": setup.maxraftstate},
            hop_delay=setup.hop_delay,
        )
        watch(config, setup.maxraftstate)
        super().__init__(config, name=name, random_keys=setup.random_keys)
        self.setup = setup
        self.begin(setup.title)

    def leader(self) -> int:
        """The server that leads now; in the newest term, if two believe they do.

        Without a leader, server 0.
        """
        best, newest = 0, -1
        for server in self.group.servers():
            state = self.group.call(
                server, kvtestrpc.GET_RAFT_STATE, kvtestrpc.Nothing(), StateReply
            )
            # A deposed leader that is cut off may still believe that it leads.
            if state is not None and state.is_leader and state.term > newest:
                best, newest = server, state.term
        return best

    # The generic test

    def generic_test(self) -> None:
        """Let clients work, disturb the servers, check the history; three times."""
        clerk = self.make_clerk()
        # Over all iterations: the version of the key goes on counting, too.
        total = ClientResult()
        for _ in range(ITERATIONS):
            total = self._iterate(clerk, total)

    def _iterate(self, clerk: ClerkProxy, total: ClientResult) -> ClientResult:
        results: list[ClientResult] = []
        stop = self.runtime.future()
        working = self.spawn(
            self._client_phase, clerk, total, results, name="client phase"
        )
        partitioning = self._start_partitioner(stop)
        # The partitioner is still at work: clients have to get through by themselves,
        # since partitions keep changing.
        working.join()
        self.check_porcupine()
        if partitioning is not None:
            self._stop_partitioner(partitioning, stop)
        if self.setup.crash:
            self._crash_and_restart()
        self.check_sizes()
        return sum(results, total)

    def _client_phase(
        self, clerk: ClerkProxy, before: ClientResult, results: list[ClientResult]
    ) -> None:
        """Have the clients work; leaves their results in `results`."""
        keys = make_keys(RANDOM_KEYS) if self.random_keys else ["k"]
        results += self.spawn_clients_and_wait(
            self.setup.clients,
            CLIENT_PHASE_S,
            lambda i, own_clerk, stop: self.one_client_put(i, own_clerk, keys, stop),
        )
        # With random keys no single key has been put as often as the clients say.
        if not self.random_keys:
            total = sum(results, before)
            self.check_put_concurrent(clerk, "k", total, strict=self.setup.strict)

    def _start_partitioner(self, stop: Future) -> Task | None:
        """After a time of undisturbed work, begin to partition, if the test does."""
        if not self.setup.partitions:
            return None
        self.sleep(ELECTION_TIMEOUT_S)
        return self.spawn(self.partitioner, stop, name="partitioner")

    def _stop_partitioner(self, partitioning: Task, stop: Future) -> None:
        stop.set()
        # It ends only after its present partition, which nobody heals for it.
        partitioning.join()
        self.connect_all()
        self.sleep(ELECTION_TIMEOUT_S)

    def _crash_and_restart(self) -> None:
        self.crash_all()
        self.sleep(ELECTION_TIMEOUT_S)
        self.restart_all()

    # Sizes and speed

    def check_sizes(self) -> None:
        """Fail if logs have not been trimmed, or snapshots taken that must not be."""
        if self.setup.snapshots:
            self.check_raft_size()
        else:
            size = self.group.snapshot_size()
            if size > 0:
                self.fail(
                    "snapshot",
                    f"snapshot too large ({size}), should not be used when "
                    f"maxraftstate = {NO_SNAPSHOTS}",
                )

    def check_raft_size(self) -> None:
        """Fail if a persisted Raft state is far above maxraftstate."""
        size, limit = self.group.raft_size(), self.setup.maxraftstate
        if size > SIZE_FACTOR * limit:
            self.fail(
                "log too large",
                f"logs were not trimmed ({size} > {SIZE_FACTOR}*{limit})",
            )

    def check_snapshot_size(self, limit: int) -> None:
        """Fail if a persisted snapshot has more than `limit` bytes."""
        size = self.group.snapshot_size()
        if size > limit:
            self.fail("snapshot", f"snapshot too large ({size} > {limit})")

    def generic_test_speed(self) -> None:
        """Put a thousand times in a row, which must not need heartbeats to go on.

        These operations are not recorded.
        """
        clerk = self.make_clerk()
        clerk.get("x")  # waits for a leader
        start = self.now()
        for i in range(SPEED_PUTS):
            # Past the log, as in the course: there is one client, and each answer is
            # judged.
            err = clerk.put("k", str(i), i)
            self.config.op_inc()
            if err != OK:
                self.fail(
                    "Put failed", f"Put err {err}: Put number {i}, at version {i}"
                )
        # The time is taken here and judged last: a wrong answer tells more than a slow
        # one.
        elapsed = self.now() - start
        reply = clerk.get("k")
        if reply.err != OK:
            self.fail("Get failed", f"Get err {reply.err}")
        if reply.version != SPEED_PUTS:
            self.fail(
                "Puts missing",
                f"Get too few ops {reply.version}, expected {SPEED_PUTS}",
            )
        if elapsed > SPEED_LIMIT_S:
            self.fail(
                "too slow",
                f"Operations completed too slowly: {1000 * elapsed / SPEED_PUTS:.1f} "
                f"ms a Put, {1000 * SPEED_LIMIT_S / SPEED_PUTS:.1f} ms are allowed",
            )


@dataclass(frozen=True, slots=True)
class KvTestMaker:
    """Makes the `KvraftTest` of one test function, which is called `name`."""

    lab: Lab
    name: str

    def __call__(self, setup: Setup) -> KvraftTest:
        """Start the servers and begin the test."""
        return KvraftTest(self.lab, self.name, setup)


def make_keys(n: int) -> list[str]:
    """The keys `k0` to `k<n-1>`."""
    return [f"k{i}" for i in range(n)]
