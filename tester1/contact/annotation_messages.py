"""The messages of the tester's service `TesterRPC`: annotations made by programs."""

from __future__ import annotations

from dataclasses import dataclass

ANNOTATE = "TesterRPC.PostAnnotatorPoint"
TIMESTAMP = "TesterRPC.GetAnnotatorTimestamp"
INFO_INTERVAL = "TesterRPC.PostAnnotatorInfoInterval"


@dataclass(frozen=True, slots=True)
class Point:
    """A label at one instant, on the row called `tag`."""

    tag: str
    text: str
    details: str


@dataclass(frozen=True, slots=True)
class InfoInterval:
    """A label from `start`, in seconds of the test, until now."""

    start: float
    text: str
    details: str


@dataclass(frozen=True, slots=True)
class TimestampArgs:
    """Ask for the test's time."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """The test's time in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Done:
    """The annotation was made."""
