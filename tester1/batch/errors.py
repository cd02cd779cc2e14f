"""What can be wrong with a batch before, or while, it runs."""

from __future__ import annotations

__all__ = ["BatchError", "SubmissionError"]


class BatchError(ValueError):
    """A batch cannot be done as it was asked for; the message says what to do."""


class SubmissionError(BatchError):
    """A submission cannot be used; the message says why, in one line."""
