"""The life of a call: who may end it, when, and what is counted."""

from __future__ import annotations

from labrpc import ClientEnd, Faults
from labrt import SimRuntime
from tests.labrpc.echo import Echo, EchoNet, Result, run_echo

ALWAYS_LATE = Faults(reorder_chance=(1, 1), hop_delay=(0.0, 0.0))
DEAD = [Result(None, 1.0)]


def start_slow(echo: EchoNet) -> list[Result]:
    """Send a request whose handler is still running a second later."""
    echo.echo.answering = False
    results = echo.send()
    echo.runtime.sleep(1)
    assert results == []
    assert echo.echo.received == [b"x"]
    return results


def test_deleting_a_server_fails_its_calls_at_once(sim: SimRuntime) -> None:
    """A call in progress ends when its server goes, and its late answer is dropped."""

    def main(echo: EchoNet) -> None:
        results = start_slow(echo)
        echo.net.DeleteServer("echo")
        assert results == DEAD
        echo.echo.waiting[0](b"late")
        sim.sleep(1)
        assert results == DEAD
        assert echo.net.GetTotalBytes() == 1

    run_echo(sim, main)


def test_replacing_a_server_fails_its_calls_at_once(sim: SimRuntime) -> None:
    """An answer of a former incarnation is not delivered after a restart."""

    def main(echo: EchoNet) -> None:
        results = start_slow(echo)
        fresh = Echo()
        echo.net.AddServer("echo", fresh)
        assert results == DEAD
        assert echo.net.GetCount("echo") == 0
        assert echo.send_many(1) == [Result(b"x", 0.0)]
        assert fresh.received == [b"x"]

    run_echo(sim, main)


def test_adding_the_same_server_again_changes_nothing(sim: SimRuntime) -> None:
    """Only another server object is a replacement."""

    def main(echo: EchoNet) -> None:
        results = start_slow(echo)
        echo.net.AddServer("echo", echo.echo)
        echo.echo.waiting[0](b"y")
        sim.sleep(0)
        assert results == [Result(b"y", 1.0)]
        assert echo.net.GetCount("echo") == 1

    run_echo(sim, main)


def test_disabling_an_end_fails_its_calls_at_once(sim: SimRuntime) -> None:
    """Enabling it again does not bring back a call that has failed."""

    def main(echo: EchoNet) -> None:
        results = start_slow(echo)
        echo.net.Enable("end", False)
        assert results == DEAD
        echo.net.Enable("end", True)
        echo.echo.waiting[0](b"late")
        sim.sleep(1)
        assert results == DEAD

    run_echo(sim, main)


def test_deleting_an_end_fails_its_calls(sim: SimRuntime) -> None:
    """Calls under way fail at once, and later ones like any undeliverable call."""

    def main(echo: EchoNet) -> None:
        results = start_slow(echo)
        echo.net.DeleteEnd("end")
        assert results == DEAD
        after = echo.send()
        sim.sleep(0.1)
        assert [one.reply for one in after] == [None]
        assert len(echo.echo.received) == 1

    run_echo(sim, main)


def test_other_ends_and_servers_are_unaffected(sim: SimRuntime) -> None:
    """A deleted server or a disabled end takes only its own calls along."""

    def main(echo: EchoNet) -> None:
        other = echo.connect("other")
        quiet = Echo(answering=False)
        echo.net.AddServer("quiet", quiet)
        echo.net.MakeEnd("third")
        echo.net.Connect("third", "quiet")
        results = start_slow(echo)
        others = echo.send(end=other)
        sim.sleep(0)
        echo.net.DeleteServer("quiet")
        echo.net.Enable("third", False)
        echo.net.Enable("other", False)
        assert [one.reply for one in others] == [None]
        assert results == []

    run_echo(sim, main)


