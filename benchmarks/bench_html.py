"""How large visualization pages are, and how long they take to write and to draw.

    python -m benchmarks.bench_html

Histories are those of a correct versioned key/value store, and in the second table of
one that gives an old value once, late. Sizes are in megabytes, times in milliseconds.
"open" runs from the start of loading to the first frame, "zoom" is the median of single
zoom steps, each drawn; both need playwright and Chromium and are left out without them.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks.browser import chromium
from tester1.porcupine import KvInput, KvModel, KvOp, KvOutput, check
from tester1.porcupine.model import (
    Engine,
    Linearization,
    Model,
    Operation,
    PartitionResult,
    Result,
    Verdict,
)
from tester1.timeline.html import render_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES = ((1_000, 5), (10_000, 15), (100_000, 50))
"""Operations and clients."""
KEYS = 20
ZOOM_STEPS = 20

_MEASURE_ZOOM = """async (steps) => {
    const times = [];
    for (let i = 0; i < steps; i++) {
        const start = performance.now();
        raftlab.zoom(1.2);
        await raftlab.settled();
        times.push(performance.now() - start);
    }
    return times;
}"""
_FIRST_FRAME = """async () => {
    await raftlab.settled();
    return performance.now();
}"""


class _Store(Model[tuple[str, int], tuple[str, str, str, int], str]):
    """A versioned key/value store that believes everything; only described here."""

    def init(self) -> tuple[str, int]:
        return ("", 0)

    def step(
        self,
        state: tuple[str, int],
        input: tuple[str, str, str, int],
        output: str | None,
    ) -> tuple[str, int]:
        kind, _, value, version = input
        return (value, version + 1) if kind == "put" else state


@dataclass(frozen=True, slots=True)
class _Known:
    """The explanation of a legal partition: its linearization."""

    path: Linearization

    def reason(self) -> str:
        return ""

    def contradiction(self) -> tuple[int, ...]:
        return ()

    def core(self) -> tuple[int, ...]:
        return ()

    def linearizations(self) -> tuple[Linearization, ...]:
        return (self.path,)


def history(count: int, clients: int) -> Result:
    """The result of checking a run of this size."""
    generator = random.Random(count)
    parts = [
        _partition(f"k{key}", count // KEYS, clients, generator) for key in range(KEYS)
    ]
    return Result(Verdict.OK, _Store(), tuple(parts), 0.0)


def _partition(
    key: str, count: int, clients: int, generator: random.Random
) -> PartitionResult:
    operations, states, value, version = [], [], "", 0
    for i in range(count):
        at = (i + generator.random()) * 1e-3
        client = i % clients
        if generator.random() < 0.5:
            value = f"x {client} {i} y"
            inputs = ("put", key, value, version)
            version, output = version + 1, "OK"
        else:
            inputs, output = ("get", key, "", 0), repr((value, version, "OK"))
        # Less than half of the client's turn, so that its operations do not overlap.
        reach = clients * 0.4e-3 * generator.random()
        operations.append(Operation(client, inputs, output, at - reach, at + reach))
        states.append((value, version))
    path = Linearization(tuple(range(count)), tuple(states))
    return PartitionResult(
        key, Verdict.OK, tuple(operations), Engine.SWEEP, _Known(path)
    )


def stale_history(count: int, clients: int) -> list[Operation]:
    """A run on a single key in which a late Get sees an old version."""
    generator = random.Random(count)
    operations, value, version = [], "", 0
    for i in range(count):
        at = (i + generator.random()) * 1e-3
        reach = clients * 0.4e-3 * generator.random()
        output = KvOutput(value, version) if version else KvOutput(err="ErrNoKey")
        input = KvInput(KvOp.GET, "k")
        if i == count * 9 // 10:
            output = KvOutput("old", version - clients * 4)
        elif generator.random() < 0.5:
            output = KvOutput()
            input = KvInput(KvOp.PUT, "k", f"x {i % clients} {i} y", version)
            value, version = input.value, version + 1
        operations.append(Operation(i % clients, input, output, at - reach, at + reach))
    return operations


def times_in_browser(browser: Browser, page_text: str) -> tuple[float, float]:
    """The milliseconds to the first frame, and of a zoom step."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.html")
        path.write_text(page_text, encoding="utf-8")
        page = browser.new_page(viewport={"width": 1400, "height": 850})
        page.goto(path.as_uri())
        opened: float = page.evaluate(_FIRST_FRAME)
        steps: list[float] = page.evaluate(_MEASURE_ZOOM, ZOOM_STEPS)
        page.close()
    return opened, statistics.median(steps)


def main() -> None:
    """Print the table."""
    table = Table("operations", "page, MB", "write, ms", "open, ms", "zoom, ms")
    with chromium() as browser:
        for count, clients in SIZES:
            result = history(count, clients)
            start = time.perf_counter()
            text = render_html(result)
            elapsed_ms = (time.perf_counter() - start) * 1e3
            drawn = (
                [f"{ms:.0f}" for ms in times_in_browser(browser, text)]
                if browser
                else ["-", "-"]
            )
            size = f"{len(text.encode()) / 1e6:.2f}"
            table.add_row(f"{count:,}", size, f"{elapsed_ms:.0f}", *drawn)
    Console().print(table)
    illegal = Table("operations on one key", "reason, ms", "page with it, ms")
    for count, clients in SIZES[:2]:
        result = check(KvModel(), stale_history(count, clients))
        assert result.verdict is Verdict.ILLEGAL
        start = time.perf_counter()
        assert result.reason
        explained = time.perf_counter()
        render_html(result)
        written = time.perf_counter()
        figures = (explained - start, written - explained)
        illegal.add_row(f"{count:,}", *(f"{1e3 * each:.0f}" for each in figures))
    Console().print(illegal)


if __name__ == "__main__":
    main()
