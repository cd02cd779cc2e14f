"""Server groups: who reaches whom, and what a crash and a restart leave."""

from __future__ import annotations

import pytest

from tester1.cluster.config import Config
from tester1.cluster.group import ServerGrp
from tester1.lab import Lab
from tests.tester1.counting import (
    Count,
    Ledger,
    Nothing,
    Peer,
    ask,
    get,
    make_config,
    reachable,
)

EVERYBODY = ["012", "012", "012"]


def test_start_connects_everybody(counting: Lab) -> None:
    """After the start every server reaches every server, itself included."""
    with make_config(counting, 3) as config:
        assert reachable(config) == EVERYBODY
        assert config.group().get_connected() == [True, True, True]


def test_disconnected_server_reaches_nobody(counting: Lab) -> None:
    """Not even itself, since its own end point is cut like the others."""
    with make_config(counting, 3) as config:
        config.group().disconnect_all(1)
        assert reachable(config) == ["02", "", "02"]
        assert config.group().get_connected() == [True, False, True]


def test_a_link_is_cut_one_way(counting: Lab) -> None:
    """The other direction stays, and so do the flags."""
    with make_config(counting, 3) as config:
        group = config.group()
        group.enable_link(0, 1, False)
        assert reachable(config) == ["02", "012", "012"]
        assert group.get_connected() == [True, True, True]
        group.enable_link(0, 1, True)
        assert reachable(config) == EVERYBODY


def test_connecting_beside_a_disconnected_server(counting: Lab) -> None:
    """The link of two servers is up only once both are connected again."""
    with make_config(counting, 3) as config:
        group = config.group()
        group.disconnect_all(0)
        group.disconnect_all(1)
        group.connect_one(0)
        assert reachable(config) == ["02", "", "02"]
        group.connect_one(1)
        assert reachable(config) == EVERYBODY


def test_connect_and_disconnect_subsets(counting: Lab) -> None:
    """Only the links to the servers named change, whatever their flags."""
    with make_config(counting, 3) as config:
        group = config.group()
        group.disconnect(0, [1])
        assert reachable(config) == ["02", "12", "012"]
        assert not group.is_connected(0)
        group.disconnect_all(0)
        group.connect(0, [0, 2])
        assert reachable(config) == ["02", "12", "012"]
        assert group.is_connected(0)


@pytest.mark.parametrize(
    ("first", "second", "rows"),
    [
        ([0, 1, 3], [2, 4], ["013", "013", "24", "013", "24"]),
        ([4], [0, 1, 2, 3], ["0123", "0123", "0123", "0123", "4"]),
        ([0, 1, 2, 3, 4], [], ["01234"] * 5),
        ([], [0, 1, 2, 3, 4], ["01234"] * 5),
    ],
)
def test_partition(
    counting: Lab, first: list[int], second: list[int], rows: list[str]
) -> None:
    """Full connectivity within each part, none across, and every flag is true."""
    with make_config(counting, 5) as config:
        config.group().disconnect_all(3)
        config.group().partition(first, second)
        assert reachable(config) == rows
        assert config.group().get_connected() == [True] * 5


def test_healing_a_partition(counting: Lab) -> None:
    """Connecting everybody restores full connectivity."""
    with make_config(counting, 3) as config:
        config.group().partition([0], [1, 2])
        config.group().connect_all()
        assert reachable(config) == EVERYBODY


@pytest.mark.parametrize(
    ("n", "leader", "majority", "minority"),
    [
        (3, 0, [1, 2], [0]),
        (3, 1, [0, 2], [1]),
        (5, 2, [0, 1, 3], [4, 2]),
        (5, 4, [0, 1, 2], [3, 4]),
        (4, 1, [0, 2, 3], [1]),
    ],
)
def test_make_partition(
    counting: Lab, n: int, leader: int, majority: list[int], minority: list[int]
) -> None:
    """The others fill the majority in order; the leader is last in the minority."""
    with make_config(counting, n) as config:
        assert config.group().make_partition(leader) == (majority, minority)


def test_clients_reach_disconnected_servers(counting: Lab) -> None:
    """Partitions of servers do not touch the end points of clients."""
    with make_config(counting, 3) as config:
        config.group().disconnect_all(1)
        clnt = config.make_client()
        reply = clnt.call("server-0-1", "Counter.Get", Nothing(), Count)
        assert reply == Count(1)


