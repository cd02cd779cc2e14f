"""The course's own tests of labrpc, on virtual and on real time.

Where the course bounds a time on the wall clock, virtual time is bounded, exactly;
real time only has to get there.
"""

from __future__ import annotations

from labrt import Future, Runtime
from tests.labrpc.junk import JunkArgs, JunkReply, JunkValue, Setup, make_setup

PATIENCE = 30.0  # seconds of real time after which something hangs


def call_handler2(setup: Setup, number: int) -> None:
    """Call `Handler2` and check the reply."""
    reply = setup.end.Call("JunkServer.Handler2", number, str)
    assert reply == f"handler2-{number}"


def start_call(setup: Setup, method: str, args: object, kind: type) -> Future:
    """Make a call in a task of its own; the future gets what it returns."""
    result = setup.runtime.future()
    setup.runtime.spawn(lambda: result.set(setup.end.Call(method, args, kind)))
    return result


def test_basic(runtime: Runtime) -> None:
    """A call reaches the handler of its name and brings its reply back."""

    def main() -> None:
        setup = make_setup(runtime)
        call_handler2(setup, 111)
        assert setup.end.Call("JunkServer.Handler1", "9099", int) == 9099
        setup.net.Cleanup()

    runtime.run(main)


def test_types(runtime: Runtime) -> None:
    """Records travel by value, and a handler cannot write to its caller's."""

    def main() -> None:
        setup = make_setup(runtime)
        args = JunkArgs(7)
        reply = setup.end.Call("JunkServer.Handler4", args, JunkReply)
        assert reply == JunkReply("pointer")
        assert args == JunkArgs(7)
        reply = setup.end.Call("JunkServer.Handler5", JunkValue(7), JunkReply)
        assert reply == JunkReply("no pointer")
        setup.net.Cleanup()

    runtime.run(main)


def test_disconnect(runtime: Runtime) -> None:
    """A disabled end point delivers nothing until it is enabled."""

    def main() -> None:
        setup = make_setup(runtime)
        setup.net.Enable("end1-99", False)
        assert setup.end.Call("JunkServer.Handler2", 111, str) is None
        assert setup.junk.log2 == []
        setup.net.Enable("end1-99", True)
        assert setup.end.Call("JunkServer.Handler1", "9099", int) == 9099
        setup.net.Cleanup()

    runtime.run(main)


def test_counts(runtime: Runtime) -> None:
    """A server counts the calls that reach it; its name may be a number."""

    def main() -> None:
        setup = make_setup(runtime, server_name=99)
        for number in range(17):
            call_handler2(setup, number)
        assert setup.net.GetCount(99) == 17
        setup.net.Cleanup()

    runtime.run(main)


def test_bytes(runtime: Runtime) -> None:
    """The bytes of arguments and replies are accounted, with little on top."""

    def main() -> None:
        setup = make_setup(runtime, server_name=99)
        for _ in range(17):
            assert setup.end.Call("JunkServer.Handler6", "x" * 284, int) == 284
        total = setup.net.GetTotalBytes()
        assert 4828 <= total <= 6000
        for _ in range(17):
            reply = setup.end.Call("JunkServer.Handler7", 107, str)
            assert reply == "y" * 107
        assert 1800 <= setup.net.GetTotalBytes() - total <= 2500
        setup.net.Cleanup()

    runtime.run(main)


def test_concurrent_many(runtime: Runtime) -> None:
    """Twenty clients with an end point each do not disturb one another."""

    def client(setup: Setup, number: int) -> None:
        end = setup.net.MakeEnd(number)
        setup.net.Connect(number, "server99")
        setup.net.Enable(number, True)
        for step in range(10):
            args = 100 * number + step
            reply = end.Call("JunkServer.Handler2", args, str)
            assert reply == f"handler2-{args}"

    def main() -> None:
        setup = make_setup(runtime)
        tasks = [runtime.spawn(client, setup, number) for number in range(20)]
        assert all(task.join(PATIENCE) for task in tasks)
        assert setup.net.GetCount("server99") == 200
        setup.net.Cleanup()

    runtime.run(main)


