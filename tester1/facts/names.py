"""The names of programs and threads, as facts have them and as lines of text do."""

from __future__ import annotations

import re

__all__ = ["is_server", "is_testers_thread", "number_of"]


def is_server(name: str) -> bool:
    """Whether a program is a server, and not a client."""
    return name.startswith("server-")


def number_of(name: str) -> str:
    """What a line of text calls a program: a server's number, a client's whole name."""
    return name.rpartition("-")[2] if is_server(name) else name


def is_testers_thread(name: str) -> bool:
    """Whether a thread in a program's world is the tester's: what takes in applied."""
    return re.fullmatch(r"applier-\d+-\d+", name) is not None
