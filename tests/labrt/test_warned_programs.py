"""What Python only warns of when it compiles a program does not stop it in a world."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from labrt import RealRuntime, SimRuntime

PROGRAM = r"""
    PATTERN = "\d"

    def main(given):
        if given is 5:
            return "five"
        try:
            return 1 / 0
        finally:
            return PATTERN
"""


@pytest.mark.parametrize("kind", [SimRuntime, RealRuntime])
def test_a_warning_of_the_compiler_is_no_error(
    kind: Callable[[], SimRuntime | RealRuntime], write_program: Callable[..., Path]
) -> None:
    """It runs even where warnings are errors, and they are shown as warnings."""
    folder = write_program(PROGRAM)
    runtime = kind()
    results = []

    def main() -> None:
        world = runtime.world("w", roots=[folder])
        results.append(world.load("program").main(1))

    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("error")
        runtime.run(main)
    assert results == [r"\d"]
    texts = [str(warning.message) for warning in shown]
    assert any("invalid escape sequence" in text for text in texts)
    assert any('"is" with' in text for text in texts)


def test_what_is_no_program_is_an_error(write_program: Callable[..., Path]) -> None:
    """Only warnings are let pass."""
    folder = write_program("def main(:\n    pass\n")
    runtime = SimRuntime()
    with pytest.raises(SyntaxError):
        runtime.run(lambda: runtime.world("w", roots=[folder]).load("program"))
