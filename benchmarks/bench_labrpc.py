"""What a remote call costs, in microseconds of processor time, of all threads.

    python -m benchmarks.bench_labrpc [CALLS] [--profile]

Sequential calls go one after the other; in the wide case twenty callers share an
end point. Each figure is the best of several rounds, as the rest is noise.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time

from labrpc import ClientEnd, Faults, MakeNetwork, MakeServer, MakeService, Network
from labrt import RealRuntime, Runtime, SimRuntime

ROUNDS = 7
CALLERS = 20


@dataclass
class Args:
    """Arguments of the size of a RequestVote's."""

    Term: int = 0
    CandidateId: int = 0
    LastLogIndex: int = 0
    LastLogTerm: int = 0


@dataclass
class Reply:
    """A reply of the size of a RequestVote's."""

    Term: int = 0
    VoteGranted: bool = False


class Raft:
    """A service with one quick handler."""

    def RequestVote(self, args: Args) -> Reply:
        """Grant the vote."""
        return Reply(args.Term, True)


def call_many(end: ClientEnd, calls: int) -> None:
    """Make calls, one after the other."""
    args = Args(3, 1, 17, 2)
    for _ in range(calls):
        end.Call("Raft.RequestVote", args, Reply)


def connect(runtime: Runtime) -> tuple[Network, ClientEnd]:
    """Make a network with one server and an end point to it."""
    net = MakeNetwork(runtime)
    end = net.MakeEnd("end", "server-0-0>server-0-1")
    server = MakeServer(runtime)
    server.AddService(MakeService(Raft()))
    net.AddServer("server", server)
    net.Connect("end", "server")
    net.Enable("end", True)
    return net, end


def time_calls(runtime: Runtime, callers: int, calls: int, *, reliable: bool) -> float:
    """The microseconds per call of concurrent callers."""

    def main() -> float:
        net, end = connect(runtime)
        net.Reliable(reliable)
        # What only a first call does is not measured.
        call_many(end, 1)
        started = process_time()
        share = calls // callers
        tasks = [runtime.spawn(call_many, end, share) for _ in range(callers)]
        for task in tasks:
            task.join()
        return (process_time() - started) / (share * callers) * 1e6

    return runtime.run(main)


def time_draws(calls: int) -> float:
    """The microseconds per draw."""
    # Not at the top: `compare` runs this module over other checkouts, too, whose
    # network may be made of other parts.
    from labrpc.faults import Flow, draw

    flow = Flow(0, "server-0-0>server-0-1", "Raft.RequestVote")
    started = process_time()
    for number in range(calls):
        draw(flow.key_of(number), 0, 1000)
    return (process_time() - started) / calls * 1e6


def time_decisions(calls: int) -> float:
    """The microseconds per message for all its decisions, unreliable."""
    from labrpc.faults import Decider, Flow

    decider = Decider(Faults(), hops=True)
    flow = Flow(0, "server-0-0>server-0-1", "Raft.RequestVote")
    started = process_time()
    for number in range(calls):
        key = flow.key_of(number)
        decider.request(key, False)
        decider.reply(key, False, True)
    return (process_time() - started) / calls * 1e6


def report(title: str, measure: Callable[[], float]) -> None:
    """Print the best of several measurements."""
    best = min(measure() for _ in range(ROUNDS))
    print(f"{title:<44} {best:8.2f} us")


def main() -> None:
    """Run the benchmarks, or profile the sequential one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("calls", type=int, nargs="?", default=20_000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    calls: int = options.calls

    def simulated(callers: int, reliable: bool = True) -> float:
        return time_calls(SimRuntime(seed=1), callers, calls, reliable=reliable)

    if options.profile:
        with cProfile.Profile() as profile:
            simulated(1)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    report("sequential calls, virtual time", lambda: simulated(1))
    report("20 callers, virtual time", lambda: simulated(CALLERS))
    report("20 callers, unreliable, virtual time", lambda: simulated(CALLERS, False))
    report(
        "sequential calls, real time (2000)",
        lambda: time_calls(RealRuntime(seed=1), 1, 2000, reliable=True),
    )
    report("one draw", lambda: time_draws(calls))
    report("all decisions of one unreliable message", lambda: time_decisions(calls))


if __name__ == "__main__":
    main()
