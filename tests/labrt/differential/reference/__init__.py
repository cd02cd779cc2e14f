"""What the documentation of `threading`, `queue` and `concurrent.futures` allows.

`explore` asks the questions; the other modules are the rules, a module for each family
of operations, over the state in `state`.
"""

from __future__ import annotations

from tests.labrt.differential.reference.explore import (
    TooLarge,
    allowed_results,
    is_allowed,
)

__all__ = ["TooLarge", "allowed_results", "is_allowed"]
