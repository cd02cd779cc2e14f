"""What can be wrong with a batch before, or while, it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from labrt.texts import message_of

__all__ = ["BatchError", "SubmissionError", "writing"]


class BatchError(ValueError):
    """A batch cannot be done as it was asked for; the message says what to do."""


class SubmissionError(BatchError):
    """A submission cannot be used; the message says why, in one line."""


@contextlib.contextmanager
def writing(place: Path) -> Iterator[None]:
    """Make a `BatchError` of whatever goes wrong with files below a place."""
    try:
        yield
    except OSError as error:
        if error.strerror is None:  # it says all by itself
            raise BatchError(message_of(error)) from None
        # Where a file is written by number, the error names none.
        path = place if error.filename is None else error.filename
        raise BatchError(f"cannot write to {path}: {error.strerror}") from None
