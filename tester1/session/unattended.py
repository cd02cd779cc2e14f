"""A run that nobody attends: the repetition of one that has failed.

The user has seen what the first run printed and has left the debugger that it opened.
The repetition is the harness's own business, and the user notices nothing of it:

- what it prints is dropped;
- a breakpoint does not stop it, whichever way the code asks for the debugger;
- who reads from the terminal finds its end.
"""

from __future__ import annotations

import contextlib
import io
import pdb
import sys
from collections.abc import Iterator

__all__ = ["unattended"]


@contextlib.contextmanager
def unattended() -> Iterator[None]:
    """Keep the block from the terminal."""
    with contextlib.ExitStack() as stack:
        # A stream each, and no null device: nothing is encoded, so nothing can fail.
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(_replaced(sys, "stdin", io.StringIO()))
        stack.enter_context(_replaced(sys, "breakpointhook", _pass_over))
        # pytest puts its own functions in the place of these two.
        for name in ("set_trace", "post_mortem"):
            stack.enter_context(_replaced(pdb, name, _pass_over))
        # Other debuggers are made of these.
        for name in ("set_trace", "interaction"):
            stack.enter_context(_replaced(pdb.Pdb, name, _pass_over))
        yield


@contextlib.contextmanager
def _replaced(owner: object, name: str, value: object) -> Iterator[None]:
    """Put something in the place of an attribute, which may be an inherited one."""
    missing = object()
    before = vars(owner).get(name, missing)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is missing:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


def _pass_over(*arguments: object, **options: object) -> None:
    """Stand in for a debugger."""
