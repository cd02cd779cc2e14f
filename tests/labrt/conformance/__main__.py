"""Print how CPython's tests of threads fare in worlds, module by module."""

from __future__ import annotations

import argparse
import platform
import sys

from tests.labrt.conformance import suite, tally
from tests.labrt.conformance.exceptions import Cause
from tests.labrt.conformance.tally import Tally, Verdict
from tests.labrt.conformance.worlds import list_tests

_LAYOUT = "{:43} {:>5} {:>6} {:>7} {:>5} {:>5} {:>8} {:>10}"
_HEADER = (
    "module",
    "tests",
    "passed",
    "process",
    "world",
    "wrong",
    "of all",
    "of threads",
)


def main() -> int:
    """Run the tests; return 1 if one does not end as the list says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of every test's run")
    seed: int = parser.parse_args().seed
    root = suite.library()
    if root is None:
        print("this Python was installed without its tests")
        return 0
    modules, missing = suite.modules(root)
    print(f"Python {platform.python_version()}, seed {seed}")
    surprises = _print_table(modules, seed)
    for topic in missing:
        print(f"{topic} is not installed")
    for verdict in surprises:
        print(f"\n{verdict.test} {verdict.surprise}")
    return 1 if surprises else 0


def _print_table(modules: list[str], seed: int) -> list[Verdict]:
    """Run the modules' tests and return those that did not end as the list says."""
    print(_LAYOUT.format(*_HEADER))
    whole, surprises = Tally(), []
    for module in modules:
        part = Tally()
        for test in list_tests(module):
            verdict = tally.verdict(test, seed)
            part.add(verdict)
            whole.add(verdict)
            if verdict.surprise:
                surprises.append(verdict)
        _print_row(module, part)
    _print_row("all", whole)
    print(f"{whole.listed[Cause.ELSEWHERE]} more skip themselves on any such system")
    return surprises


def _print_row(name: str, part: Tally) -> None:
    numbers = (part.tests, part.passed, part.listed[Cause.PROCESS])
    shares = (f"{part.share:.1f} %", f"{part.share_of_threads:.1f} %")
    print(
        _LAYOUT.format(name, *numbers, part.listed[Cause.WORLD], part.wrong, *shares),
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
