"""One seed is one run; another seed is another; edits do not reshuffle the rest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from labrt import Facts, SimRuntime, derive
from tests.labrt.conftest import RunProgram

PROGRAM = """
    import queue, random, threading, time

    def main():
        mu, order, box = threading.Lock(), [], queue.Queue()
        def work(number):
            for step in range(10):
                time.sleep(random.choice([0, 0.001, 0.01]))
                with mu:
                    order.append((number, step))
                box.put(number)
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(order, [box.get() for _ in range(40)], time.monotonic())
"""


def digest(folder: Path, seed: int, *, lines: bool = False) -> str:
    """Run the program in `folder` under a seed and return its facts' digest."""
    facts = Facts(most=None)
    runtime = SimRuntime(seed, facts=facts, preempt_lines=lines, output=lambda *_: None)

    def main() -> None:
        world = runtime.world("server", roots=[folder])
        runtime.spawn(lambda: world.load("program").main(), world=world).join()

    runtime.run(main)
    return facts.digest()


@pytest.mark.parametrize("lines", [False, True])
def test_a_seed_repeats_and_seeds_differ(
    write_program: Callable[..., Path], lines: bool
) -> None:
    """Equal seeds give equal facts; twenty seeds give many different ones."""
    folder = write_program(PROGRAM)
    digests = [digest(folder, seed, lines=lines) for seed in range(20)]
    assert digests == [digest(folder, seed, lines=lines) for seed in range(20)]
    assert len(set(digests)) == 20


def test_a_seed_repeats_in_another_process(write_program: Callable[..., Path]) -> None:
    """Neither hash order nor anything else of the process matters."""
    folder = write_program(PROGRAM)
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.labrt.test_determinism import digest\n"
        "print(digest(Path(sys.argv[1]), 7))"
    )
    root = Path(__file__).parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", script, str(folder)],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert digests == {digest(folder, 7) + "\n"}


def test_line_preemption_finds_a_race(write_program: Callable[..., Path]) -> None:
    """A lost update between two statements shows under lines, never without."""
    folder = write_program(
        """
        import threading
        def main():
            total = 0
            def work():
                nonlocal total
                for _ in range(50):
                    seen = total
                    total = seen + 1
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return total
        """
    )

    def total(seed: int, lines: bool) -> int:
        runtime = SimRuntime(seed, preempt_lines=lines)

        def main() -> int:
            world = runtime.world("server", roots=[folder])
            task = runtime.spawn(lambda: world.load("program").main(), world=world)
            task.join()
            assert isinstance(task.result, int)
            return task.result

        return runtime.run(main)

    assert {total(seed, lines=False) for seed in range(10)} == {200}
    assert min(total(seed, lines=True) for seed in range(10)) < 200


@pytest.mark.parametrize(("lines", "share"), [(False, 1 / 64), (True, 1 / 16)])
def test_preemptions_are_short_and_now_and_then_long(
    run_program: RunProgram, lines: bool, share: float
) -> None:
    """A thread is gone for 50 microseconds at most, and rarely for up to 5 ms."""
    source = """
        import threading, time
        def main():
            lock, gaps, before = threading.Lock(), [], time.monotonic()
            while len(gaps) < 3000:
                lock.acquire()
                lock.release()
                now = time.monotonic()
                if now > before:
                    gaps.append(now - before)
                before = now
            return gaps
        """
    # So seldom that nearly every gap is one preemption.
    gaps = run_program(source, debug=False, preempt_every=200, preempt_lines=lines)
    long = [gap for gap in gaps if gap > 100e-6]
    assert share / 2 < len(long) / len(gaps) < share * 2
    assert 4e-3 < max(long) < 5.1e-3
    assert sum(gap > 50e-6 for gap in gaps) < len(long) + len(gaps) / 20


def test_streams_are_independent() -> None:
    """Drawing from one stream moves no other, and names make them differ."""
    one, two = SimRuntime(5), SimRuntime(5)
    one.stream("noise").random()
    assert one.stream("test").random() == two.stream("test").random()
    assert derive(5, "test") != derive(5, "noise")
    assert derive(5, "test") != derive(6, "test")
