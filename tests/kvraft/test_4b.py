"""Part 4B: the key/value service, without snapshots."""

from __future__ import annotations

from typing import NoReturn

from kvraft1.testing.clerk_proxies import ClerkProxy
from kvraft1.testing.scaffold import KvraftTest, KvTestMaker, Setup
from labrt.runtime import Future
from tester1.contact.kv_messages import ClerkGetReply

MINORITY_SILENCE_S = 1.0
HEALED_LIMIT_S = 3.0


def test_basic_4B(kv_test: KvTestMaker) -> None:
    """Catches: bad wiring, wrong versions, Puts that are lost or done twice."""
    setup = Setup(part="4B basic", clients=1, servers=5)
    with kv_test(setup) as test:
        test.generic_test()


def test_speed_4B(kv_test: KvTestMaker) -> None:
    """Catches: requests that wait for the next heartbeat."""
    setup = Setup(part="4B speed", clients=1, servers=3, hop_delay=None)
    with kv_test(setup) as test:
        test.generic_test_speed()


def test_concurrent_4B(kv_test: KvTestMaker) -> None:
    """Catches: races of requests, results handed to the wrong one."""
    setup = Setup(part="4B many clients", clients=5, servers=5)
    with kv_test(setup) as test:
        test.generic_test()


def test_unreliable_4B(kv_test: KvTestMaker) -> None:
    """Catches: repeated requests done twice, ErrVersion in place of ErrMaybe."""
    setup = Setup(part="4B many clients", clients=5, servers=5, reliable=False)
    with kv_test(setup) as test:
        test.generic_test()


def test_one_partition_4B(kv_test: KvTestMaker) -> None:
    """Catches: a minority's leader that answers, requests stuck with a deposed one."""
    setup = Setup(part="4B progress in majority", clients=0, servers=5, reliable=False)
    with kv_test(setup) as test:
        clerk = test.make_clerk()
        version = test.put_at_least_once(clerk, "1", "13", 0)
        majority, minority = test.group.make_partition(test.leader())
        test.partition(majority, minority)
        major = test.make_clerk_to(majority)
        minor = MinorityClerks(test, minority)
        version = test.put_at_least_once(major, "1", "14", version)
        test.check_get(major, "1", "14", version)
        test.end()

        test.begin("Test: no progress in minority (4B)")
        minor.start(version)
        minor.check_silent(MINORITY_SILENCE_S)
        test.check_get(major, "1", "14", version)
        version = test.put_at_least_once(major, "1", "16", version)
        test.check_get(major, "1", "16", version)
        test.end()

        test.begin("Test: completion after heal (4B)")
        test.connect_all()
        minor.connect()
        test.sleep(1.0)
        version = minor.completed_put(HEALED_LIMIT_S)
        minor.check_get_completed(HEALED_LIMIT_S)
        test.check_get(clerk, "1", "15", version)


def test_many_partitions_one_client_4B(kv_test: KvTestMaker) -> None:
    """Catches: clerks stuck on a minority's leader, stale reads, wrong ErrMaybes."""
    setup = Setup(
        part="4B partitions, one client", clients=1, servers=5, partitions=True
    )
    with kv_test(setup) as test:
        test.generic_test()


def test_many_partitions_many_clients_4B(kv_test: KvTestMaker) -> None:
    """Catches: the same as with one client, and races between several."""
    setup = Setup(
        part="4B partitions, many clients (4B)", clients=5, servers=5, partitions=True
    )
    with kv_test(setup) as test:
        test.generic_test()


def test_persist_one_client_4B(kv_test: KvTestMaker) -> None:
    """Catches: state that is not rebuilt from the log when all restart."""
    setup = Setup(part="4B restarts, one client 4B ", clients=1, servers=5, crash=True)
    with kv_test(setup) as test:
        test.generic_test()


