"""The replicated log, trimmed at the front by snapshots and at the back by conflicts.

Positions are the paper's: the first entry ever has index 1, and an index keeps its
meaning for good, however much of the log a snapshot has replaced. What the snapshot
covers ends at `base_index`; of that last covered entry the log still knows the term
(`base_term`), which is all that the consistency check of AppendEntries needs. An empty
log has base 0 in term 0, so that no caller needs a special case for "no entry before".

Rules that always hold:

- the log holds the indices base_index + 1 .. last_index without gaps;
- terms never decrease from one index to the next, from base_term on: a leader appends
  entries of its own term only, which is the newest of all it has, and a follower's log
  is a piece of some leader's;
- `unsaved_from` is no larger than any index that changed since `mark_saved`.

No threads, no time, no persister: a `Log` is data with a few questions to ask it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A command, and the term in which a leader put it into its log.

    The command is a value: nobody may change it once it is in a log.
    """

    term: int
    command: Any


class Log:
    """The entries behind a snapshot, addressed by their index."""

    __slots__ = ("_entries", "_terms", "base_index", "unsaved_from")

    def __init__(
        self,
        entries: Iterable[LogEntry] = (),
        *,
        base_index: int = 0,
        base_term: int = 0,
    ) -> None:
        self.base_index = base_index
        self._entries = list(entries)
        # Beside the entries, since terms are asked for far more often than commands,
        # and sorted, which allows binary search. Position 0 is the base.
        self._terms = [base_term, *(entry.term for entry in self._entries)]
        self.unsaved_from = self.last_index + 1
        assert self._terms == sorted(self._terms), "terms decrease along the log"

    @property
    def base_term(self) -> int:
        """The term of the entry at base_index."""
        return self._terms[0]

    @property
    def last_index(self) -> int:
        """The index of the newest entry, or base_index if there is none."""
        return self.base_index + len(self._entries)

    @property
    def last_term(self) -> int:
        """The term of the entry at last_index."""
        return self._terms[-1]

    def term_at(self, index: int) -> int:
        """The term of the entry at `index`, which may be the base."""
        assert self.base_index <= index <= self.last_index, f"no term for {index}"
        return self._terms[index - self.base_index]

    def has(self, index: int, term: int) -> bool:
        """Whether this log is known to hold an entry of `term` at `index`.

        By the log matching property (section 5.3), two logs that agree here agree on
        everything before.
        """
        return (
            self.base_index <= index <= self.last_index and self.term_at(index) == term
        )

    def entry(self, index: int) -> LogEntry:
        """The entry at `index`, which must lie behind the base."""
        assert self.base_index < index <= self.last_index, f"no entry at {index}"
        return self._entries[index - self.base_index - 1]

    def slice(self, first: int, last: int) -> list[LogEntry]:
        """The entries from `first` to `last`, both included, as a list of its own."""
        assert self.base_index < first, f"the entry at {first} is in the snapshot"
        return self._entries[first - self.base_index - 1 : last - self.base_index]

    def append(self, entry: LogEntry) -> int:
        """Add `entry` at the end; returns its index."""
        assert entry.term >= self.last_term, "an entry of an older term at the end"
        self._entries.append(entry)
        self._terms.append(entry.term)
        return self.last_index

    def merge(self, prev_index: int, entries: Sequence[LogEntry]) -> None:
        """Store what a leader sent to follow `prev_index` (figure 2, steps 3 and 4).

        Only an entry that contradicts one of ours removes anything, together with all
        that follows it. Entries that we have already stay, and so does what is behind
        them: a delayed request that repeats a part of the log must not cut off what a
        newer one added.
        """
        assert prev_index <= self.last_index, "a gap before the new entries"
        # Compare, and do not simply cut off and append: what is cut off may have been
        # acknowledged to the leader and counted by it, and for as long as it is gone
        # a crash would take back a promise.
        for offset, entry in enumerate(entries):
            index = prev_index + 1 + offset
            # Same index and term means the same entry (section 5.3). What the snapshot
            # covers is committed, and so is the leader's, too.
            if index <= self.base_index or self.has(index, entry.term):
                continue
            # The first that is new or differs: all behind it are the leader's to say.
            self._truncate(index)
            for newer in entries[offset:]:
                self.append(newer)
            return

    def compact(self, index: int) -> None:
        """Forget the entries up to and including `index`, which becomes the base."""
        assert self.base_index <= index <= self.last_index, f"cannot trim at {index}"
        dropped = index - self.base_index
        del self._entries[:dropped]
        # One more term than entries: that of the entry at `index` stays, as the base's.
        del self._terms[:dropped]
        self.base_index = index

    def install(self, index: int, term: int) -> None:
        """Begin behind a snapshot that ends at `index`, in `term` (figure 13, 6 and 7).

        Entries behind the snapshot stay if this log agrees with it at its end: they may
        be all that a majority has of a committed entry. Otherwise this log's history is
        another one, and all of it goes.
        """
        assert index > self.base_index, "a snapshot would take the log back"
        if self.has(index, term):
            self.compact(index)
            return
        self._entries.clear()
        self._terms[:] = [term]
        self.base_index = index
        # No entry is left, and the first that comes will be a new one.
        self.unsaved_from = min(self.unsaved_from, index + 1)

    def mark_saved(self) -> None:
        """Declare all that the log holds now to be in stable storage."""
        self.unsaved_from = self.last_index + 1

    def last_index_up_to(self, term: int, limit: int) -> int:
        """The last index <= `limit` whose entry is of `term` or of an older one.

        base_index - 1 if even the base is of a newer term; `limit` itself if that lies
        before the base.
        """
        if limit < self.base_index:
            return limit
        # Terms are sorted, so backing up over a long term is a binary search.
        end = min(limit, self.last_index) - self.base_index + 1
        return self.base_index + bisect_right(self._terms, term, 0, end) - 1

    def first_index_of(self, term: int) -> int:
        """The first index, from the base on, whose entry is of `term` or a newer one.

        last_index + 1 if there is none.
        """
        return self.base_index + bisect_left(self._terms, term)

    def _truncate(self, index: int) -> None:
        """Remove the entry at `index` and everything behind it."""
        kept = index - self.base_index - 1
        del self._entries[kept:]
        del self._terms[kept + 1 :]
        self.unsaved_from = min(self.unsaved_from, index)
