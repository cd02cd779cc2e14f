"""Part 3C: persistence across crashes, and agreement on a bad network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from raft1.testing.scaffold import RaftTest, RaftTestMaker
from tester1.cluster.testcase import ELECTION_TIMEOUT_S

FIGURE_8_ROUNDS = 1000
CHURN_HOP_DELAY = (0.002, 0.008)
"""How long a message travels in simulation while clients submit commands as fast as
they are committed, in seconds. It decides how many commands there are: one in 30 ms of
each client, with many messages under way whenever a server crashes."""


def test_persist_1_3C(raft_test: RaftTestMaker) -> None:
    """Catches: a term, vote or log that is not saved, or not restored."""
    with raft_test(3, "Test (3C): basic persistence") as test:
        test.one(11, 3, retry=True)
        test.crash(*test.servers())
        test.restart(*test.servers())
        test.one(12, 3, retry=True)

        leader = test.check_one_leader()
        test.crash(leader)
        test.restart(leader)
        test.one(13, 3, retry=True)

        leader = test.check_one_leader()
        test.crash(leader)
        test.one(14, 2, retry=True)
        test.restart(leader)
        test.wait(4, 3)

        follower = test.peer(test.check_one_leader(), 1)
        test.crash(follower)
        test.one(15, 2, retry=True)
        test.restart(follower)
        test.one(16, 3, retry=True)


def test_persist_2_3C(raft_test: RaftTestMaker) -> None:
    """Catches: elected leaders that lack committed entries, over many crashes."""
    with raft_test(5, "Test (3C): more persistence") as test:
        commands = iter(range(11, 26))
        for _ in range(5):
            test.one(next(commands), 5, retry=True)
            leader = test.check_one_leader()
            first, second, third, fourth = (test.peer(leader, k) for k in range(1, 5))

            test.crash(first, second)
            test.one(next(commands), 3, retry=True)

            # Of the three that are up next, only the third has everything.
            test.crash(leader, third, fourth)
            test.restart(first, second)
            test.sleep(ELECTION_TIMEOUT_S)
            test.restart(third)
            test.one(next(commands), 3, retry=True)

            test.restart(fourth)
            test.restart(leader)
        test.one(1000, 5, retry=True)


def test_persist_3_3C(raft_test: RaftTestMaker) -> None:
    """Catches: a lost log that lets a stale server win and undo a commit."""
    title = "Test (3C): partitioned leader and one follower crash, leader restarts"
    with raft_test(3, title) as test:
        test.one(101, 3, retry=True)
        leader = test.check_one_leader()
        follower, stale = test.peer(leader, 1), test.peer(leader, 2)
        test.disconnect(stale)
        test.one(102, 2, retry=True)

        test.crash(leader, follower)
        test.connect(stale)
        test.restart(leader)
        test.one(103, 2, retry=True)
        test.restart(follower)
        test.one(104, 3, retry=True)


def test_figure_8_3C(raft_test: RaftTestMaker) -> None:
    """Catches: committing an old term's entry just because a majority has it."""
    with raft_test(5, "Test (3C): Figure 8") as test:
        test.one(test.command(), 1, retry=True)
        up = test.n
        for _ in range(FIGURE_8_ROUNDS):
            leader = _last_to_accept(test, test.command)
            _pause(test)
            if leader is not None:
                test.crash(leader)
                up -= 1
            if up < 3:
                server = test.random.randrange(test.n)
                if not test.is_up(server):
                    test.restart(server)
                    up += 1
        test.restart(*(s for s in test.servers() if not test.is_up(s)))
        test.one(test.command(), 5, retry=True)


def test_unreliable_agree_3C(raft_test: RaftTestMaker) -> None:
    """Catches: lost, late and repeated RPCs mishandled, progress that is too slow."""
    title = "Test (3C): unreliable agreement"
    with raft_test(5, title, reliable=False) as test:
        tasks = []
        for i in range(1, 50):
            for j in range(4):
                agree = partial(test.one, 100 * i + j, 1, retry=True)
                tasks.append(test.spawn(agree, name=f"one-{i}-{j}"))
            test.one(i, 1, retry=True)
        test.config.set_reliable(True)
        for task in tasks:
            task.join()
        test.one(100, 5, retry=True)


def test_figure_8_unreliable_3C(raft_test: RaftTestMaker) -> None:
    """Catches: acting on stale replies, slow back-up, elections that never end."""
    title = "Test (3C): Figure 8 (unreliable)"
    with raft_test(5, title, reliable=False) as test:

        def command() -> int:
            return test.command() % 10000

        test.one(command(), 1, retry=True)
        up = test.n
        for round_number in range(FIGURE_8_ROUNDS):
            if round_number == 200:
                test.config.set_long_reordering(True)
            leader = _last_to_accept(test, command)
            _pause(test)
            if leader is not None and test.is_connected(leader) and test.chance(500):
                test.disconnect(leader)
                up -= 1
            if up < 3:
                server = test.random.randrange(test.n)
                if not test.is_connected(server):
                    test.connect(server)
                    up += 1
        test.connect(*(s for s in test.servers() if not test.is_connected(s)))
        test.one(command(), 5, retry=True)


