"""Servers and clients as processes: what the tester can do with them, and sees."""

from __future__ import annotations

import _thread
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from labrt import Facts, Printed
from tester1.cluster.config import Config
from tester1.contact.clients import Clnts
from tester1.contact.services import PerProgram
from tester1.hosts.interface import Program
from tester1.lab import Lab, LabFailure
from tester1.sandbox.output import LAST_LINES
from tests.process.programs import (
    MEETING,
    Notes,
    Peer,
    Sizes,
    Text,
    misbehaving,
    start_peer,
)

LONG_S = 60.0


def cluster(
    lab: Lab, n: int = 2, start: Any = start_peer, **services: object
) -> Config:
    """Some servers that are peers."""
    return Config(lab, n, reliable=True, start=start, services=services)


def ask(config: Config, server: int, method: str, text: str = "") -> Text | None:
    """Call a method of a peer directly."""
    return config.group().call(server, f"Peer.{method}", Text(text), Text)


def run_broken(lab: Lab, act: Callable[[], object]) -> None:
    """Run two servers, the second of which does `act`, until the test fails."""
    cluster(lab, 2, misbehaving(act))
    lab.runtime.sleep(LONG_S)


def ask_for_sizes(config: Config) -> None:
    """Look at the servers' disks again and again."""
    while True:
        config.group().raft_size()
        config.sleep(0.01)


def test_every_server_is_a_process_of_its_own(lab: Lab) -> None:
    """No server runs in the tester, nor two in one process."""
    config = cluster(lab, 3)
    pids = {str(ask(config, server, "Pid")) for server in range(3)}
    assert len({*pids, str(Text(str(os.getpid())))}) == 4


def test_servers_call_each_other_through_the_network(lab: Lab) -> None:
    """A call goes the way of the simulated network, and is counted and cut there."""
    config = cluster(lab)
    before = config.rpc_total()
    assert ask(config, 0, "AskNext", "hello") == Text("hello, says 1")
    assert config.rpc_total() == before + 1
    config.group().disconnect_all(0)
    assert ask(config, 0, "AskNext", "hello") == Text("nothing")


def test_requests_that_arrive_together_run_side_by_side(lab: Lab) -> None:
    """A handler that blocks holds up nobody, even what was read along with it."""
    config = cluster(lab, 1)
    pid = ask(config, 0, "Pid")
    assert pid is not None
    os.kill(int(pid.text), signal.SIGSTOP)
    tasks = [config.spawn(ask, config, 0, "Meet", str(n)) for n in range(MEETING)]
    config.sleep(0.1)  # so that most of them wait in the socket
    os.kill(int(pid.text), signal.SIGCONT)
    for number, task in enumerate(tasks):
        assert task.join(LONG_S)
        assert task.result == Text(str(number))


def test_a_direct_call_returns_none_when_its_server_is_killed(lab: Lab) -> None:
    """A call in progress ends with the server, and so does every later one."""
    config = cluster(lab)
    waiting = config.spawn(ask, config, 1, "Wait")
    assert not waiting.join(0.1)
    config.group().shutdown_server(1)
    assert waiting.join(10)
    assert waiting.result is None
    assert ask(config, 1, "Pid") is None


def test_a_restarted_server_has_its_disk_and_nothing_else(lab: Lab) -> None:
    """A crash keeps what was saved; sizes come from the file, up or down."""
    config = cluster(lab)
    group = config.group()
    group.call(0, "Peer.Save", Text("abc"), Sizes)
    assert (group.raft_size(), group.snapshot_size()) == (3, 6)
    first = ask(config, 0, "Pid")
    group.shutdown_server(0)
    assert (group.raft_size(), group.snapshot_size()) == (3, 6)
    group.start_server(0)
    assert ask(config, 0, "Saved") == Text("abc")
    assert ask(config, 0, "Pid") != first


def test_a_server_can_be_defined_in_the_tests_own_body(lab: Lab) -> None:
    """A function travels with what it refers to; its imports are the solution's."""
    greeting = "good evening"

    @dataclass
    class Greeter:
        module: str

        def Greet(self, args: Text) -> Text:
            """Say where the solution's module came from."""
            return Text(f"{greeting} from {self.module}")

    def start(*arguments: object) -> list[object]:
        from raft1 import raftapi

        module, _, world = raftapi.__name__.partition("@")
        return [Greeter(f"{module} of {world}")]

    config = cluster(lab, 1, start)
    reply = config.group().call(0, "Greeter.Greet", Text(), Text)
    assert reply == Text("good evening from raft1.raftapi of server-0-0#1")


