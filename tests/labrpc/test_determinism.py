"""One seed is one run, and no decision about a message depends on unrelated traffic."""

from __future__ import annotations

from msgspec.structs import replace

from labrpc import ClientEnd
from labrpc.facts import Message
from labrt import Fact, Facts, SimRuntime
from tests.labrpc.echo import EchoNet
from tests.labrpc.junk import make_setup


def busy_run(seed: int) -> Facts:
    """Run clients on a bad network with a restart; return the facts."""
    facts = Facts(most=None)
    runtime = SimRuntime(seed=seed, facts=facts)

    def client(end: ClientEnd) -> None:
        for number in range(40):
            end.Call("JunkServer.Handler2", number, str)
            end.Call("JunkServer.Handler6", "text", int)

    def main() -> None:
        setup = make_setup(runtime)
        setup.net.Reliable(False)
        setup.net.LongReordering(True)
        tasks = [runtime.spawn(client, setup.end, name=f"{n}") for n in range(5)]
        runtime.sleep(1)
        setup.net.DeleteServer("server99")
        runtime.sleep(1)
        setup.net.AddServer("server99", setup.server)
        for task in tasks:
            task.join()

    runtime.run(main)
    return facts


def test_same_seed_same_run() -> None:
    """Two runs of one seed have the same facts at the same times."""
    assert busy_run(7).digest() == busy_run(7).digest()


def test_another_seed_another_run() -> None:
    """The seed decides."""
    assert busy_run(7).digest() != busy_run(8).digest()


def events_of_link(*, crowded: bool) -> list[Fact]:
    """Send requests on link a>b, alone or among others; return what happened there."""
    facts = Facts(most=None)
    runtime = SimRuntime(seed=3, facts=facts)

    def main() -> None:
        echo = EchoNet.make(runtime, hop_delay=(100e-6, 500e-6))
        echo.net.Reliable(False)
        echo.net.LongReordering(True)
        end = echo.connect("random end name", "a>b")
        for _ in range(200):
            if crowded:
                echo.send()
                end.forward("Echo.Other", b"other method", lambda reply: None)
            echo.send(end=end)
            runtime.sleep(0.01)
        runtime.sleep(10)

    runtime.run(main)
    return [
        # Numbers count all that happens, and so the other traffic as well.
        replace(fact, number=0, call=0, cause=0)
        for fact in facts.kept
        if isinstance(fact, Message)
        and {fact.server, fact.peer} == {"a", "b"}
        and fact.method == "Echo.Echo"
    ]


def test_decisions_do_not_depend_on_other_traffic() -> None:
    """Calls on other links, and of other methods, leave a link's messages alone."""
    alone = events_of_link(crowded=False)
    assert len(alone) > 400
    assert alone == events_of_link(crowded=True)


def test_decisions_depend_on_the_link_not_on_the_end() -> None:
    """A new end of a link continues its numbers: nothing is repeated or redrawn."""

    def elapsed(*, replace_after: int) -> list[float]:
        runtime = SimRuntime(seed=4)
        times: list[float] = []

        def main() -> None:
            echo = EchoNet.make(runtime, hop_delay=(100e-6, 500e-6))
            end = echo.connect("first", "a>b")
            for number in range(20):
                if number == replace_after:
                    echo.net.DeleteEnd("first")
                    end = echo.connect("second", "a>b")
                results = echo.send(end=end)
                runtime.sleep(1)
                times.append(round(results[0].elapsed, 9))

        runtime.run(main)
        return times

    assert elapsed(replace_after=7) == elapsed(replace_after=20)
    assert len(set(elapsed(replace_after=7))) == 20
