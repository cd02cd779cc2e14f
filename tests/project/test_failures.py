"""A failure whose message names servers says so in data as well: reports go by that."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

import pytest

from tester1.solution import REFERENCE_ROOT
from tester1.suites import SUITES, suites_root

ENDS: Final = {"ApplyMismatch", "LabFailure", "apply_error", "fail", "fatal", "require"}
"""What ends a test with a message, by the last part of its name."""

_NAMED: Final = re.compile(r"\b(?:servers?|leader)(?: |=| = )$")


def names_a_server(message: ast.expr) -> bool:
    """Whether an f-string puts a server's number behind the word."""
    return any(
        isinstance(text, ast.Constant)
        and isinstance(value, ast.FormattedValue)
        and bool(_NAMED.search(str(text.value)))
        for part in ast.walk(message)
        if isinstance(part, ast.JoinedStr)
        for text, value in zip(part.values, part.values[1:], strict=False)
    )


def silent(source: str) -> Iterator[int]:
    """The lines of calls that name a server in their message, and nowhere else."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        carries = any(keyword.arg == "servers" for keyword in node.keywords)
        if name == "ApplyMismatch":
            carries = len(node.args) > 1
        if name in ENDS and not carries and any(map(names_a_server, node.args)):
            yield node.lineno


def test_failures_carry_the_servers_that_they_name() -> None:
    """In what the labs' tests are made of, and in the tests themselves."""
    folders = [
        REFERENCE_ROOT / "raft1" / "testing",
        REFERENCE_ROOT / "kvraft1" / "testing",
    ]
    folders += [suites_root() / suite for suite in SUITES]
    found = [
        f"{file.relative_to(REFERENCE_ROOT)}:{line}"
        for folder in folders
        for file in sorted(folder.glob("*.py"))
        for line in silent(file.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("call", "is_silent"),
    [
        ("test.fail('x', f'server {i} is odd')", True),
        ("self.require(ok, f'leader = {i} in term {t}')", True),
        ("raise ApplyMismatch(f'index={i} server={s}')", True),
        ("test.fail('x', f'server {i} is odd', servers=[i])", False),
        ("raise ApplyMismatch(f'index={i} server={s}', s)", False),
        ("test.fail('x', f'{n} servers are odd')", False),
        ("print(f'server {i}')", False),
    ],
)
def test_silence_is_heard(call: str, is_silent: bool) -> None:
    """The check tells the one from the other."""
    assert bool(list(silent(call))) is is_silent
