"""The data of a visualization page, as its script reads it (`assets/history.js`).

Columns of numbers, times in nanoseconds, and one pool of distinct strings: that
keeps 10,000 operations around one megabyte of JSON.
"""

from __future__ import annotations

import msgspec

from tester1.timeline.run_schema import RunIndex

Fragment = str | int
"""A piece of a sentence: text, or the number of an operation to link to."""


class OperationColumns(msgspec.Struct, frozen=True):
    """All operations, by number; one list per attribute."""

    client: list[int]
    """Position in `PageData.clients`."""
    call: list[int]
    """Nanoseconds after the previous operation's call (the first: after origin)."""
    duration: list[int]
    """Nanoseconds to the return; -1 if it never returned."""
    part: list[int]
    """Position in `PageData.parts`."""
    text: list[int]
    input: list[int]
    output: list[int]
    """These three are positions in `PageData.strings`; output is -1 if unknown."""


class PathData(msgspec.Struct, frozen=True):
    """A linearization: the first `keep` steps of path `base`, then these."""

    base: int
    keep: int
    order: list[int]
    states: list[int]
    """State after each step, as positions in `PageData.strings`."""


class PartData(msgspec.Struct, frozen=True):
    """One partition of the history."""

    name: str
    verdict: str
    engine: str
    size: int
    initial: int
    reason: list[Fragment]
    contradiction: list[int]
    core: list[int]
    paths: list[PathData]
    """Longest first."""
    omitted: int
    """Linearizations left out to keep the page small."""


class AnnotationData(msgspec.Struct, frozen=True):
    """One annotation, in nanoseconds after the origin; end None for a point."""

    tag: str
    start: int
    end: int | None
    text: str
    details: str
    colour: str


class PageData(msgspec.Struct, frozen=True):
    """Everything that the page shows."""

    title: str
    verdict: str
    """A `Verdict`'s value; "" for a page of annotations alone."""
    elapsed: float
    clock: str
    """How to read the times; "" if they are those of the history."""
    clients: list[int]
    strings: list[str]
    operations: OperationColumns
    parts: list[PartData]
    annotations: list[AnnotationData]
    run: RunIndex | None = None
    """What there is of the run besides; null for a history alone."""


def page_json(page: PageData) -> str:
    """The page's data as JSON that is safe inside a `<script>` element.

    No markup can begin in it, whatever the values of the history are.
    """
    text = msgspec.json.encode(page).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
