"""How large pages of whole runs are, and how quickly they open and move.

    python -m benchmarks.bench_timeline [FACTS …]

The runs are recorded here: clerks of the key/value service work while servers are cut
apart and crash, until there are so many facts for the page to show. It is written as
that of a run which failed in its last instant, so that it opens there.

"write" is the processor time that Python takes, from the facts to the file. In the
browser, "first" is the time from the beginning of the navigation to the first frame
that is drawn, "sight" until the facts are read that the page opens on, and "all" until
the last of them is. Then the wheel zooms for three seconds, and the mouse drags for
three: how many frames a second were drawn, and how long the worst of all took. "memory"
is what the page's process holds in the end. The browser's figures need playwright and
Chromium, and are left out without them.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import itertools
import math
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.browser import chromium
from kvraft1.testing.scaffold import KvraftTest, KvTestMaker, Setup, make_keys
from labrt import Fact, Facts, SimRuntime
from tester1.facts.kinds import TaskWaits, Waited
from tester1.facts.names import is_server
from tester1.lab import Lab, Mode, RunFailure
from tester1.timeline.picture import annotations_of, write_picture
from tester1.timeline.run_schema import PART_SIZE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = (50_000, 500_000)
"""How many facts the pages show."""
SEED = 11
CLERKS = 10
# So many facts have to fit into the time that a test may take.
HOP_DELAY = (0.002, 0.010)
SETUP = Setup(
    part="bench", clients=CLERKS, servers=5, random_keys=True, hop_delay=HOP_DELAY
)
WITH_WAITS = 1.6
"""How many facts a run is to have for each that a page shows, with some to spare."""
UNDISTURBED_S = 1.0
MOVING_S = 3.0
LONGEST_S = 120

# Before any of the page's own script: it takes the times as they come.
_WATCH = """(() => {
    const times = { picture: null, sight: null, all: null };
    window.watched = new Promise((resolve, reject) => {
        const look = () => {
            const [api, now] = [window.raftlab, performance.now()];
            if (api?.frame().number >= 1) {
                times.picture ??= now;
                if (api.loadedParts() >= 1) times.sight ??= now;
                if (api.loadedParts() * PART_SIZE >= api.factCount) times.all = now;
            }
            if (times.all !== null) resolve(times);
            else if (now > LONGEST_MS) reject(Error(JSON.stringify(times)));
            else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    });
})()"""
# The page makes the wheel's events itself, one a frame: the driver waits for two frames
# after each of its own. There and back, so that it passes every scale more than once.
_WHEEL = """(length) => new Promise((done) => {
    const canvas = document.getElementById("canvas");
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const place = { clientX: left + width / 2, clientY: top + height / 2 };
    const end = performance.now() + length;
    let turn = 0;
    const step = () => {
        const deltaY = Math.floor(turn++ / 40) % 2 ? -60 : 60;
        canvas.dispatchEvent(new WheelEvent("wheel",
            { ...place, deltaY, bubbles: true, cancelable: true }));
        if (performance.now() < end) requestAnimationFrame(step);
        else done();
    };
    requestAnimationFrame(step);
})"""
# Frames of the page are counted, not those of the browser, which may show one twice.
_COUNT = """() => {
    const begun = performance.now();
    const seen = { first: raftlab.frame().number, worst: 0, stop: false };
    let [number, at] = [seen.first, begun];
    const look = (now) => {
        if (raftlab.frame().number > number) {
            seen.worst = Math.max(seen.worst, now - at);
            [number, at] = [raftlab.frame().number, now];
        }
        if (!seen.stop) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    window.counted = () => {
        seen.stop = true;
        const seconds = (performance.now() - begun) / 1000;
        return [(number - seen.first) / seconds, seen.worst];
    };
}"""


@dataclass(frozen=True, slots=True)
class Moved:
    """How a page has moved: frames a second, and milliseconds of the worst."""

    rate: float
    worst_ms: float


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page costs in the browser; times in milliseconds."""

    picture: float
    sight: float
    all: float
    zoom: Moved
    pan: Moved
    memory_mb: float


def recorded(size: int) -> list[Fact]:
    """The facts of a run of which a page shows so many."""
    facts = Facts(most=None)
    lab = Lab(SimRuntime(SEED, facts=facts), Mode.SIM, SEED)

    def main() -> None:
        with KvTestMaker(lab, "bench_timeline")(SETUP) as test:
            _work(test, lambda: facts.count >= size * WITH_WAITS)

    # What the test says of itself is no part of this output.
    with contextlib.redirect_stdout(io.StringIO()):
        lab.run(main)
    kept = facts.kept
    shown = [
        i for i, fact in enumerate(kept) if not isinstance(fact, Waited | TaskWaits)
    ]
    return kept[: shown[size - 1] + 1]


def _work(test: KvraftTest, enough: Callable[[], bool]) -> None:
    """Have clerks work, and do everything to their servers, until it is enough."""
    stop = test.runtime.future()
    clerks = [test.make_clerk() for _ in range(CLERKS)]
    keys = make_keys(CLERKS * 4)
    working = test.spawn_all(
        [
            partial(test.one_client_put, i, clerk, keys, stop)
            for i, clerk in enumerate(clerks)
        ],
        name="client",
    )
    for server in itertools.cycle(test.group.servers()):
        if enough():
            break
        test.sleep(UNDISTURBED_S)
        others = [one for one in test.group.servers() if one != server]
        test.partition(others, [server])
        test.sleep(UNDISTURBED_S)
        test.connect_all()
        test.group.shutdown_server(server)
        test.sleep(UNDISTURBED_S)
        test.group.start_server(server)
        test.connect(server)
    stop.set()
    working.results()


def written(facts: Sequence[Fact], path: Path) -> float:
    """Write the page of a run; returns the processor seconds that it took."""
    gc.collect()
    start = time.process_time()
    write_picture(
        path,
        facts,
        annotations=annotations_of(facts),
        failure=RunFailure("the benchmark is over", [_last_server(facts)]),
        title="benchmark",
    )
    return time.process_time() - start


def _last_server(facts: Sequence[Fact]) -> str:
    return next(fact.server for fact in reversed(facts) if is_server(fact.server))


def in_browser(browser: Browser, path: Path) -> Shown:
    """Open a page, wait until it has read everything, and move it about."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    watch = _WATCH.replace("PART_SIZE", str(PART_SIZE))
    page.add_init_script(watch.replace("LONGEST_MS", str(LONGEST_S * 1000)))
    page.goto(path.as_uri(), wait_until="commit")
    times: dict[str, float] = page.evaluate("watched")
    box = page.locator("#canvas").bounding_box()
    assert box is not None, "the page has no canvas"
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.evaluate(_COUNT)
    page.evaluate(_WHEEL, MOVING_S * 1000)
    zoom = Moved(*page.evaluate("counted()"))
    page.mouse.down()
    pan = _moved(page, lambda turn: page.mouse.move(*_on_a_circle(middle, turn)))
    page.mouse.up()
    shown = Shown(**times, zoom=zoom, pan=pan, memory_mb=_memory_mb(browser))
    page.close()
    return shown


def _moved(page: Page, step: Callable[[int], None]) -> Moved:
    """Do steps of a movement for some seconds, as fast as the page takes them."""
    page.evaluate(_COUNT)
    end = time.perf_counter() + MOVING_S
    for turn in itertools.count():
        if time.perf_counter() > end:
            break
        step(turn)
    return Moved(*page.evaluate("counted()"))


def _on_a_circle(middle: tuple[float, float], turn: int) -> tuple[float, float]:
    angle = turn / 20
    return middle[0] + 300 * math.sin(angle), middle[1] + 20 * math.sin(angle)


def _memory_mb(browser: Browser) -> float:
    """Megabytes of the largest of the processes that show pages."""
    session = browser.new_browser_cdp_session()
    processes: list[dict[str, Any]] = session.send("SystemInfo.getProcessInfo")[
        "processInfo"
    ]
    session.detach()
    page_size = os.sysconf("SC_PAGE_SIZE")
    return max(
        int(Path(f"/proc/{one['id']}/statm").read_text().split()[1]) * page_size / 1e6
        for one in processes
        if one["type"] == "renderer"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, metavar="FACTS")
    sizes: Sequence[int] = parser.parse_args().sizes
    table = Table(
        *("facts", "page, MB", "write, s", "first, ms", "sight, ms", "all, ms"),
        *("zoom, fps", "pan, fps", "worst, ms", "memory, MB"),
    )
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for size in sizes:
            path = Path(folder, f"{size}.html")
            seconds = written(recorded(size), path)
            table.add_row(
                f"{size:,}",
                f"{path.stat().st_size / 1e6:.2f}",
                f"{seconds:.1f}",
                *(_cells(in_browser(browser, path)) if browser else ["-"] * 7),
            )
    Console().print(table)


def _cells(shown: Shown) -> list[str]:
    worst_ms = max(shown.zoom.worst_ms, shown.pan.worst_ms)
    figures = (
        *(shown.picture, shown.sight, shown.all),
        *(shown.zoom.rate, shown.pan.rate, worst_ms, shown.memory_mb),
    )
    return [f"{figure:.0f}" for figure in figures]


if __name__ == "__main__":
    main()
