"""What the network tells of each message, and of its links."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from labrpc import Faults
from labrpc.facts import Answered, Delivered, LinkCut, LinkHealed, Lost, Message, Sent
from labrt import Fact, Facts, SimRuntime
from tests.labrpc.echo import EchoNet, run_echo

CALM = Faults(request_drop_per_mille=0, reply_drop_per_mille=0, hop_delay=(0.0, 0.0))

K = TypeVar("K", bound=Fact)


def facts_of(main: Callable[[EchoNet], None], faults: Faults = CALM) -> list[Fact]:
    """Run `main` and return what happened."""
    facts = Facts(most=None)
    run_echo(SimRuntime(seed=1, facts=facts), main, faults=faults)
    return facts.kept


def messages(main: Callable[[EchoNet], None], faults: Faults = CALM) -> list[Message]:
    """What became of messages while `main` ran."""
    return [fact for fact in facts_of(main, faults) if isinstance(fact, Message)]


def of_kind(kind: type[K], facts: list[Fact]) -> list[K]:
    """The facts of one kind."""
    return [fact for fact in facts if isinstance(fact, kind)]


def test_a_delivered_call() -> None:
    """Sent, handed over, answered, delivered: tied together, each by the one before."""

    def main(echo: EchoNet) -> None:
        end = echo.connect("random name", "a>b")
        end.forward("Raft.Vote", b"\xa3yes", lambda reply: None)
        echo.runtime.sleep(1)

    found = messages(main)
    assert [(fact.kind, fact.server, fact.peer) for fact in found] == [
        ("sent", "a", "b"),
        ("handed over", "b", "a"),
        ("answered", "b", "a"),
        ("delivered", "a", "b"),
    ]
    first = found[0].number
    assert [fact.call for fact in found] == [first] * 4
    assert [fact.cause for fact in found] == [0, *(f.number for f in found[:3])]
    assert {fact.method for fact in found} == {"Raft.Vote"}
    (sent,), (answered,) = of_kind(Sent, [*found]), of_kind(Answered, [*found])
    assert sent.content == answered.content == "yes"
    assert sent.size == answered.size == of_kind(Delivered, [*found])[0].size == 4


def test_requests_of_a_method_are_numbered() -> None:
    """The number is the one that decides what becomes of the request."""

    def main(echo: EchoNet) -> None:
        echo.send_many(2)
        echo.send_many(1)

    assert [fact.nth for fact in of_kind(Sent, [*messages(main)])] == [1, 2, 3]


def test_undeliverable_calls() -> None:
    """It is said why a call has nowhere to go, and when it fails."""

    def main(echo: EchoNet) -> None:
        echo.net.DeleteServer("echo")
        echo.send()
        echo.net.Enable("end", False)
        echo.send_many(1)
        echo.net.DeleteEnd("end")
        echo.end = echo.net.MakeEnd("end")
        echo.net.Enable("end", True)
        echo.send_many(1)

    found: list[Fact] = [*messages(main)]
    sent = of_kind(Sent, found)
    assert [fact.obstacle for fact in sent] == [
        "server down",
        "end disabled",
        "end not connected",
    ]
    lost = of_kind(Lost, found)
    assert {fact.why for fact in lost} == {"undeliverable"}
    assert sorted(fact.call for fact in lost) == [fact.number for fact in sent]


def unreliable_call(echo: EchoNet) -> None:
    """Make one call on an unreliable network."""
    echo.net.Reliable(False)
    echo.send_many(1)


@pytest.mark.parametrize(
    ("faults", "stations", "why"),
    [
        (Faults(request_drop_per_mille=1000), ["sent"], "request lost"),
        (
            Faults(request_drop_per_mille=0, reply_drop_per_mille=1000),
            ["sent", "handed over", "answered"],
            "reply lost",
        ),
    ],
)
def test_lost_messages(faults: Faults, stations: list[str], why: str) -> None:
    """What was lost shows in how far the call came, and is said."""
    *before, end = messages(unreliable_call, faults)
    assert [fact.kind for fact in before] == stations
    assert isinstance(end, Lost)
    assert end.why == why
    assert end.cause == before[-1].number


def test_a_call_whose_server_dies() -> None:
    """The end of a call in progress is a fact of its own."""

    def main(echo: EchoNet) -> None:
        echo.echo.answering = False
        echo.send()
        echo.runtime.sleep(1)
        echo.net.DeleteServer("echo")

    *before, end = messages(main)
    assert [fact.kind for fact in before] == ["sent", "handed over"]
    assert isinstance(end, Lost)
    assert end.why == "cut off"


def test_links_are_cut_and_healed() -> None:
    """Once for each change, however often it is asked for."""

    def main(echo: EchoNet) -> None:
        echo.connect("random name", "a>b")
        for enabled in (True, False, False, True):
            echo.net.Enable("random name", enabled)

    links = [
        fact
        for fact in facts_of(main)
        if isinstance(fact, LinkCut | LinkHealed) and fact.server == "a"
    ]
    assert [fact.kind for fact in links] == ["healed", "cut", "healed"]
    assert {fact.peer for fact in links} == {"b"}