def test_persist_concurrent_4B(kv_test: KvTestMaker) -> None:
    """Catches: the same as with one client, and races between several."""
    setup = Setup(part="4B restarts, many clients", clients=5, servers=5, crash=True)
    with kv_test(setup) as test:
        test.generic_test()


def test_persist_concurrent_unreliable_4B(kv_test: KvTestMaker) -> None:
    """Catches: restarts mixed up with lost and repeated messages."""
    setup = Setup(
        part="4B restarts, many clients ",
        clients=5,
        servers=5,
        reliable=False,
        crash=True,
    )
    with kv_test(setup) as test:
        test.generic_test()


def test_persist_partition_4B(kv_test: KvTestMaker) -> None:
    """Catches: changes of leader mixed up with restarts of all servers."""
    setup = Setup(
        part="4B restarts, partitions, many clients",
        clients=5,
        servers=5,
        crash=True,
        partitions=True,
    )
    with kv_test(setup) as test:
        test.generic_test()


def test_persist_partition_unreliable_4B(kv_test: KvTestMaker) -> None:
    """Catches: restarts, partitions and lost messages together."""
    setup = Setup(
        part="4B restarts, partitions, many clients",
        clients=5,
        servers=5,
        reliable=False,
        crash=True,
        partitions=True,
    )
    with kv_test(setup) as test:
        test.generic_test()


def test_persist_partition_unreliable_linearizable_4B(kv_test: KvTestMaker) -> None:
    """Catches: whatever shows only with many keys, clients and servers."""
    setup = Setup(
        part="4B restarts, partitions, random keys, many clients",
        clients=15,
        servers=7,
        reliable=False,
        crash=True,
        partitions=True,
        random_keys=True,
    )
    with kv_test(setup) as test:
        test.generic_test()


class MinorityClerks:
    """Two clerks of the minority: one puts, one gets, and neither may be answered."""

    def __init__(self, test: KvraftTest, minority: list[int]) -> None:
        self._test = test
        self._clerks: list[ClerkProxy] = [test.make_clerk_to(minority) for _ in "ab"]
        self._put: Future = test.runtime.future()
        self._get: Future = test.runtime.future()
        self._called_at = 0.0

    def start(self, version: int) -> None:
        """Put key 1 at `version` with one clerk, and get it with the other."""
        self._called_at = self._test.now()
        for work in self._do_put, self._do_get:
            self._test.spawn(work, version, name=work.__name__)

    def _do_put(self, version: int) -> None:
        putter = self._clerks[0]
        self._put.set(self._test.put_at_least_once(putter, "1", "15", version))

    def _do_get(self, _version: int) -> None:
        self._get.set(self._test.get(self._clerks[1], "1", client=1))

    def check_silent(self, seconds: float) -> None:
        """Fail if one of the two is answered within that time."""
        deadline = self._test.now() + seconds
        for name, future in ("Put", self._put), ("Get", self._get):
            if future.wait(max(deadline - self._test.now(), 0)):
                self._test.fail_with_history(
                    f"{name} in minority completed with version = "
                    f"{_version_of(future.value)}"
                )

    def connect(self) -> None:
        """Let both clerks reach every server."""
        self._test.connect_clerks(self._clerks)

    def completed_put(self, seconds: float) -> int:
        """The version of key 1 after the Put, which must complete within that time."""
        if not self._put.wait(seconds):
            self._fail_incomplete("Put", seconds)
        return _version_of(self._put.value)

    def check_get_completed(self, seconds: float) -> None:
        """Fail unless the Get completes within that time."""
        if not self._get.wait(seconds):
            self._fail_incomplete("Get", seconds)

    def _fail_incomplete(self, name: str, seconds: float) -> NoReturn:
        self._test.fail(
            "still waiting",
            f"{name} did not complete: the minority's clerk has called it at "
            f"{self._called_at:.3f} s and has no answer, {seconds:g} s after the "
            "partition was healed",
        )


def _version_of(result: object) -> int:
    if isinstance(result, ClerkGetReply):
        return result.version
    assert isinstance(result, int)
    return result
