"""What labgob complains about without stopping the program.

Two habits lose data quietly: a field that is never sent because its name starts with
an underscore (the Python form of Go's lower-case field), and decoding into a variable
that has been used before. Both are counted, and told on standard output; neither is
an error for the caller. The counter is read by labgob's own tests only.
"""

from __future__ import annotations

import dataclasses

_MAX_LEVEL = 3  # the default check looks at most this deep; the target is level 1
_LEAVES = (bool, int, float, str)

_count = 0
_reported: set[tuple[str, str]] = set()


def error_count() -> int:
    """How many complaints there have been in this process."""
    return _count


def underscore_field(type_name: str, field: str) -> None:
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


def check_default(target: object) -> None:
    """Report each used variable in a dataclass instance that is decoded into."""
    _check_default(target, "value", 1)


def _check_default(value: object, name: str, level: int) -> None:
    if level > _MAX_LEVEL:
        return
    if isinstance(value, _LEAVES):
        if value:
            _used_variable(name)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            _check_default(getattr(value, field.name), field.name, level + 1)


def _used_variable(name: str) -> None:
    global _count
    if _count == 0:
        print(
            f"labgob warning: Decoding into a non-default variable/field {name}; "
            "pass the class to Decode, or a fresh instance"
        )
    _count += 1
