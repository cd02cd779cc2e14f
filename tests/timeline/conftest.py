"""A headless Chromium for the tests of the visualization page.

The pages are opened from disk. Every test that opens one also demands, at its end,
that the page wrote nothing to the console, raised nothing, and requested nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tester1.porcupine.model import Result
from tester1.timeline.annotations import Annotation
from tester1.timeline.html import write_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium; skips the test if there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs the package playwright"
    )
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("needs Chromium as `chromium` (apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=executable, args=list(ARGUMENTS)
        )
        yield chromium
        chromium.close()


class Pages:
    """Writes pages and opens them, and remembers what they did that they must not."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._opened: list[Page] = []
        self.complaints: list[str] = []

    def open(
        self,
        result: Result | None,
        annotations: Sequence[Annotation] = (),
        *,
        title: str = "a page",
        colour_scheme: Literal["light", "dark"] = "light",
    ) -> View:
        """Write the page about a result, and open it from disk."""
        path = self._folder / f"page-{len(self._opened)}.html"
        write_html(result, path, annotations=annotations, title=title)
        return self.show(path, colour_scheme=colour_scheme)

    def show(
        self,
        path: Path,
        address: str = "",
        *,
        colour_scheme: Literal["light", "dark"] = "light",
        size: tuple[int, int] = (1280, 800),
        before: str = "",
    ) -> View:
        """Open a page from disk, at what its address says.

        `before` is a script that runs before any of the page's own.
        """
        width, height = size
        page = self._browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=colour_scheme
        )
        # A bound for a page that hangs: how long a busy machine takes is no concern.
        page.set_default_timeout(60_000)
        if before:
            page.add_init_script(before)
        self._opened.append(page)
        self._watch(page)
        page.goto(path.as_uri() + address)
        view = View(page)
        view.settle()
        return view

    def _watch(self, page: Page) -> None:
        complain = self.complaints.append
        page.on("console", lambda m: complain(f"console {m.type}: {m.text}"))
        page.on("pageerror", lambda error: complain(f"error: {error}"))
        page.on("request", self._judge)

    def _judge(self, request: Request) -> None:
        if not request.url.startswith(("file:", "data:")):
            self.complaints.append(f"request: {request.url}")

    def close(self) -> None:
        """Close all pages."""
        for page in self._opened:
            page.close()


class View:
    """One open page: `window.raftlab` and the mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def call(self, name: str, *arguments: object) -> Any:
        """Call a function of `window.raftlab`, or read one of its values."""
        return self.page.evaluate(
            "([name, values]) => typeof raftlab[name] === 'function'"
            " ? raftlab[name](...values) : raftlab[name]",
            [name, list(arguments)],
        )

    def settle(self) -> dict[str, int]:
        """Wait for the frame that shows all changes; return what it drew."""
        self.page.evaluate("raftlab.settled()")
        frame: dict[str, int] = self.call("frame")
        return frame

    def middle_of(self, operation: int) -> tuple[float, float]:
        """The middle of the part of an operation that is in sight."""
        box = self.call("boxOf", operation)
        canvas = self.page.locator("#canvas").bounding_box()
        assert box is not None
        assert canvas is not None
        right = min(box["x"] + box["width"], canvas["x"] + canvas["width"])
        left = max(box["x"], canvas["x"])
        return (left + right) / 2, box["y"] + box["height"] / 2

    def click(self, operation: int) -> None:
        """Click in the middle of an operation."""
        self.page.mouse.click(*self.middle_of(operation))

    def colour_at(self, x: float, y: float) -> str:
        """The colour of the timeline at a point of the page, "#rrggbb"."""
        colour: str = self.page.evaluate(
            """([x, y]) => {
                const canvas = document.getElementById("canvas");
                const corner = canvas.getBoundingClientRect();
                const scale = canvas.width / corner.width;
                const copy = new OffscreenCanvas(1, 1).getContext("2d");
                copy.drawImage(canvas, Math.floor((x - corner.left) * scale),
                    Math.floor((y - corner.top) * scale), 1, 1, 0, 0, 1, 1);
                const pixel = copy.getImageData(0, 0, 1, 1).data;
                return "#" + [...pixel.slice(0, 3)]
                    .map((part) => part.toString(16).padStart(2, "0")).join("");
            }""",
            [x, y],
        )
        return colour

    def theme(self, name: str) -> str:
        """A colour of the style sheet."""
        colour: str = self.page.evaluate(
            "(name) => getComputedStyle(document.documentElement)"
            ".getPropertyValue(name).trim()",
            f"--{name}",
        )
        return colour

    def text(self, selector: str) -> str:
        """The visible text of an element."""
        return self.page.locator(selector).inner_text()


OpenPage = Callable[..., View]


@pytest.fixture
def pages(browser: Browser, tmp_path: Path) -> Iterator[Pages]:
    """Pages in the browser; demands afterwards that they were quiet."""
    pages = Pages(browser, tmp_path)
    yield pages
    pages.close()
    assert pages.complaints == []


@pytest.fixture
def open_page(pages: Pages) -> OpenPage:
    """Open pages, and demand afterwards that they were quiet."""
    return pages.open