def test_a_program_reaches_the_testers_services(lab: Lab) -> None:
    """What a server reports arrives, in order, and is answered."""
    notes = Notes()

    def start(tester: Any, *others: Any) -> list[object]:
        replies = [tester.call("Notes.Tell", Text(text), Text) for text in "ab"]
        return [Peer([], replies.index(Text("noted 2")), others[-1])]

    config = cluster(lab, 1, start, Notes=notes)
    assert notes.texts == ["a", "b"]
    assert ask(config, 0, "Greet", "x") == Text("x, says 1")


def test_a_service_knows_which_server_calls(lab: Lab) -> None:
    """A server cannot report in the name of another: it does not say who it is."""
    notes = {f"server-0-{server}": Notes() for server in range(2)}

    def start(tester: Any, ends: Any, gid: int, me: int, disk: Any) -> list[object]:
        tester.call("Notes.Tell", Text(f"server-0-{1 - me} sends this"), Text)
        return [Peer(ends, me, disk)]

    cluster(lab, 2, start, Notes=PerProgram(notes.__getitem__))
    assert [note.texts for note in notes.values()] == [
        ["server-0-1 sends this"],
        ["server-0-0 sends this"],
    ]


def test_a_client_program_uses_the_tests_clients(lab: Lab) -> None:
    """Its calls go through the ends of the client that it names, as the test allows."""

    def start(tester: object, clnts: Clnts) -> list[object]:
        class Client:
            def Ask(self, name: Text) -> Text:
                """Greet the first server as that client."""
                clnt = clnts.get(name.text)
                reply = clnt.call("server-0-0", "Peer.Greet", Text("hello"), Text)
                return Text("nothing") if reply is None else reply

        return [Client()]

    config = cluster(lab)
    program = config.start_client(Program(start))
    clnt = config.make_client()
    for reachable, expected in ((True, "hello, says 0"), (False, "nothing")):
        if not reachable:
            clnt.disconnect_all()
        reply = program.call("Client.Ask", Text(clnt.name), Text)
        assert reply == Text(expected)


def test_what_a_server_prints_is_stamped(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each line names its server, in the output and among the facts of the run."""
    facts = lab.runtime.facts = Facts(most=None)
    config = cluster(lab, 2, misbehaving(lambda: print("one\ntwo\r\x1b[2Jthree")))
    config.cleanup()
    printed = capfd.readouterr().out
    assert "server-0-1] one\n" in printed
    assert "server-0-1] two\\r\\x1b[2Jthree\n" in printed
    lines = (fact.line for fact in facts.kept if isinstance(fact, Printed))
    assert next(lines) == "one"


KEPT: list[bytearray] = []
"""What `fill_memory` keeps in a server's process."""


def raise_in_a_thread() -> None:
    """What every student's thread does one day."""
    raise KeyError("term")


def raise_in_a_low_thread() -> None:
    """The same in a thread that `threading` knows nothing of."""
    _thread.start_new_thread(raise_in_a_thread, ())
    time.sleep(LONG_S)


def lack_memory_for_a_thread() -> None:
    """A thread that raises before its work begins, as one without memory does."""

    class Hungry(threading.Thread):
        def _bootstrap(self) -> None:
            raise MemoryError

    Hungry(daemon=True).start()


def fill_memory() -> None:
    """Keep all memory there is, to the last small piece, and fail then."""
    global KEPT
    KEPT = []
    size = 1 << 24
    while size:
        try:
            KEPT.append(bytearray(size))
        except MemoryError:
            size //= 2
    raise KeyError("full")


def fail_without_memory() -> None:
    """A failure that there is no memory to report, whatever is tried."""
    from labrt import report  # in the process: a module does not travel there

    def lacking(task: object, error: BaseException) -> str:
        raise MemoryError

    report.task_failed = lacking
    raise KeyError("term")


def exit_by_itself() -> None:
    """End the process without a word."""
    os._exit(3)


def crash() -> None:
    """Make the interpreter crash."""
    os.kill(os.getpid(), 11)


def flood() -> None:
    """Print without end."""
    while True:
        print("x" * 100)


def hang_up() -> None:
    """Close every file, the connection to the tester among them."""
    os.closerange(3, 10)


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (raise_in_a_thread, "KeyError: 'term', in thread 'culprit', at .*_a_thread: "),
        (raise_in_a_low_thread, "KeyError: 'term', in thread 'raise_in_a_thread', at "),
        (lack_memory_for_a_thread, "MemoryError, in thread '_bootstrap'"),
        (fill_memory, "KeyError: 'full', in thread 'culprit'|MemoryError"),
        (fail_without_memory, "MemoryError: a thread has failed, and no memory is"),
        (exit_by_itself, "exited by itself, with status 3"),
        (crash, "was killed by SIGSEGV"),
        (flood, "printed more than 1024 KiB"),
        (os.fork, r"PermissionError: \[Errno 1\] Operation not permitted"),
        (hang_up, "closed its connection to the tester|exited by itself"),
        (lambda: bytearray(8 << 30), "MemoryError"),
    ],
)
def test_a_broken_server_fails_the_test_at_once(
    lab: Lab, act: Callable[[], object], problem: str
) -> None:
    """Whatever ends a server ends the test, which names the server and the reason."""
    with pytest.raises(LabFailure, match=f"^server-0-1: .*(?:{problem})"):
        run_broken(lab, act)
    assert lab.runtime.now() < LONG_S