def test_crash_keeps_the_disk_only(counting: Lab) -> None:
    """A restarted server continues from what it had saved at its crash."""
    with make_config(counting, 2) as config:
        group = config.group()
        assert [get(config, 1) for _ in range(3)] == [1, 2, 3]
        group.shutdown_server(1)
        assert not group.alive(1)
        assert get(config, 1) is None
        group.start_server(1)
        assert get(config, 1) == 4


def test_restarted_server_is_not_attached(counting: Lab) -> None:
    """Nobody reaches it, and it reaches nobody, until it is connected."""
    with make_config(counting, 2) as config:
        group = config.group()
        group.kill([1])
        group.start_many([1])
        assert reachable(config) == ["0", ""]
        group.connect_one(1)
        assert reachable(config) == ["01", "01"]


def test_crash_is_the_end_of_its_tasks(counting: Lab) -> None:
    """Nothing of a crashed server runs on, and a second shutdown is harmless."""
    ledger = Ledger()
    options = {"ticking": True}
    with make_config(counting, 2, options=options, services={"Ledger": ledger}) as c:
        c.sleep(0.55)
        c.group().shutdown_server(0)
        c.group().shutdown_server(0)
        assert ledger.reports.count(0) == 5
        c.sleep(1)
        assert ledger.reports.count(0) == 5
        assert ledger.reports.count(1) == 15


def test_call_in_progress_ends_with_the_server(counting: Lab) -> None:
    """A direct call that has not returned returns None when the server crashes."""
    with make_config(counting, 1) as config:
        task = config.spawn(hang, config, name="caller")
        config.sleep(1)
        (pending,) = config.group().pending_calls()
        assert str(pending) == "server-0-0 has not answered Counter.Hang since 0.000 s"
        config.group().shutdown_server(0)
        assert task.join(0.001)
        assert task.result is None
        assert config.pending_calls() == []


def hang(config: Config) -> Count | None:
    """Call a method that never returns."""
    return config.group().call(0, "Counter.Hang", Nothing(), Count)


def test_direct_calls_are_not_counted(counting: Lab) -> None:
    """They pass by the network: neither its totals nor a server's count move."""
    with make_config(counting, 2) as config:
        before = config.rpc_total(), config.bytes_total()
        get(config, 0)
        assert (config.rpc_total(), config.bytes_total()) == before
        assert config.group().rpc_count(0) == 0
        assert ask(config, 1, 0)
        assert config.group().rpc_count(0) == 1
        assert config.rpc_total() == before[0] + 1


def test_direct_calls_take_no_time(counting: Lab) -> None:
    """They are not delayed, even on a network that is."""
    with make_config(counting, 1) as config:
        config.set_reliable(False)
        before = config.now()
        get(config, 0)
        assert config.now() == before


def test_sizes_are_the_largest_of_all_servers(counting: Lab) -> None:
    """Servers that are down count with what is on their disks."""
    with make_config(counting, 2) as config:
        group = config.group()
        for _ in range(12):
            get(config, 1)
        get(config, 0)
        assert (group.raft_size(), group.snapshot_size()) == (2, 12)
        group.shutdown_server(1)
        assert (group.raft_size(), group.snapshot_size()) == (2, 12)


def test_names_and_numbers(counting: Lab) -> None:
    """Servers are called as the course calls them."""
    with make_config(counting, 2) as config:
        group: ServerGrp = config.group()
        assert list(group.servers()) == [0, 1]
        assert group.server_names() == ["server-0-0", "server-0-1"]


def test_starting_a_running_server(counting: Lab) -> None:
    """It is the test's mistake, and is refused."""
    with (
        make_config(counting, 1) as config,
        pytest.raises(AssertionError, match="server-0-0 runs already"),
    ):
        config.group().start_server(0)


def test_second_group(counting: Lab) -> None:
    """A further group has servers of its own and can be shut down and forgotten."""
    with make_config(counting, 1) as config:
        program = config.group().program
        other = config.make_group_start(7, 2, program)
        assert other.server_names() == ["server-7-0", "server-7-1"]
        assert other.call(1, "Counter.Ask", Peer(0), Count) == Count(1)
        config.exit_group(7)
        assert not other.alive(0)
