"""The names of programs, as facts have them and as lines of text call them."""

from __future__ import annotations

__all__ = ["is_server", "number_of"]


def is_server(name: str) -> bool:
    """Whether a program is a server, and not a client."""
    return name.startswith("server-")


def number_of(name: str) -> str:
    """What a line of text calls a program: a server's number, a client's whole name."""
    return name.rpartition("-")[2] if is_server(name) else name
