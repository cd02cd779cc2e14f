"""Broken key/value servers are caught, and the message points at the operations."""

from __future__ import annotations

from tester1.porcupine import KvModel, Operation, Result, Verdict, check
from tests.porcupine.builders import get, put


def illegal(*history: Operation) -> Result:
    """Check a history that has bystanders on other keys, and must be illegal."""
    bystanders = [
        put("q", 0, 0.5, 3.5, client=8, key="y"),
        get("q", 1, 4.0, 9.0, client=9, key="y"),
    ]
    result = check(KvModel(), [*bystanders, *history])
    assert result.verdict is Verdict.ILLEGAL
    return result


def test_stale_read_of_a_deposed_leader() -> None:
    """A Get that misses a Put that had returned names both."""
    result = illegal(
        put("a", 0, 0, 1, client=1),
        put("b", 1, 2, 3, client=1),
        get("b", 2, 3.2, 3.8, client=2),
        get("a", 1, 4, 5, client=3),
    )
    assert result.reason == (
        "Get('x') = 'a', version 1 by client 3 (called at 4, returned at 5) still saw "
        "version 1, although Get('x') = 'b', version 2 by client 2 (called at 3.2, "
        "returned at 3.8) had seen or made version 2 and returned before"
    )
    assert [operation.client for operation in result.core] == [1, 1, 2, 3]


def test_lost_update() -> None:
    """Two Puts of one version cannot both succeed."""
    result = illegal(
        put("a", 0, 0, 1, client=1),
        put("b", 1, 2, 5, client=2),
        put("c", 1, 3, 6, client=3),
        get("c", 2, 7, 8, client=4),
    )
    assert result.reason == (
        "Put('x', 'b', version 1) = OK by client 2 (called at 2, returned at 5) and "
        "Put('x', 'c', version 1) = OK by client 3 (called at 3, returned at 6) both "
        "replaced version 1, so one update was lost or its version not checked"
    )


def test_put_applied_twice() -> None:
    """A version that no Put can have made is traced to the Get that saw it."""
    result = illegal(put("a", 0, 0, 1, client=1), get("a", 2, 2, 3, client=2))
    assert result.reason == (
        "Get('x') = 'a', version 2 by client 2 (called at 2, returned at 3): it saw "
        "version 2, but no Put of version 1 had been called by then"
    )
    assert [operation.client for operation in result.core] == [2]


def test_version_not_checked() -> None:
    """A Put that succeeds at a version long gone is named with what was there."""
    result = illegal(
        put("a", 0, 0, 1, client=1),
        put("b", 1, 2, 3, client=2),
        put("c", 0, 4, 5, client=3),
        get("c", 3, 6, 7, client=4),
    )
    assert "Put('x', 'c', version 0) = OK by client 3" in result.reason


def test_wrong_value() -> None:
    """A Get with another value than the Put's names both."""
    result = illegal(put("a", 0, 0, 1, client=1), get("z", 1, 2, 3, client=2))
    assert result.reason == (
        "Get('x') = 'z', version 1 by client 2 (called at 2, returned at 3) read "
        "another value than that of Put('x', 'a', version 0) = OK by client 1 (called "
        "at 0, returned at 1)"
    )


def test_refused_though_the_version_was_there() -> None:
    """An ErrVersion for the current version names what shows that it was current."""
    result = illegal(
        put("a", 0, 0, 1, client=1),
        put("b", 1, 2, 3, client=2),
        put("c", 2, 4, 5, "ErrVersion", client=3),
        get("b", 2, 6, 7, client=4),
    )
    assert result.reason.startswith(
        "Put('x', 'c', version 2) = ErrVersion by client 3 (called at 4, returned at "
        "5) was refused for its version, but that version was there"
    )


def test_key_that_vanished() -> None:
    """ErrNoKey after a Put that returned names both."""
    result = illegal(put("a", 0, 0, 1, client=1), get("", 0, 2, 3, client=2))
    assert "still saw no such key" in result.reason


def test_a_version_out_of_this_world() -> None:
    """It is explained as quickly as any other: nobody counts up to it."""
    result = illegal(put("a", 0, 0, 1, client=1), get("a", 1 << 40, 2, 3, client=2))
    assert f"it saw version {1 << 40}" in result.reason
    assert [operation.client for operation in result.core] == [2]
