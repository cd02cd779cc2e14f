"""`Config`: the course's two tests of the tester, limits, result lines, clean-up."""

from __future__ import annotations

import re

import pytest

from labrpc import HandlerError, UnknownMethodError
from tester1.cluster.config import Config
from tester1.contact.services import PerProgram
from tester1.hosts.interface import Program
from tester1.lab import Lab, LabFailure
from tests.tester1.counting import (
    Count,
    Ledger,
    Nothing,
    Peer,
    make_config,
)


def test_basic(counting: Lab) -> None:
    """The course's TestBasic: a client's Get returns the server's count."""
    with make_config(counting, 1) as config:
        clnt = config.make_client()
        reply = clnt.call("server-0-0", "Counter.Get", Nothing(), Count)
        assert reply is not None
        assert reply.value == config.group().rpc_count(0) == 1, "Wrong version"


def test_shutdown_server(counting: Lab) -> None:
    """The course's TestShutdownServer: it ends, and a Get after that fails."""
    with make_config(counting, 1) as config:
        clnt = config.make_client()
        assert clnt.call("server-0-0", "Counter.Get", Nothing(), Count)
        config.group().shutdown()
        assert not config.group().alive(0), "Not killed"
        reply = clnt.call("server-0-0", "Counter.Get", Nothing(), Count)
        assert reply is None, "RPC succeeded"


# Measurements


