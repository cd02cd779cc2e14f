"""The state box of figure 2: what every peer of a group keeps.

`current_term`, `voted_for`, `log` and `snapshot` have to be in stable storage before
anybody can learn of a change to them; `storage` writes them down. The rest is volatile
and begins anew after a crash.
"""

from __future__ import annotations

from dataclasses import dataclass

from raft1.log import Log


@dataclass(slots=True)
class PeerState:
    """One peer's state. base_index <= last_applied <= commit_index <= last_index.

    The left part of that may fail for a moment: `last_applied` is behind the base
    while a snapshot from the leader waits to be delivered to the service.
    """

    log: Log
    current_term: int = 0
    # Whom this peer voted for in current_term, if anybody.
    voted_for: int | None = None
    # The service's state up to the log's base; empty as long as that is 0.
    snapshot: bytes = b""

    # The last entry known to be committed: it will never change or vanish.
    commit_index: int = 0
    # The last entry that has been handed to the applier.
    last_applied: int = 0

    def enter_term(self, term: int) -> None:
        """Move on to a newer term, in which this peer has not voted yet."""
        assert term > self.current_term, "terms only grow"
        self.current_term = term
        self.voted_for = None
