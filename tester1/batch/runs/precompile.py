"""Compiles a submission once, so that none of its runs has to.

Compiling is most of what starting a server costs. It runs nothing, but a file can be
made to bring the compiler down, so a process that can be spared tries it first, within
limits.
"""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path
from typing import Final

from labrt.sim.world import precompile_simulated
from tester1.sandbox.confine import limit, limit_cpu
from tester1.sandbox.endings import wait_for

__all__ = ["precompile"]

_CPU_S: Final = 10
_MEMORY: Final = 1 << 30


def precompile(folder: Path, *, preempt_lines: bool) -> None:
    """Compile the Python files below `folder` for simulated runs, if that is safe."""
    # What the copy has compiled is gone with it, so it is all done twice. That is once
    # for a submission, and not once for each of its runs.
    if _is_safe(folder, preempt_lines=preempt_lines):
        _compile_all(folder, preempt_lines=preempt_lines)


def _is_safe(folder: Path, *, preempt_lines: bool) -> bool:
    pid = os.fork()
    if pid == 0:
        try:
            limit(resource.RLIMIT_CORE, 0)
            limit_cpu(_CPU_S)
            limit(resource.RLIMIT_DATA, _MEMORY)
            _compile_all(folder, preempt_lines=preempt_lines)
            os._exit(os.EX_OK)
        finally:  # also after an exception: this copy of the worker must not go on
            os._exit(os.EX_SOFTWARE)
    return wait_for(pid).exit_code == os.EX_OK


def _compile_all(folder: Path, *, preempt_lines: bool) -> None:
    for file in sorted(folder.rglob("*.py")):
        # What does not compile says so in every run.
        with contextlib.suppress(SyntaxError, ValueError, RecursionError):
            precompile_simulated(file, preempt_lines=preempt_lines)