def test_result_line(counting: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Begin and End print the course's lines, with the course's widths."""
    with make_config(counting, 3) as config:
        config.group().call(0, "Counter.Ask", Peer(1), Count)
        config.begin("Test (3X): lines")
        started = config.now()
        for _ in range(57):
            config.group().call(0, "Counter.Ask", Peer(1), Count)
        config.op_inc()
        config.op_inc(2)
        config.sleep(3.14 - (config.now() - started))
    assert capsys.readouterr().out.splitlines() == [
        "Test (3X): lines (reliable network)...",
        "  ... Passed --  time  3.1s #peers 3 #RPCs    57 #Ops    3",
    ]
    assert counting.results == ["time  3.1s #peers 3 #RPCs    57 #Ops    3"]


def test_begin_again(counting: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """A second begin starts the measurement again, and names the network's state."""
    with make_config(counting, 1) as config:
        config.begin("first")
        config.op_inc(9)
        config.sleep(50)
        config.set_reliable(False)
        config.begin("second")
        config.sleep(1)
    assert capsys.readouterr().out.splitlines() == [
        "first (reliable network)...",
        "second (unreliable network)...",
        "  ... Passed --  time  1.0s #peers 1 #RPCs     0 #Ops    0",
    ]


def test_failed_test_has_no_result(
    counting: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure is raised with its own words, and nothing is called passed."""
    with (
        pytest.raises(LabFailure, match=r"^expected one leader$"),
        make_config(counting, 1) as config,
    ):
        config.fatal("expected one leader")
    assert "Passed" not in capsys.readouterr().out
    assert counting.results == []


# The time limit


def test_limit_ends_a_test(counting: Lab) -> None:
    """At 120 s the test is over, wherever it is, with what it was waiting for."""
    with pytest.raises(LabFailure) as failure, make_config(counting, 1) as config:
        config.group().call(0, "Counter.Hang", Nothing(), Count)
    assert counting.runtime.now() == 120
    assert str(failure.value).splitlines() == [
        "test took longer than 120 seconds",
        "  server-0-0 has not answered Counter.Hang since 0.000 s",
    ]


def test_limit_is_not_reached(counting: Lab) -> None:
    """A test of just under 120 s passes, and time after its clean-up is free."""
    with make_config(counting, 1) as config:
        config.sleep(119.9)
    counting.runtime.sleep(1000)
    assert len(counting.results) == 1


def test_limit_does_not_skip_the_cleanup(counting: Lab) -> None:
    """The servers are gone although the end of the test raised (28.11 repaired)."""
    config = make_config(counting, 1)
    with pytest.raises(LabFailure, match="longer than 120"), config:
        config.sleep(121)
    assert not config.group().alive(0)


# The tester's services, clients' programs, clean-up


def test_service_of_the_tester(counting: Lab) -> None:
    """A server reaches a receiver, in the middle of its own handler."""
    ledger = Ledger()
    with make_config(counting, 3) as config:
        config.add_service(ledger)
        for server in (2, 0):
            config.group().call(server, "Counter.Report", Nothing(), Count)
        assert ledger.reports == [2, 0]


def test_unknown_service_of_the_tester(counting: Lab) -> None:
    """It fails the test and says what there is."""
    with (
        pytest.raises(
            UnknownMethodError, match=r"no 'Ledger.Add'; it offers TesterRPC"
        ),
        make_config(counting, 1) as config,
    ):
        config.group().call(0, "Counter.Report", Nothing(), Count)


def test_a_service_that_knows_who_calls(counting: Lab) -> None:
    """A server's reports arrive at its own receiver, whatever they say."""
    ledgers: dict[str, Ledger] = {}

    def make(program: str) -> Ledger:
        ledgers[program] = Ledger()
        return ledgers[program]

    with make_config(counting, 3, services={"Ledger": PerProgram(make)}) as config:
        for server in (2, 0, 2):
            config.group().call(server, "Counter.Report", Nothing(), Count)
    reports = {program: ledger.reports for program, ledger in ledgers.items()}
    assert reports == {"server-0-2": [2, 2], "server-0-0": [0]}


class Strict:
    """A service that fails the test at the first report."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def Add(self, report: Count) -> Count:
        """Fail."""
        raise self.error


@pytest.mark.parametrize(
    ("error", "raised"),
    [(LabFailure("too many"), LabFailure), (KeyError("x"), HandlerError)],
)
def test_failure_in_a_service(
    counting: Lab, error: Exception, raised: type[Exception]
) -> None:
    """It is the test's failure; the server that called cannot swallow it."""
    services = {"Ledger": Strict(error)}
    with (
        pytest.raises(raised),
        make_config(counting, 1, services=services) as config,
    ):
        config.group().call(0, "Counter.Report", Nothing(), Count)


def test_annotations_of_a_server(counting: Lab) -> None:
    """Code in a server can label the timeline and read the test's clock."""
    with make_config(counting, 2) as config:
        config.sleep(2.5)
        reply = config.group().call(1, "Counter.Mark", Nothing(), Count)
        assert reply == Count(2500)
        (record,) = config.annotations.records()
        assert (record.tag, record.start, record.details) == ("mine", 2.5, "by 1")


def test_client_program(counting: Lab) -> None:
    """It runs apart from the test and calls servers through a client's end points."""
    with make_config(counting, 2) as config:
        clnt = config.make_client_to(["server-0-1"])
        client = config.start_client(Program("raft1.counting:start_asker"))
        assert clnt.name == "client-0"
        assert client.call("Asker.Ask", Peer(1), Count) == Count(1)
        assert client.call("Asker.Ask", Peer(0), Count) == Count(-1)


def test_cleanup_takes_everything_down(counting: Lab) -> None:
    """Clients, servers and network are gone; again, nothing happens."""
    config = make_config(counting, 2)
    clnt = config.make_client()
    config.cleanup()
    assert not any(config.group().alive(i) for i in config.group().servers())
    assert clnt.call("server-0-0", "Counter.Get", Nothing(), Count) is None
    config.cleanup()
    assert config.annotations.records() == []


def test_start_that_never_returns(counting: Lab) -> None:
    """A program that does not finish starting is named with what it should do."""
    assert counting.solution is not None
    (counting.solution / "raft1" / "slow.py").write_text(
        "import time\n\n\ndef start(*args):\n    time.sleep(1000)\n"
    )
    with pytest.raises(LabFailure, match=r"^server-0-0: raft1\.slow:start has not ret"):
        Config(counting, 1, reliable=True, start="raft1.slow:start")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import missing_library", "No module named 'missing_library'"),
        (
            "from raft1.counting import missing",
            r"cannot import name 'missing' from 'raft1.counting' \(.*/counting.py\)",
        ),
        ("from raft1 import nothing", "cannot import name 'nothing' from 'raft1' "),
        ("from kvraft1 import nothing", "cannot import name 'nothing' from 'kvraft1' "),
        ("from .nothing import x", "No module named 'raft1.nothing'"),
        ("import socket", "--mode process"),
    ],
)
def test_import_that_fails(counting: Lab, text: str, message: str) -> None:
    """The failure says what could not be imported, in which file of the solution."""
    assert counting.solution is not None
    (counting.solution / "raft1" / "importing.py").write_text(f"\n{text}\n")
    with pytest.raises(LabFailure, match=message) as failure:
        Config(counting, 1, reliable=True, start="raft1.importing:start")
    assert str(failure.value).startswith("server-0-0: ")
    assert str(failure.value).endswith("raft1/importing.py:2)")


def test_randstring(counting: Lab) -> None:
    """Random strings have the length asked for and the letters of URL-safe base64."""
    with make_config(counting, 1) as config:
        strings = [config.randstring(n) for n in (0, 1, 20, 20)]
    assert [len(text) for text in strings] == [0, 1, 20, 20]
    assert strings[2] != strings[3]
    assert re.fullmatch(r"[A-Za-z0-9_-]*", "".join(strings))
