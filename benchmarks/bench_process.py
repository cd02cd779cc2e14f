"""What `--mode process` can carry: run `python -m benchmarks.bench_process`.

Three servers of the solution, each a process, behind the tester's reliable network.
Prints Puts a second and their latencies, for one client that waits for each Put and for
fifty that do so at once, what one Call from a server to another takes, through the
tester, and what it takes to start a server and to kill it. Figures are wall-clock time:
nothing else should run.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.process_programs import (
    RUN_CALLS,
    RUN_PUTS,
    Calls,
    Load,
    Measured,
    start_echo,
    start_putters,
)
from tester1.cluster.config import Config
from tester1.hosts.interface import Program
from tester1.hosts.modes import make_runtime
from tester1.lab import Lab, Mode, RunOptions

SERVERS = 3
# Each save writes the whole log. Without snapshots it would only grow, and the figures
# would depend on how long one measures.
MAX_RAFT_STATE = 20_000
WARM_UP_S = 1.0
CALLS = 5000
STARTS = 100


def in_process_mode(solution: Path | None, body: Callable[[Lab], None]) -> None:
    """Run `body` as a test is run."""
    options = RunOptions(Mode.PROCESS)
    lab = Lab(make_runtime(options, 1), Mode.PROCESS, 1, solution=solution)
    lab.run(lambda: body(lab))


def store(lab: Lab) -> Config:
    """The servers of a key/value store."""
    return Config(
        lab,
        SERVERS,
        reliable=True,
        start="kvraft1.testing.inside_kv:start_kv",
        options={"maxraftstate": MAX_RAFT_STATE},
    )


def measure_puts(lab: Lab, clients: list[int], seconds: float) -> None:
    """Print a line for each number of clients."""
    config = store(lab)
    program = config.start_client(Program(start_putters), "putters")

    def run(number: int, limit_s: float) -> Measured:
        names = [config.make_client().name for _ in range(number)]
        load = Load(names, config.group().server_names(), limit_s)
        return program.call(RUN_PUTS, load, Measured)

    run(1, WARM_UP_S)
    for number in clients:
        tester_s = time.process_time()
        rpcs = config.rpc_total()
        measured = run(number, seconds)
        tester_s = time.process_time() - tester_s
        puts = len(measured.latencies)
        print(line(f"Put, {number} client{'s' * (number > 1)}", measured))
        print(
            f"{'':24} a Put: {(config.rpc_total() - rpcs) / puts:.2f} RPCs, "
            f"{tester_s / puts * 1e6:.0f} us of the tester's processor time"
        )


def measure_calls(lab: Lab) -> None:
    """Print a line for calls from one server to another."""
    config = Config(lab, SERVERS, reliable=True, start=start_echo)
    config.group().call(0, RUN_CALLS, Calls(CALLS // 10), Measured)
    tester_s = time.process_time()
    measured = config.group().call(0, RUN_CALLS, Calls(CALLS), Measured)
    tester_s = time.process_time() - tester_s
    assert measured is not None
    print(line("Call through the tester", measured))
    print(
        f"{'':24} a Call: {tester_s / CALLS * 1e6:.0f} us of the tester's "
        "processor time"
    )


def measure_starts(lab: Lab) -> None:
    """Print a line each for starting a server and for killing it.

    A start ends when the server's program has initialised: its solution is loaded, its
    Raft runs, it can be called.
    """
    config = store(lab)
    group = config.group()
    kills, starts = [], []
    for _ in range(STARTS):
        begin = time.perf_counter()
        group.shutdown_server(0)
        killed = time.perf_counter()
        group.start_server(0)
        started = time.perf_counter()
        kills.append(killed - begin)
        starts.append(started - killed)
    print(line("Start of a server", Measured(sum(starts), starts)))
    print(line("Kill of a server", Measured(sum(kills), kills)))


def line(title: str, measured: Measured) -> str:
    """Throughput, and the distribution of the latencies in microseconds."""
    ordered = sorted(measured.latencies)
    points = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
    shown = "  ".join(
        f"{name} {ordered[int(point * len(ordered))] * 1e6:.0f}"
        for name, point in points.items()
    )
    rate = len(ordered) / measured.seconds
    return f"{title:24} {rate:8.0f} /s   us: {shown}  max {ordered[-1] * 1e6:.0f}"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each Put run")
    parser.add_argument("--clients", type=int, nargs="*", default=[1, 50])
    parser.add_argument("--solution", type=Path, help="measure this solution")
    options = parser.parse_args()
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} processors, load {load}")
    in_process_mode(
        options.solution,
        lambda lab: measure_puts(lab, options.clients, options.seconds),
    )
    in_process_mode(options.solution, measure_calls)
    in_process_mode(options.solution, measure_starts)


if __name__ == "__main__":
    main()
