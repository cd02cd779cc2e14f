"""The versioned store: what each request does, and that snapshots keep everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labgob
from kvraft1.rpc import OK, ErrNoKey, ErrVersion, GetReply
from kvraft1.store import VersionedStore

KEYS = st.sampled_from(["", "a", "b", "k0"])
PUTS = st.lists(st.tuples(KEYS, st.text(max_size=3), st.integers(0, 4)), max_size=30)


def filled(puts: list[tuple[str, str, int]]) -> VersionedStore:
    """A store after these Puts, whatever their outcomes."""
    store = VersionedStore()
    for key, value, version in puts:
        store.put(key, value, version)
    return store


def test_the_cases_of_put() -> None:
    """Each of the four cases of the course's table has its outcome."""
    store = VersionedStore()
    assert store.get("k") == GetReply("", 0, ErrNoKey)
    assert store.put("k", "x", 1) == ErrNoKey
    assert store.put("k", "x", 0) == OK
    assert store.get("k") == GetReply("x", 1, OK)
    assert store.put("k", "y", 0) == ErrVersion
    assert store.get("k") == GetReply("x", 1, OK)
    assert store.put("k", "y", 1) == OK
    assert store.get("k") == GetReply("y", 2, OK)


@given(PUTS)
def test_versions_count_successful_puts(puts: list[tuple[str, str, int]]) -> None:
    """A key's version is the number of its OK Puts, its value that of the last one."""
    store = VersionedStore()
    written: dict[str, list[str]] = {}
    for key, value, version in puts:
        if store.put(key, value, version) == OK:
            assert version == len(written.setdefault(key, []))
            written[key].append(value)
    for key in {key for key, _, _ in puts}:
        values = written.get(key)
        found = GetReply("", 0, ErrNoKey)
        if values:
            found = GetReply(values[-1], len(values), OK)
        assert store.get(key) == found


@given(PUTS, KEYS, st.text(max_size=3), st.integers(0, 4))
def test_only_an_ok_put_changes_the_store(
    puts: list[tuple[str, str, int]], key: str, value: str, version: int
) -> None:
    """A refused Put leaves no trace, and a repeated one is refused."""
    store = filled(puts)
    before = store.encode()
    if store.put(key, value, version) != OK:
        assert store.encode() == before
    else:
        after = store.encode()
        assert store.put(key, value, version) == ErrVersion
        assert store.encode() == after


@given(PUTS, PUTS)
def test_a_snapshot_replaces_everything(
    puts: list[tuple[str, str, int]], others: list[tuple[str, str, int]]
) -> None:
    """A store restored from a snapshot is the store that was encoded, no more."""
    store, other = filled(puts), filled(others)
    other.restore(store.encode())
    assert other.encode() == store.encode()
    for key, _, _ in puts + others:
        assert other.get(key) == store.get(key)


def test_a_snapshot_of_something_else_is_refused() -> None:
    """Bytes that are no store raise, and leave the store as it was."""
    store = filled([("k", "x", 0)])
    with pytest.raises(labgob.DecodeError):
        store.restore(labgob.encode("nothing of the kind"))
    assert store.get("k") == GetReply("x", 1, OK)
