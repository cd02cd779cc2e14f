"""Which Submits wait for which place in the log, and what becomes of them.

A leader that starts a command learns the *place* (index and term) that the command gets
if it is ever committed. From then on four things can happen to whoever waits for it:

- the entry applied at that index is the command: it is answered;
- the entry applied there is another command: it is lost, and with it everything else
  that was started in that term or before. Only a leader of a later term can have put
  another entry there, and it had this server remove all that followed (Raft paper,
  section 5.3);
- this server no longer leads in that term: it may be committed by somebody else or
  not, and waiting longer would not tell;
- a snapshot covers the index: what was applied there can no longer be seen.

Nothing here blocks or runs threads: each method says who is to be told what, and the
caller, who holds the lock, tells them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class _Place:
    """One waiter and the command, numbered `op_id`, that it started in `term`."""

    waiter: Any
    term: int
    op_id: int


class PendingSubmits(Generic[W]):
    """The Submits that wait, each known by the index that its command may get.

    Every waiter that was added is handed back by exactly one later call.
    """

    def __init__(self) -> None:
        self._places: dict[int, _Place] = {}

    def __len__(self) -> int:
        return len(self._places)

    def add(self, waiter: W, *, index: int, term: int, op_id: int) -> list[W]:
        """Let `waiter` wait for command `op_id`, started at `index` in `term`.

        Returns the waiters that are lost: if an index is given out again, the entries
        that were there and behind it have been removed from the log.
        """
        # Before the new waiter is stored, which may take the place of one of them.
        lost = self._remove([k for k in self._places if k >= index])
        self._places[index] = _Place(waiter, term, op_id)
        return lost

    def applied(self, index: int, op_id: int) -> tuple[W | None, list[W]]:
        """Note that `op_id` was applied at `index`: (who is answered, who is lost).

        The first is None if nobody waited for this command here.
        """
        place = self._places.pop(index, None)
        if place is None:
            return None, []
        # The number and not the index alone: what a leader started here may have been
        # replaced by another leader's command, of which nobody here is waiting.
        if place.op_id == op_id:
            return place.waiter, []
        # A leader of a later term has replaced it, and had this server remove all that
        # followed. Those are the other waiters of its term or before: what lay in front
        # is answered already. Waiters of later terms came since, and stay.
        replaced = [k for k, p in self._places.items() if p.term <= place.term]
        return None, [place.waiter, *self._remove(replaced)]

    def snapshot(self, index: int) -> list[W]:
        """Give up the waiters that a snapshot up to `index` hides; returns them."""
        return self._remove([k for k in self._places if k <= index])

    def leadership(self, term: int, is_leader: bool) -> list[W]:
        """Give up the waiters of terms that are over; returns them.

        This server is in `term` now, and leads it or not.
        Waiters of a later term stay: they were added since `term` was looked up.
        """
        # A leader leads until it leaves its term. So those that wait for `term` itself
        # are in good hands exactly if this server leads.
        ended = term - 1 if is_leader else term
        return self._remove([k for k, p in self._places.items() if p.term <= ended])

    def close(self) -> list[W]:
        """Give up all waiters, as this server stops; returns them."""
        return self._remove(list(self._places))

    def _remove(self, indices: list[int]) -> list[W]:
        return [self._places.pop(index).waiter for index in indices]
