"""Which harness a result was had with: a digest of its code.

A run is only the same run if scheduler, network, tester and test are the same. So the
digest covers all code that can have a part in a verdict, the reference solution
included: it stands in for what a submission lacks. Batches and the command line decide
nothing and are left out.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tester1.solution import LAB_PACKAGES, REFERENCE_ROOT
from tester1.suites import SUITES, suites_root

__all__ = ["harness_version"]

_DIGITS: Final = 12
_NO_VERDICTS: Final = ("batch", "cli", "starter")


@functools.cache
def harness_version() -> str:
    """The version of everything that a verdict depends on."""
    digest = hashlib.sha256()
    for root, path in _sources():
        data = path.read_bytes()
        # With name and length, so that nothing can move from one file to the next
        # unseen.
        digest.update(f"{path.relative_to(root)}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:_DIGITS]


def _sources() -> Iterator[tuple[Path, Path]]:
    """Each file with the folder that its name is relative to."""
    for package in ("labrt", "labgob", "labrpc", "tester1", *LAB_PACKAGES):
        folder = REFERENCE_ROOT / package
        for path in sorted(folder.rglob("*.py")):
            if path.relative_to(folder).parts[0] not in _NO_VERDICTS:
                yield REFERENCE_ROOT, path
    for suite in SUITES:
        for path in sorted((suites_root() / suite).rglob("*.py")):
            yield suites_root(), path
