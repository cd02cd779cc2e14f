"""The events of a run in a file, for `raftlab logs` and for comparing two runs.

One event a line, its time, kind, place and text set apart by tabs. A text of several
lines goes on in lines that begin with a tab. What UTF-8 cannot carry is escaped.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from labrt import TraceEvent
from tester1.files import reason
from tester1.lab import Lab

__all__ = ["UnreadableTrace", "read_events", "write_events", "write_trace"]


class UnreadableTrace(ValueError):
    """The file holds no trace; the message names the line that shows it."""


def write_events(path: Path, events: Iterable[TraceEvent]) -> None:
    """Write the events, in place of what the file may hold."""
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        for event in events:
            text = event.text.replace("\n", "\n\t")
            file.write(f"{event.time:.6f}\t{event.kind}\t{event.where}\t{text}\n")


def read_events(path: Path) -> list[TraceEvent]:
    """The events that `write_events` wrote.

    Raises `UnreadableTrace` for a file of another kind, `OSError` as `open` does.
    """
    events: list[TraceEvent] = []
    # As bytes, so that no other character passes for the end of a line.
    lines = path.read_bytes().decode(errors="replace").split("\n")
    # Every event ends its line. What follows the last end is empty, or an event that
    # was cut off while it was written.
    for number, line in enumerate(lines[:-1], start=1):
        if line.startswith("\t") and events:
            last = events.pop()
            text = f"{last.text}\n{line[1:]}"
            events.append(TraceEvent(last.time, last.kind, last.where, text))
            continue
        try:
            # No more than three times: a text may have tabs of its own.
            time, kind, where, text = line.split("\t", 3)
            events.append(TraceEvent(float(time), kind, where, text))
        except ValueError:
            raise UnreadableTrace(f"{path}:{number} is no event of a trace") from None
    return events


def write_trace(lab: Lab) -> None:
    """Write the events of a traced run to the artifacts folder.

    A file that cannot be written is a problem of the lab's, and never the test's.
    """
    trace = lab.runtime.trace
    if trace is None or lab.artifacts is None:
        return
    path = lab.artifacts / f"{lab.file_stem}.trace"
    try:
        lab.artifacts.mkdir(parents=True, exist_ok=True)
        write_events(path, trace.events)
    except OSError as error:
        with contextlib.suppress(OSError):  # half a trace looks like a whole one
            path.unlink()
        lab.warnings.append(f"cannot write the trace to {path}: {reason(error)}")
    else:
        lab.files.append(path)
