"""Operations, written as short as they can be read."""

from __future__ import annotations

from tester1.porcupine import (
    NEVER,
    AppendInput,
    AppendOp,
    KvInput,
    KvOp,
    KvOutput,
    Operation,
)


def get(
    value: str,
    version: int,
    call: float,
    ret: float,
    *,
    client: int = 0,
    key: str = "x",
) -> Operation:
    """A Get that read a version of a key; version 0 is ErrNoKey."""
    output = KvOutput(value, version) if version else KvOutput(err="ErrNoKey")
    return Operation(client, KvInput(KvOp.GET, key), output, call, ret)


def put(
    value: str,
    version: int,
    call: float,
    ret: float = NEVER,
    err: str = "OK",
    *,
    client: int = 0,
    key: str = "x",
) -> Operation:
    """A Put of a version, with its answer unless it never returned."""
    output = None if ret == NEVER else KvOutput(err=err)
    return Operation(client, KvInput(KvOp.PUT, key, value, version), output, call, ret)


def append(text: str, call: float, ret: float = NEVER, *, client: int = 0) -> Operation:
    """An append to key k."""
    output = None if ret == NEVER else ""
    return Operation(client, AppendInput(AppendOp.APPEND, "k", text), output, call, ret)


def read(text: str, call: float, ret: float, *, client: int = 0) -> Operation:
    """A get of key k."""
    return Operation(client, AppendInput(AppendOp.GET, "k"), text, call, ret)


def overwrite(text: str, call: float, ret: float, *, client: int = 0) -> Operation:
    """A put to key k."""
    return Operation(client, AppendInput(AppendOp.PUT, "k", text), "", call, ret)
