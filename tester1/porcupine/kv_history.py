"""Requests to the labs' versioned key/value service, and a clerk's answers."""

from __future__ import annotations

import enum

import msgspec

OK = "OK"
ERR_NO_KEY = "ErrNoKey"
ERR_VERSION = "ErrVersion"
ERR_MAYBE = "ErrMaybe"


class KvOp(enum.Enum):
    """What a client asks for."""

    GET = "get"
    PUT = "put"


class KvInput(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A request; `value` and `version` are a Put's."""

    op: KvOp
    key: str
    value: str = ""
    version: int = 0


class KvOutput(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """An answer of a clerk; `value` and `version` are a Get's."""

    value: str = ""
    version: int = 0
    err: str = OK


class Maybe(enum.Enum):
    """What an ErrMaybe tells; `kv.py` says why it is `ANSWERED` in the labs."""

    ANSWERED = "answered"
    """The Put succeeded or was refused for its version, before it returned."""
    LOST = "lost"
    """The Put succeeded before it returned, or nothing came of it."""
