"""Watches the size of the Raft state: that snapshots are taken in time.

Saves are seen in simulation alone, where each is told as it happens.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from labrt import ProgramStarted
from tester1.facts.kinds import Applied, Saved, SnapshotAdopted, SnapshotTaken
from tester1.rules.court import Court
from tester1.rules.service.rules import SNAPSHOTS_IN_TIME
from tester1.rules.words import at

__all__ = ["Trimming"]

FACTOR: Final = 8
"""How many times maxraftstate the Raft state may reach (the course's)."""
PATIENCE_S: Final = 1.0
"""For how long it may be larger, in seconds, while commands are applied."""


@dataclass(slots=True)
class _Log:
    """What one incarnation has saved and applied since its last snapshot."""

    state: int = 0
    # Bytes of commands that a snapshot would cover by now.
    applied: int = 0
    # Since when the state has been too large: the save, its time, and the time of the
    # last command applied since, 0 if there was none.
    number: int = 0
    since: float = 0.0
    progress: float = 0.0

    def begin_anew(self) -> None:
        """A snapshot covers what was applied."""
        self.applied = self.number = 0


class Trimming:
    """The Raft states of all servers, which are to be near `maxraftstate` bytes."""

    def __init__(self, court: Court, maxraftstate: int) -> None:
        self._court = court
        self._limit = FACTOR * maxraftstate
        self._logs: defaultdict[str, _Log] = defaultdict(_Log)
        facts = court.facts
        facts.subscribe(ProgramStarted, self._on_program)
        facts.subscribe(Saved, self._on_save)
        facts.subscribe(Applied, self._on_applied)
        facts.subscribe(SnapshotTaken, self._on_snapshot)
        facts.subscribe(SnapshotAdopted, self._on_snapshot)

    def _on_program(self, fact: ProgramStarted) -> None:
        self._logs[fact.server] = _Log()

    def _on_save(self, fact: Saved) -> None:
        log = self._logs[fact.server]
        log.state = fact.state
        if fact.state <= self._limit:
            log.number = 0
        elif not log.number:
            log.number, log.since, log.progress = fact.number, fact.time, 0.0

    def _on_snapshot(self, fact: SnapshotTaken | SnapshotAdopted) -> None:
        # Told before Raft acts upon it: the next save says how large the state is then.
        self._logs[fact.server].begin_anew()

    def _on_applied(self, fact: Applied) -> None:
        log = self._logs[fact.server]
        log.applied += len(fact.data)
        if not log.number:
            return
        # All that time commands have to come: a log that nothing was applied of for a
        # while could not be trimmed.
        if log.progress and fact.time - log.progress > PATIENCE_S / 2:
            log.since = fact.time
        log.progress = fact.time
        if log.applied > self._limit and fact.time - log.since >= PATIENCE_S:
            self._find(log, fact)

    def _find(self, log: _Log, fact: Applied) -> None:
        self._court.find(
            SNAPSHOTS_IN_TIME,
            f"the Raft state of {fact.server} is {log.state} bytes long "
            f"{at(fact.time)}, and has been over {self._limit} since {log.since:.4f} s,"
            f" which is {FACTOR} times maxraftstate. No snapshot was taken, and the "
            f"service has taken commands up to index {fact.index} from the apply "
            f"channel, of {log.applied} bytes since the last snapshot",
            servers=[fact.server],
            proof=[log.number, fact.number],
        )