def test_a_failure_shows_the_last_output(lab: Lab) -> None:
    """What the server printed before it broke is part of the message."""

    def act() -> None:
        for number in range(100):
            print("line", number)
        os._exit(1)

    with pytest.raises(LabFailure) as caught:
        run_broken(lab, act)
    lines = str(caught.value).splitlines()
    assert lines[-1] == "  | line 99"
    assert len(lines) == LAST_LINES + 2


def test_a_damaged_disk_fails_the_test(lab: Lab) -> None:
    """A state file that somebody has written to is not taken for empty."""

    def act() -> None:
        with open("state", "w") as file:
            file.write("not a state")

    config = cluster(lab, 2, misbehaving(act))
    with pytest.raises(LabFailure, match=r"^server-0-1: its disk is damaged: .*/state"):
        ask_for_sizes(config)


def test_a_server_that_never_starts_is_given_up(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start function that does not return is a failure, not a hanging test."""
    monkeypatch.setenv("RAFTLAB_START_S", "1")

    def start(*arguments: object) -> list[object]:
        threading.Event().wait()
        return []

    with pytest.raises(
        LabFailure, match=r"^server-0-0: start has not returned within 1 s"
    ):
        cluster(lab, 1, start)


def test_a_server_that_stops_is_not_waited_for(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test's time limit ends a direct call that is never answered."""
    monkeypatch.setattr("tester1.cluster.config.TIME_LIMIT_S", 1.0)
    config = cluster(lab)
    with pytest.raises(LabFailure, match=r"server-0-1 has not answered Peer\.Stop"):
        ask(config, 1, "Stop")


def test_a_handlers_mistake_names_its_line(lab: Lab) -> None:
    """An exception in a handler is reported as it is in simulation."""

    def start(*arguments: object) -> list[object]:
        class Faulty:
            def Divide(self, args: Text) -> Text:
                """Fail."""
                return Text(str(1 / 0))

        return [Faulty()]

    config = cluster(lab, 1, start)
    with pytest.raises(
        LabFailure, match=r"server-0-0: handler Faulty.Divide raised Zero"
    ):
        config.group().call(0, "Faulty.Divide", Text(), Text)


def test_a_process_comes_out_of_the_warm_fork_server(lab: Lab) -> None:
    """It has what it needs already, and nothing of pytest or of the test module."""

    def start(*arguments: Any) -> list[object]:
        import os

        # Not the world's own table, in which is what the world has imported.
        modules = vars(os)["sys"].modules
        names = (
            "tester1.hosts.process.warm",
            "dill",
            "pytest",
            "tests.process.test_host",
        )
        loaded = [name for name in names if name in modules]
        return [Peer([], " ".join(loaded), arguments[-1])]  # type: ignore[arg-type]
        # Any printable value will do as the peer's number.

    config = cluster(lab, 1, start)
    assert ask(config, 0, "Greet") == Text(", says tester1.hosts.process.warm dill")