def test_calls_fail_in_the_order_they_were_made(sim: SimRuntime) -> None:
    """What a deleted server ends, it ends oldest first, link by link."""
    ended: list[str] = []

    def send(end: ClientEnd, text: str) -> None:
        end.forward("Echo.Echo", b"", lambda reply: ended.append(text))

    def main(echo: EchoNet) -> None:
        echo.echo.answering = False
        for name in "ab":
            end = echo.connect(name)
            for number in range(3):
                send(end, f"{name}{number}")
        sim.sleep(1)
        echo.net.DeleteServer("echo")

    run_echo(sim, main)
    assert ended == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_a_request_under_way_arrives_though_its_end_is_disabled(
    sim: SimRuntime,
) -> None:
    """The end point's state counts when a request is sent; its answer is dropped."""

    def main() -> None:
        echo = EchoNet.make(sim, hop_delay=(0.001, 0.001))
        results = echo.send()
        echo.net.Enable("end", False)
        assert results == [Result(None, 0.0)]
        sim.sleep(1)
        assert echo.echo.received == [b"x"]
        assert results == [Result(None, 0.0)]

    sim.run(main)


def test_a_request_under_way_is_lost_with_its_server(sim: SimRuntime) -> None:
    """Neither a deleted server nor its successor gets a request sent before."""

    def main() -> None:
        echo = EchoNet.make(sim, hop_delay=(0.001, 0.001))
        results = echo.send()
        fresh = Echo()
        echo.net.AddServer("echo", fresh)
        sim.sleep(1)
        assert [one.reply for one in results] == [None]
        assert echo.echo.received == fresh.received == []

    sim.run(main)


def test_an_ordinary_reply_under_way_is_lost_with_its_server(sim: SimRuntime) -> None:
    """A reply counts as delivered when it arrives, not when it leaves."""

    def main() -> None:
        echo = EchoNet.make(sim, hop_delay=(0.001, 0.001))
        results = echo.send()
        sim.sleep(0.0015)
        assert echo.echo.received == [b"x"]
        echo.net.DeleteServer("echo")
        assert [one.reply for one in results] == [None]
        assert echo.net.GetTotalBytes() == 1

    sim.run(main)


def test_a_held_back_reply_survives_its_server(sim: SimRuntime) -> None:
    """Long reordering delivers whatever happens, and counts at delivery."""

    def main(echo: EchoNet) -> None:
        echo.net.LongReordering(True)
        results = echo.send()
        sim.sleep(0.1)
        echo.net.DeleteServer("echo")
        echo.net.Enable("end", False)
        echo.net.DeleteEnd("end")
        assert results == []
        assert echo.net.GetTotalBytes() == 1
        sim.sleep(2.2)
        assert [one.reply for one in results] == [b"x"]
        assert echo.net.GetTotalBytes() == 2

    run_echo(sim, main, faults=ALWAYS_LATE)


def test_an_answer_of_none_fails_the_call(sim: SimRuntime) -> None:
    """A server, or the relay to one, may give up on a call."""

    def main(echo: EchoNet) -> None:
        results = start_slow(echo)
        echo.echo.waiting[0](None)
        assert results == DEAD

    run_echo(sim, main)


def test_a_destroyed_network_accepts_no_calls(sim: SimRuntime) -> None:
    """After Cleanup new calls fail at once and uncounted; those under way finish."""

    def main(echo: EchoNet) -> None:
        results = start_slow(echo)
        echo.net.Cleanup()
        assert echo.send() == [Result(None, 0.0)]
        assert echo.end.Call("Echo.Echo", 1, int) is None
        assert echo.net.GetTotalCount() == 1
        echo.echo.waiting[0](b"y")
        sim.sleep(0)
        assert results == [Result(b"y", 1.0)]

    run_echo(sim, main)


def test_statistics(sim: SimRuntime) -> None:
    """Requests are counted on acceptance, replies and servers on delivery."""

    def main(echo: EchoNet) -> None:
        echo.send(b"12345")
        sim.sleep(1)
        echo.net.Enable("end", False)
        echo.send(b"1234567")
        sim.sleep(1)
        assert echo.net.GetTotalCount() == 2
        assert echo.net.GetTotalBytes() == 5 + 5 + 7
        assert echo.net.GetCount("echo") == 1

    run_echo(sim, main)


def test_lost_messages_in_the_statistics(sim: SimRuntime) -> None:
    """A lost request reaches no server's count, and a lost reply no byte count."""

    def main(echo: EchoNet) -> None:
        echo.net.Reliable(False)
        echo.send_many(100)
        assert echo.net.GetTotalCount() == 100
        assert echo.net.GetTotalBytes() == 100
        assert echo.net.GetCount("echo") == 100

    run_echo(
        sim, main, faults=Faults(request_drop_per_mille=0, reply_drop_per_mille=1000)
    )
