"""The file of facts that a run leaves, for `raftlab logs` and for comparing runs."""

from __future__ import annotations

import contextlib

from tester1.facts.file import write_facts
from tester1.files import reason
from tester1.lab import Lab
from tester1.session.run_reference import RUN

__all__ = ["write_trace"]


def write_trace(lab: Lab) -> None:
    """Write the facts of a recorded run to the artifacts folder.

    A file that cannot be written is a problem of the lab's, and never the test's.
    """
    facts = lab.runtime.facts
    if facts is None or not facts.keeps or lab.artifacts is None:
        return
    path = lab.artifacts / f"{lab.file_stem}.trace"
    try:
        lab.artifacts.mkdir(parents=True, exist_ok=True)
        write_facts(path, facts.kept, {RUN: lab.about()})
    except OSError as error:
        with contextlib.suppress(OSError):  # half a record looks like a whole one
            path.unlink()
        lab.warnings.append(f"cannot write the trace to {path}: {reason(error)}")
    else:
        lab.files.append(path)
