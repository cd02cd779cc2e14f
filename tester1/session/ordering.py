"""In which order the workers of pytest-xdist take on the labs' tests.

On the wall clock a test mostly waits, some of them for a minute. Eight workers are done
soonest if the longest tests begin first; one that began last would be waited for alone.
Nothing but the order depends on the figures here.

pytest-xdist first hands each worker a chunk of consecutive tests, two at least, and
then single ones as they finish. So each chunk begins with one of the longest tests, and
goes on with what is shortest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

__all__ = ["LONG_TESTS_S", "longest_first"]

LONG_TESTS_S: Final = {
    "test_figure_8_3C": 45,
    "test_snapshot_install_un_crash_3D": 45,
    "test_figure_8_unreliable_3C": 40,
    "test_snapshot_install_crash_3D": 40,
    "test_snapshot_install_unreliable_3D": 40,
    "test_snapshot_install_3D": 30,
    "test_persist_2_3C": 25,
    "test_snapshot_unreliable_recover_concurrent_partition_linearizable_4C": 20,
    "test_persist_partition_unreliable_linearizable_4B": 20,
    "test_snapshot_unreliable_recover_concurrent_partition_4C": 20,
    "test_persist_partition_4B": 20,
    "test_persist_partition_unreliable_4B": 20,
    "test_restart_submit_4A": 17,
    "test_unreliable_churn_3C": 17,
    "test_reliable_churn_3C": 17,
    "test_many_elections_3A": 15,
    "test_leader_failure_3B": 15,
    "test_fail_no_agree_3B": 14,
    "test_snapshot_recover_many_clients_4C": 14,
    "test_speed_4C": 14,
    "test_rejoin_3B": 13,
    "test_many_partitions_many_clients_4B": 13,
    "test_initial_election_3A": 12,
    "test_snapshot_unreliable_recover_4C": 12,
    "test_snapshot_recover_4C": 12,
    "test_many_partitions_one_client_4B": 12,
    "test_count_3B": 11,
    "test_backup_3B": 11,
    "test_snapshot_size_4C": 11,
    "test_shutdown_4A": 11,
    "test_rpc_bytes_3B": 10,
    "test_snapshot_all_crash_3D": 10,
    "test_persist_concurrent_unreliable_4B": 10,
    "test_persist_one_client_4B": 10,
    "test_persist_concurrent_4B": 10,
    "test_speed_4B": 9,
    "test_restart_replay_4A": 9,
}
"""About how long the longer tests of the suites take on the wall clock, in seconds."""


def longest_first(
    tests: Sequence[T], workers: int, seconds: Callable[[T], float]
) -> list[T]:
    """The tests in the order in which `workers` workers are done with them soonest.

    Tests of the same length keep their order.
    """
    ordered = sorted(tests, key=seconds, reverse=True)
    chunk = max(len(ordered) // workers // 4, 2)
    if len(ordered) < chunk * workers:
        return ordered  # they are dealt out one by one
    longest, rest = ordered[:workers], ordered[workers:]
    fill = chunk - 1
    middle, short = rest[: -fill * workers], rest[-fill * workers :]
    chunks = (
        [test, *short[fill * worker : fill * (worker + 1)]]
        for worker, test in enumerate(longest)
    )
    return [*(test for one in chunks for test in one), *middle]
