"""Services with the mistakes that handlers have, and some handlers without any.

A mistake that a type checker would find has a note for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass
class Args:
    """The arguments of a well-made handler."""

    Term: int = 0


@dataclass
class OtherArgs:
    """Another class of the same shape."""

    Term: int = 0


@dataclass
class Reply:
    """The reply of a well-made handler."""

    Term: int = 0


@dataclass
class OtherReply:
    """Another class of the same shape."""

    Term: int = 0


class Opaque:
    """Something that no codec can encode."""


def logged(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a handler the way students do."""

    @wraps(method)
    def wrapper(*args: Any) -> Any:
        return method(*args)

    return wrapper


class Good:
    """Handlers that are all right, each in its own way."""

    Constant: ClassVar[int] = 5
    Class = Args

    def Plain(self, args: Args) -> Reply:
        """The term."""
        return Reply(args.Term)

    @logged
    def Decorated(self, args: Args) -> Reply:
        """The term, through a decorator."""
        return Reply(args.Term)

    @staticmethod
    def Static(args: Args) -> Reply:
        """The term, without an object."""
        return Reply(args.Term)

    @classmethod
    def OfClass(cls, args: Args) -> Reply:
        """The term, knowing the class only."""
        return Reply(args.Term)

    def Anything(self, args: Any) -> Any:
        """The arguments, whatever they are."""
        return args

    def Generic(self, args: list[int]) -> dict[str, int]:
        """Count."""
        return {"count": len(args)}

    def Either(self, args: int | str) -> int | str:
        """The arguments, of one type or the other."""
        return args

    def Nothing(self, args: None) -> int:
        """Take no arguments."""
        return 1

    def _Private(self, args: Args) -> Reply:
        return Reply(args.Term)

    @property
    def Property(self) -> int:
        """Fail: nobody may look at it while searching for methods."""
        raise AssertionError


class Bad:
    """Handlers with one mistake each."""

    def TwoArguments(self, args: Args, reply: Reply) -> None:
        """Follow the Go signature."""

    def NoArguments(self) -> Reply:
        """Take nothing."""
        return Reply()

    def Starred(self, *args: Args) -> Reply:
        """Take anything."""
        return Reply()

    def NoArgsType(self, args) -> Reply:  # type: ignore[no-untyped-def]  # on purpose
        """Leave the arguments' type out."""
        return Reply()

    def NoReplyType(self, args: Args):  # type: ignore[no-untyped-def]  # on purpose
        """Leave the reply's type out."""
        return Reply()

    def ReturnsNone(self, args: Args) -> None:
        """Reply nothing."""

    def MayReturnNone(self, args: Args) -> Reply | None:
        """Reply something or nothing."""
        return None

    def Unresolved(self, args: Decimal) -> Reply:
        """Take a type that is imported for the type checker only."""
        return Reply()

    def TakesOpaque(self, args: Opaque) -> Reply:
        """Take what cannot be encoded."""
        return Reply()

    def ForgetsReturn(self, args: Args) -> Reply:
        """Nothing, after all."""
        if args.Term < 0:
            return Reply()
        reply: Any = None
        return reply  # type: ignore[no-any-return]  # as an untyped caller would

    def ReturnsOther(self, args: Args) -> Reply:
        """An object of another class than promised."""
        other: Any = OtherReply()
        return other  # type: ignore[no-any-return]  # as an untyped caller would

    def ReturnsNoneOfTwo(self, args: Args) -> Reply | OtherReply:
        """An object of neither of two classes."""
        reply: Any = None
        return reply  # type: ignore[no-any-return]  # as an untyped caller would

    def ReturnsOpaque(self, args: Args) -> Opaque:
        """What cannot be encoded."""
        return Opaque()

    def Raises(self, args: Args) -> Reply:
        """Look up a key that is not there."""
        entries: dict[int, Reply] = {}
        return entries[args.Term]

    def RaisesInLibrary(self, args: Args) -> Reply:
        """Let a library raise."""
        return Reply(json.loads("{"))
