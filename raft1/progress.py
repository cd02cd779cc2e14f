"""What a leader knows of a follower, and how it finds the place where their logs agree.

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
from raft1.rpc import AppendEntriesArgs, InstallSnapshotArgs


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
    # Our entries of newer terms than PrevLogTerm cannot agree, since the leader's terms
    # up to there are no newer than that: pass over all of them at once. A log that is
    # too short is the same case, with nothing to pass over.
    length = log.last_index_up_to(prev_term, prev_index)
    assert length >= log.base_index, "a leader's log contradicts a committed entry"
    term = log.term_at(length)
    return Conflict(term, log.first_index_of(term), length)


def resume_at(log: Log, prev_index: int, conflict: Conflict) -> int:
    """The leader's next guess after a rejection at `prev_index`: its new next_index.

    Always lower than the old one. At or before the leader's own base it means that the
    follower needs the snapshot.
    """
    # The follower has said no to prev_index itself, whatever its hint names.
    limit = min(conflict.length, prev_index - 1)
    candidate = log.last_index_up_to(conflict.term, limit)
    # If we have no entry of the follower's term there, nothing from XIndex on agrees.
    if not log.has(candidate, conflict.term):
        candidate = min(candidate, conflict.first_index - 1)
    assert candidate < prev_index, "backing up has to make progress"
    return candidate + 1


@dataclass(slots=True)
class Progress:
    """What a leader keeps for one follower. match_index < next_index, always.

    The two indices are figure 2's. The other fields say what is on its way to the
    follower, from which the leader sees what to send next, and when.
    """

    # What the follower lacks first, as far as the leader can guess.
    next_index: int
    # When the next message goes out, unless something happens before.
    due_s: float = 0.0
    # The last entry that the follower is known to have, and everything before it.
    match_index: int = 0
    # How many messages are in flight: sent, and neither answered nor given up.
    in_flight: int = 0
    # The message in flight whose reply decides what goes next: it carries entries or a
    # snapshot, or it tests the guess next_index. None: new entries may go out at once.
    # Never a mere heartbeat, to which no reply can bring news.
    awaited: AppendEntriesArgs | InstallSnapshotArgs | None = None
    # The commit index that the follower was told last.
    told_commit: int = 0
    # Before this time, the last snapshot that was sent is not repeated.
    snapshot_again_s: float = 0.0

    def accepted(self, last_index: int) -> bool:
        """Whether it is news that the follower has everything up to `last_index`.

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
        # What the follower has acknowledged in this term, it keeps: no need to ask for
        # the place again that far down.
        self.next_index = max(guess, self.match_index + 1)
        assert self.next_index <= prev_index, "the guess did not get lower"
        return True

    def send_by(self, time_s: float) -> None:
        """Bring the next message forward to `time_s`, unless it is due before that."""
        self.due_s = min(self.due_s, time_s)

    def awaits_snapshot(self, now: float) -> bool:
        """Whether a snapshot is in flight that it is too early to repeat."""
        return (
            isinstance(self.awaited, InstallSnapshotArgs)
            and now < self.snapshot_again_s
        )
