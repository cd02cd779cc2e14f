"""What the report of a failed lab test adds to pytest's own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Final

from labrt.texts import harmless, harmless_lines, message_of
from tester1.lab import Lab

__all__ = ["describe_failure", "repeat_command", "unwritten_part"]

# What the methods of the starter code raise until they are written, inside the message
# of the failure that this leads to; behind it the message says where.
_UNWRITTEN: Final = re.compile(
    r"NotImplementedError: (part [34][A-D]\b.*?)(?:, in thread | \(at |\n|$)"
)


def describe_failure(lab: Lab, error: BaseException) -> list[str]:
    """When the test failed, after which fault, and who was stuck."""
    lines = []
    if lab.ending is not None:
        lines.append(f"failed at {lab.ending.time:.3f} s, {_last_fault(lab)}")
        message = message_of(error)
        stuck = map(harmless_lines, lab.ending.stuck)
        lines.extend(text for text in stuck if text not in message)
    return lines


def repeat_command(test: str, options: Sequence[str]) -> str:
    """The command that runs the test with that node id once more."""
    return shlex.join(["pytest", test, *options])


def unwritten_part(error: BaseException) -> str | None:
    """What is still to be written, if that is all that is wrong with the solution."""
    found = _UNWRITTEN.search(message_of(error))
    return None if found is None else found[1]


def _last_fault(lab: Lab) -> str:
    for config in reversed(lab.configs):
        fault = config.annotations.last_fault
        if fault is not None:
            return f"after {harmless(fault.text)} at {fault.start:.3f} s"
    return "before any fault"
