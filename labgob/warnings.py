"""Warnings: what labgob reports without stopping the program.

Two habits lose data quietly: a field that is never sent because its name starts with
an underscore (the Python form of Go's lower-case field), and decoding into a variable
that has been used before. Both are counted, and told on standard output; neither is
an error for the caller. The counter is read by labgob's own tests only.
"""

from __future__ import annotations

import dataclasses

_MAX_LEVEL = 3  # variables in use are looked for this deep; the target is level 1
_LEAVES = (bool, int, float, str)

_count = 0
_reported: set[tuple[str, str]] = set()  # only asked, never gone over


def error_count() -> int:
    """How many warnings there have been in this process, printed or not."""
    return _count


def warn_of_underscore(type_name: str, field: str) -> None:
    """Report a field that is not sent, once per type and process.

    `type_name` is the wire name, which every fresh copy of a module shares.
    """
    global _count
    if (type_name, field) in _reported:
        return
    _reported.add((type_name, field))
    _count += 1
    print(
        f"labgob error: underscore field {field} of {type_name} is left out of every "
        "message and saved state; drop the underscore if it has to travel"
    )


def warn_of_used_variables(target: object) -> None:
    """Report each variable in use in a dataclass instance that is decoded into."""
    _look_for_used(target, "value", 1)


def _look_for_used(value: object, name: str, level: int) -> None:
    if level > _MAX_LEVEL:
        return
    if isinstance(value, _LEAVES):
        if value:
            _used_variable(name)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            _look_for_used(getattr(value, field.name), field.name, level + 1)


def _used_variable(name: str) -> None:
    global _count
    # Told once, as in the course; from then on it is counted only.
    if _count == 0:
        print(
            f"labgob warning: Decoding into a non-default variable/field {name}; "
            "pass the class to Decode, or a fresh instance"
        )
    _count += 1