def test_unreliable(runtime: Runtime) -> None:
    """An unreliable network loses some calls, not all, and mixes none up."""
    replies: list[str] = []

    def client(setup: Setup, number: int) -> None:
        end = setup.net.MakeEnd(number)
        setup.net.Connect(number, "server99")
        setup.net.Enable(number, True)
        args = 100 * number
        reply = end.Call("JunkServer.Handler2", args, str)
        if reply is not None:
            assert reply == f"handler2-{args}"
            replies.append(reply)

    def main() -> None:
        setup = make_setup(runtime)
        setup.net.Reliable(False)
        tasks = [runtime.spawn(client, setup, number) for number in range(300)]
        assert all(task.join(PATIENCE) for task in tasks)
        setup.net.Cleanup()

    runtime.run(main)
    assert 0 < len(replies) < 300


def test_concurrent_one(runtime: Runtime) -> None:
    """Twenty calls may be under way on one end point."""

    def main() -> None:
        setup = make_setup(runtime)
        tasks = [
            runtime.spawn(call_handler2, setup, 100 + number) for number in range(20)
        ]
        assert all(task.join(PATIENCE) for task in tasks)
        assert sorted(setup.junk.log2) == list(range(100, 120))
        assert setup.net.GetCount("server99") == 20
        setup.net.Cleanup()

    runtime.run(main)


def test_regression1(runtime: Runtime) -> None:
    """Calls that are waiting to fail hold nothing up, and never arrive."""

    def main() -> None:
        setup = make_setup(runtime)
        setup.net.Enable("end1-99", False)
        calls = [
            start_call(setup, "JunkServer.Handler2", 100 + number, str)
            for number in range(20)
        ]
        runtime.sleep(0.1)
        setup.net.Enable("end1-99", True)
        started = runtime.now()
        call_handler2(setup, 99)
        if runtime.simulated:
            assert runtime.now() - started < 0.03
        assert all(call.wait(PATIENCE) for call in calls)
        assert [call.value for call in calls] == [None] * 20
        assert setup.junk.log2 == [99]
        assert setup.net.GetCount("server99") == 1
        setup.net.Cleanup()

    runtime.run(main)


def test_killed(runtime: Runtime) -> None:
    """A call fails when its server is deleted: in virtual time, at that instant."""

    def main() -> None:
        setup = make_setup(runtime)
        call = start_call(setup, "JunkServer.Handler3", 99, int)
        runtime.sleep(1)
        assert not call.wait(0.1)
        setup.net.DeleteServer("server99")
        deleted = runtime.now()
        assert call.wait(0.1 if runtime.simulated else PATIENCE)
        assert call.value is None
        if runtime.simulated:
            assert runtime.now() == deleted
        setup.net.Cleanup()

    runtime.run(main)


def test_benchmark(runtime: Runtime) -> None:
    """Thousands of calls in a row all return what they should."""
    calls = 5000 if runtime.simulated else 500

    def main() -> None:
        setup = make_setup(runtime)
        for _ in range(calls):
            call_handler2(setup, 111)
        assert setup.net.GetTotalCount() == calls
        setup.net.Cleanup()

    runtime.run(main)


def test_long_delay_race(runtime: Runtime) -> None:
    """Long delays may be switched while calls are under way."""

    def main() -> None:
        setup = make_setup(runtime)
        call_handler2(setup, 111)
        setup.net.LongDelays(True)
        setup.net.DeleteServer("server99")
        call = start_call(setup, "JunkServer.Handler2", 111, str)
        setup.net.LongDelays(True)
        call.wait(0.2)
        setup.net.LongDelays(True)
        assert setup.net.IsLongDelays()
        setup.net.Cleanup()

    runtime.run(main)
