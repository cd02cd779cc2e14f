"""What the persister holds is what a peer restarts with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raft1.log import Log, LogEntry
from raft1.storage import PeerState, Storage, StorageError
from tests.raft1.cores import MemoryPersister


def durable(state: PeerState) -> tuple[object, ...]:
    """The part of a state that has to survive."""
    log = state.log
    return (
        state.current_term,
        state.voted_for,
        log.base_index,
        log.base_term,
        log.slice(log.base_index + 1, log.last_index),
        state.snapshot,
    )


def change(state: PeerState, data: st.DataObject) -> None:
    """Do one of the things that a peer does to its durable state."""
    log = state.log
    match data.draw(st.sampled_from(["vote", "add", "replace", "trim", "install"])):
        case "vote":
            state.enter_term(state.current_term + data.draw(st.integers(1, 3)))
            state.voted_for = data.draw(st.none() | st.integers(0, 4))
        case "add":
            log.append(LogEntry(max(log.last_term, state.current_term), "added"))
        case "replace":
            kept = data.draw(st.integers(log.base_index, log.last_index))
            newer = LogEntry(log.last_term + 1, "newer")
            log.merge(kept, [newer] * data.draw(st.integers(1, 3)))
        case "trim":
            index = data.draw(st.integers(log.base_index, log.last_index))
            if index > log.base_index:
                log.compact(index)
                state.snapshot = f"trimmed at {index}".encode()
        case "install":
            index = data.draw(st.integers(log.base_index + 1, log.last_index + 5))
            log.install(index, log.last_term + 1)
            state.snapshot = f"installed at {index}".encode()


@given(st.data())
def test_a_load_restores_what_was_saved(data: st.DataObject) -> None:
    """After any changes and any saves, the last save is what comes back."""
    persister = MemoryPersister()
    storage = Storage(persister)
    state = storage.load()
    for _ in range(data.draw(st.integers(1, 12))):
        for _ in range(data.draw(st.integers(0, 3))):
            change(state, data)
        storage.save(state)
        restored = Storage(persister).load()
        assert durable(restored) == durable(state)
        assert restored.commit_index == restored.last_applied == state.log.base_index


@given(st.data())
def test_a_restored_peer_goes_on_saving(data: st.DataObject) -> None:
    """What was restored and what is added to it make one state."""
    persister = MemoryPersister()
    state = PeerState(Log())
    for _ in range(4):
        for _ in range(data.draw(st.integers(0, 4))):
            change(state, data)
        storage = Storage(persister)
        storage.load()
        storage.save(state)
        state = Storage(persister).load()
        assert durable(Storage(persister).load()) == durable(state)


def test_nothing_is_written_while_nothing_changes() -> None:
    """Heartbeats and commits do not touch the disk; votes and entries do."""
    persister = MemoryPersister()
    storage = Storage(persister)
    state = storage.load()
    state.enter_term(1)
    state.log.append(LogEntry(1, "a"))
    storage.save(state)
    state.commit_index = state.last_applied = 1
    storage.save(state)
    assert persister.saves == 1
    state.voted_for = 2
    storage.save(state)
    assert persister.saves == 2


def test_a_new_peer_starts_from_nothing() -> None:
    """An empty persister is a first start, and stores no snapshot."""
    persister = MemoryPersister()
    storage = Storage(persister)
    state = storage.load()
    assert durable(state) == (0, None, 0, 0, [], b"")
    state.enter_term(1)
    storage.save(state)
    assert persister.SnapshotSize() == 0
    assert storage.size() == persister.RaftStateSize() > 0


@pytest.mark.parametrize("damage", [b"\0\0", b"\0\0\0\1\xff", b"\0\0\0\x09abc"])
def test_foreign_bytes_are_refused(damage: bytes) -> None:
    """A state that cannot be read is an error, not a fresh start."""
    persister = MemoryPersister()
    persister.Save(damage, None)
    with pytest.raises(StorageError, match="cannot restore the Raft state"):
        Storage(persister).load()
