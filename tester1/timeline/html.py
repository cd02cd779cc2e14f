"""The visualization page: one HTML file that opens from disk, without a network.

`write_html` puts a page together from `assets/` (markup, style and script, each
file of one subject), and from the data that `history_data` makes of a result and
annotations, and `run_data` of the facts of a run. Rules that keep it honest:

- The page fetches nothing and says so: its content security policy forbids every
  request, and admits only its own style and script, by hash.
- A value of the history can never become markup or script (`page_json`).
- A file appears whole or not at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
import tempfile
import zlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from tester1.porcupine.model import Result
from tester1.timeline.history_data import AnnotationLike, page_data
from tester1.timeline.pool import encodable
from tester1.timeline.run_data import RunData
from tester1.timeline.schema import page_json

SCRIPTS = (
    "history",
    "instants",
    "rows",
    "layout",
    "window",
    "stage",
    "text",
    "run",
    "lives",
    "states",
    "theme",
    "note_colours",
    "draw_frame",
    "draw_annotations",
    "draw_operations",
    "draw_paths",
    "draw_sides",
    "draw_servers",
    "draw_marks",
    "draw_messages",
    "draw_pins",
    "draw_callouts",
    "draw_cursor",
    "draw_footer",
    "svg",
    "print",
    "overview",
    "query",
    "cursor",
    "panel",
    "finding",
    "fact_details",
    "details",
    "tooltip",
    "table",
    "tables",
    "facts_table",
    "filters",
    "walk",
    "play",
    "address",
    "help",
    "surroundings",
    "history_page",
    "run_page",
    "input",
    "app",
    "api",
    "main",
)
"""The page's script, in the order in which the files are joined; main starts it."""
DEFAULT_TITLE = "Operation history"


class PageError(OSError):
    """The page could not be written; the message names the file and what to do."""


def write_html(
    result: Result | None,
    path: Path,
    *,
    annotations: Sequence[AnnotationLike] = (),
    title: str = "",
    about: str = "",
    run: RunData | None = None,
) -> None:
    """Write the page about a result, or, without one, about annotations alone.

    With `run` it is the picture of a whole run, of which both are a part.

    `about` is shown to nobody: the page carries it for programs, in its head as the
    meta element of that name. Replaces what is at `path`. Times of the history and of
    the annotations are seconds on one clock.

    Raises:
        PageError: the directory does not exist or cannot be written.
    """
    text = render_html(
        result, annotations=annotations, title=title, about=about, run=run
    )
    try:
        _replace(Path(os.path.realpath(path)), text.encode())
    except OSError as error:
        raise PageError(
            f"cannot write the visualization to {path}: {error.strerror or error}; "
            "choose a file in a directory that exists and can be written to"
        ) from error


def render_html(
    result: Result | None,
    *,
    annotations: Sequence[AnnotationLike] = (),
    title: str = "",
    about: str = "",
    run: RunData | None = None,
) -> str:
    """The page that `write_html` writes."""
    title = title or DEFAULT_TITLE
    style, script = _style(), _script()
    parts = {
        "policy": _policy(style, script),
        "title": html.escape(encodable(title)),
        "about": html.escape(encodable(about)),
        "style": style,
        "script": script,
        "data": page_json(
            page_data(result, annotations, title, None if run is None else run.index)
        ),
        "early": "",
        "late": "",
    }
    if run is not None:
        parts["early"], parts["late"] = _run_texts(run)
    # In one pass, so that nothing within the data is taken for a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda m: parts[m[1]], _asset("page.html"))


def _run_texts(run: RunData) -> tuple[str, str]:
    """The texts of a run that the script needs at once, and those that may follow."""
    facts = [_text(f"facts-{i}", part) for i, part in enumerate(run.parts)]
    at_once = [facts.pop(run.first_part)] if facts else []
    # The script runs while what follows it is still being read.
    early = [_text("states", run.states), *at_once]
    return "\n".join(early), "\n".join([*facts, _text("waits", run.waits)])


def _text(name: str, data: msgspec.Struct) -> str:
    """A text of the page that its script reads when it wants to: JSON, deflated."""
    deflate = zlib.compressobj(level=6, wbits=-zlib.MAX_WBITS)
    packed = deflate.compress(msgspec.json.encode(data)) + deflate.flush()
    content = base64.b64encode(packed).decode()
    return f'<script type="text/plain" id="{name}">{content}</script>'


def _replace(path: Path, content: bytes) -> None:
    if path.exists() and not path.is_file():
        # A device or pipe (VIS_FILE=/dev/stdout) is written to, never replaced.
        path.write_bytes(content)
        return
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # Temporary files are private; the page is for whoever may read the directory.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@cache
def _asset(name: str) -> str:
    folder = resources.files("tester1.timeline") / "assets"
    return (folder / name).read_text(encoding="utf-8")


@cache
def _style() -> str:
    return _asset("page.css")


@cache
def _script() -> str:
    files = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    # One scope of its own for all files: nothing leaks into the page but raftlab.
    return f'"use strict";\n(() => {{\n{files}\n}})();\n'


def _policy(style: str, script: str) -> str:
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()
