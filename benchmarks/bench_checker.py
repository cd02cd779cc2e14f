"""How fast the linearizability checker is: `python -m benchmarks.bench_checker`.

Times are of `check` alone, with the history in memory: by the wall clock, and in
brackets of the processor; the best of several runs, since the question is what the
code costs and not what else the machine does. With
`--large` the million operations are checked as well, in a process of their own,
and the memory that this took at most, history included, is printed.

The recorded histories are in `../shared/data/histories` (see the README there).
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

from tester1.porcupine import (
    KvInput,
    KvModel,
    KvOp,
    KvOutput,
    Operation,
    Result,
    Verdict,
    WholeAppendModel,
    check,
    read_history,
)
from tester1.porcupine.formats import MODELS

HISTORIES = Path(__file__).resolve().parents[2] / "shared" / "data" / "histories"
RUNS = 5
CLIENTS = 50


Seconds = tuple[float, float]
"""By the wall clock, and of the processor."""


def best(run: Callable[[], Result], runs: int = RUNS) -> tuple[Seconds, Result]:
    """The least times that a check took, and its result."""
    wall, processor = [], []
    for _ in range(runs):
        started, started_cpu = time.perf_counter(), time.process_time()
        result = run()
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - started_cpu)
    return (min(wall), min(processor)), result


def shown(seconds: Seconds) -> str:
    """Times as they are printed."""
    return f"{seconds[0] * 1e3:10.2f} ms ({seconds[1] * 1e3:8.2f})"


def recorded() -> Iterator[tuple[str, str, Verdict]]:
    """The recorded histories: file, model, known verdict."""
    for row in (HISTORIES / "verdicts.tsv").read_text().splitlines()[1:]:
        name, model, verdict = row.split("\t")
        yield name, model, Verdict(verdict)


def bench_recorded() -> bool:
    """Check all recorded histories; tell whether every verdict is right."""
    sums: dict[str, Seconds] = {}
    right = True
    for name, model, verdict in recorded():
        history = read_history(HISTORIES / name, model)
        seconds, result = best(partial(check, MODELS[model](), history))
        right &= report(name, seconds, result, verdict)
        wall, processor = sums.get(model, (0.0, 0.0))
        sums[model] = wall + seconds[0], processor + seconds[1]
        if model == "kv-append":
            seconds, result = best(partial(check, WholeAppendModel(), history))
            right &= report(f"{name}, not partitioned", seconds, result, verdict)
    for model, seconds in sums.items():
        print(f"{shown(seconds)}  sum of {model}")
    return right


def report(name: str, seconds: Seconds, result: Result, expected: Verdict) -> bool:
    """Print a line about a check; tell whether its verdict is right."""
    wrong = "" if result.verdict is expected else "   WRONG"
    print(f"{shown(seconds)}  {name}: {result.verdict.value}{wrong}")
    return not wrong


def versioned_history(count: int, keys: int) -> list[Operation]:
    """What clients of a correct versioned key/value server saw."""
    # Each size has a history of its own, and always the same one.
    random = Random(f"{count} operations on {keys} keys")
    calls = [
        (float(at), at + random.random() * CLIENTS * 0.9, at % CLIENTS)
        for at in range(count)
    ]
    instants = sorted(
        (random.uniform(call, ret), call, ret, c) for call, ret, c in calls
    )
    names = [f"k{number}" for number in range(keys)]
    state: dict[str, tuple[int, str]] = {}
    history = [
        Operation(client, *_serve(random, state, random.choice(names)), call, ret)
        for _, call, ret, client in instants
    ]
    # As files have them; they were made in the order in which they took effect.
    history.sort(key=lambda operation: operation.call)
    return history


def _serve(
    random: Random, state: dict[str, tuple[int, str]], key: str
) -> tuple[KvInput, KvOutput]:
    """A request and the answer of a clerk; one in ten Puts is uncertain."""
    version, value = state.get(key, (0, ""))
    if random.random() < 0.5:
        err = "OK" if version else "ErrNoKey"
        return KvInput(KvOp.GET, key), KvOutput(value, version, err)
    wanted = version if random.random() < 0.7 else max(0, version - 1)
    input = KvInput(KvOp.PUT, key, f"v{random.getrandbits(32):x}", wanted)
    err = "ErrVersion"
    if wanted == version:
        state[key] = version + 1, input.value
        err = "OK"
    return input, KvOutput(err=err if random.random() < 0.9 else "ErrMaybe")


def bench_versioned(count: int, keys: int, runs: int) -> bool:
    """Check a long history of versioned keys."""
    history = versioned_history(count, keys)
    seconds, result = best(partial(check, KvModel(), history), runs)
    name = f"{count} operations, {CLIENTS} clients, {keys} keys"
    right = report(name, seconds, result, Verdict.OK)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{most:10.0f} MB            at most, with the history in memory")
    return right


def main() -> int:
    """Run the benchmark; exit status 1 if a verdict is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="a million operations too")
    parser.add_argument("--one", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        count, keys = options.one
        return not bench_versioned(count, keys, RUNS if count <= 100_000 else 1)
    right = bench_recorded()
    counts = [100_000, 1_000_000] if options.large else [100_000]
    for count in counts:
        for keys in (100, 1):
            # A process of its own, since the most memory used never goes down.
            command = [sys.executable, "-m", "benchmarks.bench_checker", "--one"]
            status = subprocess.run([*command, str(count), str(keys)], check=False)
            right &= status.returncode == 0
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