def _last_to_accept(test: RaftTest, command: Callable[[], int]) -> int | None:
    """Start a new command on every server; the last connected one that leads."""
    leader = None
    for server in test.servers():
        reply = test.start(server, command())
        if reply.is_leader and test.is_connected(server):
            leader = server
            test.annotations.info(
                f"started a command on {server}",
                f"at index {reply.index} in term {reply.term}",
            )
    return leader


def _pause(test: RaftTest) -> None:
    """Usually too short for an agreement, now and then long enough for some."""
    longest_ms = 499 if test.chance(100) else 12
    test.sleep(test.random.randint(0, longest_ms) / 1000)


def test_reliable_churn_3C(raft_test: RaftTestMaker) -> None:
    """Catches: committed entries lost in crashes, no progress after chaos."""
    with raft_test(5, "Test (3C): churn", hop_delay=CHURN_HOP_DELAY) as test:
        _churn(test)


def test_unreliable_churn_3C(raft_test: RaftTestMaker) -> None:
    """Catches: the same as churn, with messages lost and late on top."""
    with raft_test(5, "Test (3C): unreliable churn", reliable=False) as test:
        _churn(test)


class ChurnClient:
    """Submits commands until it is stopped, and notes those it saw committed."""

    def __init__(self, test: RaftTest, number: int) -> None:
        self._test = test
        self._number = number
        self.stopped = False
        self.committed: list[int] = []

    def run(self) -> None:
        """Submit to whoever leads; the body of the client's task."""
        while not self.stopped:
            command = self._test.command()
            begin = self._test.now()
            index = self._submit(command)
            if index is None:
                self._test.sleep((79 + 17 * self._number) / 1000)
                continue
            committed = self._is_committed(index, command)
            if committed:
                self.committed.append(command)
            self._test.annotations.info_interval(
                begin,
                f"client {self._number} submitted a command",
                f"{command} at index {index}: {'' if committed else 'not '}committed",
            )

    def _submit(self, command: int) -> int | None:
        index = None
        for server in self._test.servers():
            reply = self._test.start(server, command)
            if reply.is_leader:
                index = reply.index
        return index

    def _is_committed(self, index: int, command: int) -> bool:
        """Look five times, less and less often, whether `command` made it."""
        for pause_ms in (10, 20, 50, 100, 200):
            committed = self._test.n_committed(index)
            if committed.count > 0:
                if not isinstance(committed.command, int):
                    self._test.fail(
                        "not a command",
                        f"wrong command type at index {index}: {committed.command!r}",
                    )
                return committed.command == command
            self._test.sleep(pause_ms / 1000)
        return False


def _churn(test: RaftTest) -> None:
    """Crash, cut off and bring back servers while three clients submit commands."""
    clients = [ChurnClient(test, number) for number in range(3)]
    tasks = [test.spawn(client.run, name="churn-client") for client in clients]
    for _ in range(20):
        _disturb(test)
        # A little less than an election takes, so that elections are disturbed too.
        test.sleep(0.7 * ELECTION_TIMEOUT_S)

    test.sleep(ELECTION_TIMEOUT_S)
    test.config.set_reliable(True)
    for server in test.servers():
        if not test.is_up(server):
            test.restart(server)
    test.connect(*test.servers())
    for client in clients:
        client.stopped = True
    for task in tasks:
        task.join()

    test.sleep(ELECTION_TIMEOUT_S)
    last = test.one(test.command(), 5, retry=True)
    final = {_int_at(test, index) for index in range(1, last + 1)}
    test.annotations.checker_begin("final check of the clients' values")
    for client in clients:
        for command in client.committed:
            test.require(
                command in final,
                f"didn't find a value: {command} was committed and is gone",
            )
    test.passed("values found", f"all of them are in the first {last} entries")


def _disturb(test: RaftTest) -> None:
    """One round of churn."""
    if test.chance(200):
        test.disconnect(test.random.randrange(test.n))
    if test.chance(500):
        server = test.random.randrange(test.n)
        if test.is_up(server):
            test.connect(server)
        else:
            test.restart(server)
    if test.chance(200):
        server = test.random.randrange(test.n)
        if test.is_up(server):
            test.crash(server)


def _int_at(test: RaftTest, index: int) -> int:
    command = test.wait(index, 5)
    if not isinstance(command, int):
        test.fail("not a command", f"not an int at index {index}: {command!r}")
    return command
