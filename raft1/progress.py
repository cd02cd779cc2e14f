"""How far a follower's log is known to agree, and how to find the place where it does.

A leader keeps one `Progress` per follower: `match_index` is what the follower is known
to have stored, `next_index` a guess at what it lacks first. If the guess is too high
the follower rejects, and the leader has to back up. One index at a time would take a
round trip per entry, so a rejection carries a hint about whole terms (end of section
5.3; the lecture's XTerm, XIndex and XLen).

Theory. Terms never decrease along a log. Say the leader offered entries behind
PrevLogIndex, whose term is PrevLogTerm, and the follower's log does not match there.

- Whatever agrees lies at or before PrevLogIndex, where all of the leader's terms are
  <= PrevLogTerm. So the follower can discount its own entries of newer terms, and looks
  for its last entry at or before PrevLogIndex that is of a term <= PrevLogTerm. That
  index is XLen, the term XTerm; XIndex is where the entries of XTerm begin.
- If the leader has entries of XTerm at or before XLen, the last of them is the next
  place to try. If not, nothing of XTerm agrees, and what does lies before XIndex, in
  entries of terms older than XTerm on both sides.

So XTerm falls with every round that fails again: there are at most as many rounds as
terms in which the two logs differ, whichever log has fewer of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from raft1.log import Log


@dataclass(frozen=True, slots=True)
class Conflict:
    """A follower's hint with its rejection; see the module's text.

    The entry at `length` is the last that may agree, of term `term`; entries of that
    term begin at `first_index`.
    """

    term: int
    first_index: int
    length: int


def find_conflict(log: Log, prev_index: int, prev_term: int) -> Conflict | None:
    """What keeps `log` from accepting entries behind `prev_index`; None if nothing.

    What our own snapshot covers is committed, so that it agrees with any leader.
    """
    if prev_index <= log.base_index or log.has(prev_index, prev_term):
        return None
    length = log.last_index_up_to(prev_term, prev_index)
    assert length >= log.base_index, "a leader's log contradicts a committed entry"
    term = log.term_at(length)
    return Conflict(term, log.first_index_of(term), length)


def resume_at(log: Log, prev_index: int, conflict: Conflict) -> int:
    """The leader's next guess after a rejection at `prev_index`: its new next_index.

    Always lower than the old one. At or before the leader's own base it means that the
    follower needs the snapshot.
    """
    limit = min(conflict.length, prev_index - 1)
    candidate = log.last_index_up_to(conflict.term, limit)
    if not log.has(candidate, conflict.term):
        candidate = min(candidate, conflict.first_index - 1)
    assert candidate < prev_index, "backing up has to make progress"
    return candidate + 1


@dataclass(slots=True)
class Progress:
    """What a leader knows of one follower's log. match_index < next_index, always."""

    next_index: int
    match_index: int = 0

    def accepted(self, last_index: int) -> bool:
        """The follower has everything up to `last_index`; True if that is news.

        Replies may arrive in any order, so neither index ever falls here.
        """
        if last_index <= self.match_index:
            return False
        self.match_index = last_index
        self.next_index = max(self.next_index, last_index + 1)
        return True

    def rejected(self, log: Log, prev_index: int, conflict: Conflict) -> bool:
        """Back up after a rejection at `prev_index`; False if that is an old story.

        A rejection counts only while it is about the present guess: one that was
        overtaken says nothing about it.
        """
        if prev_index != self.next_index - 1 or prev_index <= self.match_index:
            return False
        guess = resume_at(log, prev_index, conflict)
        self.next_index = max(guess, self.match_index + 1)
        assert self.next_index <= prev_index, "the guess did not get lower"
        return True
