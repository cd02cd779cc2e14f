"""Sizes on the wire, which the suite's budgets of bytes depend on."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import labgob


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A log entry as a student would write it."""

    Term: int
    Command: Any


@dataclass
class AppendEntriesArgs:
    """The largest of Raft's messages."""

    Term: int
    LeaderId: int
    PrevLogIndex: int
    PrevLogTerm: int
    LeaderCommit: int
    Entries: list[LogEntry] = field(default_factory=list)


@dataclass
class Put:
    """A key/value command."""

    Key: str
    Value: str
    Version: int


def log(length: int) -> list[LogEntry]:
    """A log of integer commands."""
    return [LogEntry(1 + index // 5, 1000 + index) for index in range(length)]


def test_strings_and_integers_have_next_to_no_overhead() -> None:
    """An RPC with a string argument and an integer reply stays within its budget."""
    assert len(labgob.encode("x" * 1000)) <= 1000 + 5
    assert len(labgob.encode(123456)) <= 5


def test_saved_state_of_a_log_of_forty_entries() -> None:
    """The suite allows 2000 bytes; field names are not in them."""
    buffer = io.BytesIO()
    encoder = labgob.NewEncoder(buffer)
    for value in (17, 2, log(40)):
        encoder.Encode(value)
    assert len(buffer.getvalue()) < 300


def test_message_overhead() -> None:
    """A message costs its class's name once, and little else."""
    empty = labgob.encode(AppendEntriesArgs(17, 2, 1000, 16, 990))
    assert len(empty) <= len("AppendEntriesArgs") + 20
    full = labgob.encode(AppendEntriesArgs(17, 2, 1000, 16, 990, log(10)))
    assert len(full) - len(empty) <= 10 * 6


def test_names_are_there_once() -> None:
    """Records of one class in a list, tuple or dict do not repeat the class's name."""
    labgob.Register(Put)
    puts = [Put(f"k{index}", "v", index) for index in range(10)]
    store = {put.Key: put for put in puts}
    for whole in (puts, tuple(puts), store, LogEntry(1, puts), LogEntry(1, store)):
        assert labgob.encode(whole).count(b"Put") == 1
    assert len(labgob.encode(store)) < 10 * len(b"k0") + 10 * 12 + 60
