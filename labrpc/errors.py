"""What can go wrong with a remote call, one class for each party at fault.

A lost message is not an error: `Call` returns None for it. The classes here are
programming mistakes. All but `UsageError` are found while calls are under way and
end the run at once, through `Runtime.fail`; each message names the server, the
method and a line of the code that has to change.
"""

from __future__ import annotations


class LabrpcError(Exception):
    """Base of everything that this package raises.

    `programs` names the server, or the caller, in which it was found.
    """

    programs: tuple[str, ...] = ()


class UsageError(LabrpcError):
    """The tester's mistake: a name of an end or a server is unknown or taken."""


class UnknownMethodError(LabrpcError):
    """The caller's mistake: the server has no such service or method.

    Call one of the methods that the message lists, or give the service the method.
    """


class HandlerSignatureError(LabrpcError):
    """The handler's mistake: its `def` does not say what to decode and return.

    Write `def Method(self, args: ArgsType) -> ReplyType`.
    """


class TypeMismatchError(LabrpcError):
    """Two sides disagree about a type; the message names both types and both sides.

    Caller and handler differ about the arguments or about the reply, or a handler
    returned something else than it declares.
    """


class EncodingError(LabrpcError):
    """Arguments or a reply hold something that cannot be sent; the cause says what."""


class HandlerError(LabrpcError):
    """A handler raised an exception, which is the cause of this one."""
