"""A small program for the tester's own tests: servers that count.

Each server counts the calls of `Get`, persists the count, and can be asked to call a
peer, to hang, or to report to the tester.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tester1.cluster.config import Config
from tester1.lab import Lab

START = "raft1.counting:start"

PROGRAM = """
import threading
import time
from dataclasses import dataclass

from tester1.contact.services import Annotate, GetAnnotatorTimestamp


@dataclass
class Nothing:
    pass


@dataclass
class Count:
    value: int


@dataclass
class Peer:
    number: int


class Counter:
    def __init__(self, tester, ends, me, persister):
        self.tester, self.ends, self.me, self.persister = tester, ends, me, persister
        self.count = int(persister.ReadRaftState() or b"0")

    def Get(self, args: Nothing) -> Count:
        self.count += 1
        self.persister.Save(str(self.count).encode(), b"s" * self.count)
        return Count(self.count)

    def Ask(self, peer: Peer) -> Count:
        reply = self.ends[peer.number].Call("Counter.Get", Nothing(), Count)
        return Count(-1) if reply is None else reply

    def Hang(self, args: Nothing) -> Count:
        threading.Event().wait()

    def Report(self, args: Nothing) -> Count:
        return self.tester.call("Ledger.Add", Count(self.me), Count)

    def Mark(self, args: Nothing) -> Count:
        Annotate("mine", "marked", f"by {self.me}")
        return Count(int(GetAnnotatorTimestamp() * 1000))

    def tick(self):
        while True:
            time.sleep(0.1)
            self.tester.call("Ledger.Add", Count(self.me), Count)


def start(tester, ends, gid, me, persister, *, ticking=False):
    counter = Counter(tester, ends, me, persister)
    if ticking:
        threading.Thread(target=counter.tick).start()
    return [counter]


class Asker:
    def __init__(self, clnts):
        self.clnts = clnts

    def Ask(self, peer: Peer) -> Count:
        clnt = self.clnts.get("client-0")
        reply = clnt.call(f"server-0-{peer.number}", "Counter.Get", Nothing(), Count)
        return Count(-1) if reply is None else reply


def start_asker(tester, clnts):
    return [Asker(clnts)]
"""


@dataclass
class Nothing:
    """Arguments of a method that takes none."""


@dataclass
class Count:
    """A number that a server has counted to; -1 stands for a call that failed."""

    value: int


@dataclass
class Peer:
    """The number of the server that is to be called."""

    number: int


class Ledger:
    """A service of the tester: who has reported, in order."""

    def __init__(self) -> None:
        self.reports: list[int] = []

    def Add(self, report: Count) -> Count:
        """Take down a report and return how many there are."""
        self.reports.append(report.value)
        return Count(len(self.reports))


def write_solution(folder: Path) -> Path:
    """Write the program into `folder` as a solution and return the folder."""
    package = folder / "raft1"
    package.mkdir(parents=True)
    (package / "counting.py").write_text(PROGRAM)
    return folder


def make_config(
    lab: Lab,
    n: int,
    *,
    options: Mapping[str, object] | None = None,
    services: Mapping[str, object] | None = None,
) -> Config:
    """A `Config` of `n` counting servers on a reliable network."""
    return Config(
        lab, n, reliable=True, start=START, options=options, services=services
    )


def get(config: Config, server: int) -> int | None:
    """Have a server count, by a direct call; None if it is down."""
    reply = config.group().call(server, "Counter.Get", Nothing(), Count)
    return None if reply is None else reply.value


def ask(config: Config, server: int, peer: int) -> bool:
    """Whether a call from a server to a peer gets through."""
    reply = config.group().call(server, "Counter.Ask", Peer(peer), Count)
    return reply is not None and reply.value > 0


def reachable(config: Config) -> list[str]:
    """Who gets through to whom: a row of the numbers reached for each server."""
    numbers = config.group().servers()
    return [
        "".join(str(peer) for peer in numbers if ask(config, server, peer))
        for server in numbers
    ]
