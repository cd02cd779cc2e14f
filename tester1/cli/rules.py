"""`raftlab rules`: which rules are watched, and how a solution's messages are read."""

from __future__ import annotations

import textwrap
from typing import Final

from labrt.texts import harmless
from tester1.cli.errors import InputError
from tester1.cli.options import SolutionOption, chosen_solution
from tester1.rules.findings import Rule
from tester1.rules.inspecting import inspect_solution
from tester1.rules.names import Names, Role
from tester1.rules.raft.rules import RAFT_RULES
from tester1.rules.service.rules import SERVICE_RULES
from tester1.solution import SolutionError

__all__ = ["rules_command"]

_WIDTH = 88


def rules_command(solution: SolutionOption = None) -> None:
    """List the rules that watch every run, and how messages are read.

    The fields of a solution's own messages are recognised by their names. Where one is
    not, the rules that need it are off, and this says which; a run says it as well.

    Exit status: 0 listed, 2 there is no such solution, or it cannot be loaded.
    """
    choice = chosen_solution(solution)
    print(choice.line)
    try:
        reading = inspect_solution(choice.folder)
    except SolutionError as error:
        raise InputError(str(error)) from None
    print("\nHow its messages are read:")
    for message, names in reading.names.items():
        print(_wrapped(_read(message, names), "  "))
    for line in reading.silenced:
        print(_wrapped(harmless(line), "  "))
    off = reading.rules_off()
    print("\nThe rules of Raft, with the sections of the paper:")
    _print_rules(RAFT_RULES, off)
    print("\nThe rules of the replicated state machine and of the service:")
    _print_rules(SERVICE_RULES, ())


_NOT: Final = {False: "", True: "not "}
_VERDICTS: Final = (Role.GRANTED, Role.SUCCESS)


def _read(message: str, names: Names) -> str:
    fields = ", ".join(
        f"{role}: {_NOT[names.negated and role in _VERDICTS]}{harmless(field.name)}"
        for role, field in names.fields.items()
    )
    return f"{harmless(message)}, {harmless(names.type_name)}: {fields or 'nothing'}"


def _print_rules(rules: tuple[Rule, ...], off: list[Rule] | tuple[Rule, ...]) -> None:
    for rule in rules:
        state = "  [off]" if rule in off else ""
        print(f"  {rule.name} ({rule.section}){state}")
        print(_wrapped(rule.promise, "      "))
        print(_wrapped(f"Watched: {rule.watches}.", "      "))


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  "
    )
