"""The persister: two byte strings that are replaced together."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.hosts.persister import Persister


def test_new_persister_is_empty() -> None:
    """A first start sees empty strings, not None."""
    persister = Persister()
    assert (persister.ReadRaftState(), persister.ReadSnapshot()) == (b"", b"")
    assert (persister.RaftStateSize(), persister.SnapshotSize()) == (0, 0)


@given(st.lists(st.tuples(st.binary(), st.none() | st.binary()), min_size=1))
def test_save_replaces_both(saves: list[tuple[bytes, bytes | None]]) -> None:
    """Whatever was saved before, only the last save is there, and all of it."""
    persister = Persister()
    for state, snapshot in saves:
        persister.Save(state, snapshot)
    state, snapshot = saves[-1]
    assert persister.ReadRaftState() == state
    assert persister.ReadSnapshot() == (snapshot or b"")
    assert persister.RaftStateSize() == len(state)
    assert persister.SnapshotSize() == len(snapshot or b"")


def test_save_without_snapshot_erases_it() -> None:
    """A save with no snapshot stores an empty one, as in the course."""
    persister = Persister()
    persister.Save(b"state", b"snapshot")
    persister.Save(b"state", None)
    assert persister.ReadSnapshot() == b""


def test_save_copies() -> None:
    """A buffer that is changed after the save does not change what was saved."""
    buffer = bytearray(b"before")
    persister = Persister()
    persister.Save(buffer, None)  # type: ignore[arg-type]  # what students may pass
    buffer[:] = b"after!"
    assert persister.ReadRaftState() == b"before"


def test_checkpoint_is_apart() -> None:
    """A checkpoint has the same contents, and later saves to either stay there."""
    persister = Persister()
    persister.Save(b"1", b"one")
    copy = persister.checkpoint()
    persister.Save(b"2", b"two")
    assert (copy.ReadRaftState(), copy.ReadSnapshot()) == (b"1", b"one")
    copy.Save(b"3", None)
    assert (persister.ReadRaftState(), persister.ReadSnapshot()) == (b"2", b"two")


@pytest.mark.parametrize("position", [0, 1])
def test_refused_save_changes_nothing(position: int) -> None:
    """What is not bytes is refused by name, before either string is replaced."""
    persister = Persister()
    persister.Save(b"old", b"old")
    arguments: list[object] = [b"new", b"new"]
    arguments[position] = io.BytesIO(b"new")
    with pytest.raises(TypeError, match=r"must be bytes or None, not BytesIO"):
        persister.Save(*arguments)  # type: ignore[arg-type]  # the mistake under test
    assert (persister.ReadRaftState(), persister.ReadSnapshot()) == (b"old", b"old")
