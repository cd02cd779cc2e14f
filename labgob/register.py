"""`Register` and `RegisterName`: let a class travel in fields of type `Any`."""

from __future__ import annotations

from labgob.compiler import plan_of
from labgob.errors import EncodeError, Misfit, type_name
from labgob.registry import current_registry


def Register(value: object) -> None:
    """Register a dataclass or an enum, or the class of an instance of one.

    It takes effect in the current registry, under the name of the class's module and
    the class; another class registered under that name before is forgotten. Raises
    EncodeError for a class that labgob does not carry.
    """
    _register(value, None)


def RegisterName(name: str, value: object) -> None:
    """Register under a name of your own, which both sides must use."""
    _register(value, name)


def _register(value: object, name: str | None) -> None:
    cls = value if isinstance(value, type) else type(value)
    try:
        plan_of(cls)  # for its checks of the fields
    except Misfit:
        raise EncodeError(
            f"labgob cannot register {type_name(cls)}, which is neither a dataclass "
            "nor an enum: decorate it with @dataclass"
        ) from None
    current_registry().register(cls, name)
