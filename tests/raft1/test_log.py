"""The log against a model: a plain list that never forgets anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from raft1.log import Log, LogEntry
from tests.raft1.strategies import entries, trimmed


class LogModel(RuleBasedStateMachine):
    """Does everything to a log and to a list, with index i at place i - 1."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.whole: list[LogEntry] = []
        self.saved: list[LogEntry] = []
        self.commands = 0

    def fresh(self, term: int) -> LogEntry:
        """An entry whose command no other entry has."""
        self.commands += 1
        return LogEntry(term, self.commands)

    @rule(newer=st.integers(0, 2))
    def append(self, newer: int) -> None:
        """A leader adds an entry, of the last term or a newer one."""
        entry = self.fresh(self.log.last_term + newer)
        assert self.log.append(entry) == len(self.whole) + 1
        self.whole.append(entry)

    @rule(data=st.data(), newer=st.integers(1, 2), count=st.integers(1, 3))
    def overwrite(self, data: st.DataObject, newer: int, count: int) -> None:
        """A new leader replaces everything behind some index."""
        kept = data.draw(st.integers(self.log.base_index, self.log.last_index))
        term = self.log.last_term + newer
        added = [self.fresh(term) for _ in range(count)]
        self.log.merge(kept, added)
        self.whole[kept:] = added

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A delayed request brings a stretch that is known already, or forgotten."""
        first = data.draw(st.integers(0, len(self.whole)))
        last = data.draw(st.integers(first, len(self.whole)))
        self.log.merge(first, self.whole[first:last])

    @rule(data=st.data())
    def compact(self, data: st.DataObject) -> None:
        """The service takes a snapshot."""
        index = data.draw(st.integers(self.log.base_index, self.log.last_index))
        self.log.compact(index)

    @precondition(lambda self: self.whole)
    @rule()
    def save(self) -> None:
        """Everything is written down."""
        self.log.mark_saved()
        self.saved = list(self.whole)

    @invariant()
    def same_entries(self) -> None:
        """The log holds the list's entries behind its base, and their terms."""
        log, whole = self.log, self.whole
        base = log.base_index
        assert log.last_index == len(whole)
        assert log.slice(base + 1, log.last_index) == whole[base:]
        terms = [0, *(entry.term for entry in whole)]
        assert [log.term_at(i) for i in range(base, len(whole) + 1)] == terms[base:]
        assert (log.base_term, log.last_term) == (terms[base], terms[-1])

    @invariant()
    def unsaved_from_is_no_larger_than_any_change(self) -> None:
        """What lies before `unsaved_from` is as it was at the last save."""
        settled = self.log.unsaved_from - 1
        assert self.whole[:settled] == self.saved[:settled]


TestLogModel = LogModel.TestCase


@given(entries(), st.data(), st.integers(0, 8), st.integers(-1, 14))
def test_term_searches_agree_with_a_scan(
    whole: list[LogEntry], data: st.DataObject, term: int, limit: int
) -> None:
    """Binary search over terms finds what looking at every entry finds."""
    base = data.draw(st.integers(0, len(whole)))
    log = trimmed(whole, base)
    known = range(base, log.last_index + 1)
    firsts = [i for i in known if log.term_at(i) >= term]
    assert log.first_index_of(term) == (firsts[0] if firsts else log.last_index + 1)
    lasts = [i for i in known if i <= limit and log.term_at(i) <= term]
    expected = limit if limit < base else max(lasts, default=base - 1)
    assert log.last_index_up_to(term, limit) == expected


def test_merge_keeps_what_a_delayed_request_does_not_mention() -> None:
    """Figure 2 step 3: only a conflict removes entries, not a shorter request."""
    one, two, three = LogEntry(1, "a"), LogEntry(1, "b"), LogEntry(1, "c")
    log = Log([one, two, three])
    log.merge(0, [one])
    assert log.slice(1, 3) == [one, two, three]


def test_reset_starts_behind_the_snapshot() -> None:
    """A snapshot from a leader can lie beyond everything that a log holds."""
    log = Log([LogEntry(1, "a")])
    log.install(7, 3)
    assert (log.base_index, log.base_term) == (7, 3)
    assert (log.last_index, log.last_term) == (7, 3)
    assert log.append(LogEntry(3, "h")) == 8


@pytest.mark.parametrize("index", [1, 5])
def test_asking_for_an_entry_that_is_not_there_is_a_bug(index: int) -> None:
    """Indices outside of the log fail at once instead of wrapping around."""
    log = trimmed([LogEntry(1, "a"), LogEntry(1, "b"), LogEntry(2, "c")], 1)
    with pytest.raises(AssertionError, match=f"no entry at {index}"):
        log.entry(index)


def test_an_entry_of_an_older_term_cannot_be_appended() -> None:
    """Terms never decrease along a log."""
    log = Log([LogEntry(3, "a")])
    with pytest.raises(AssertionError, match="older term"):
        log.append(LogEntry(2, "b"))
