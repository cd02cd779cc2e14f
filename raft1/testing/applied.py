"""What every server has applied, and whether they agree: State Machine Safety.

Raft promises that no two servers ever apply different commands at one index (paper,
figure 3), and its service contract that each incarnation of a server applies indices
1, 2, 3, ... without gap or repeat, from the end of its snapshot. `AppliedLogs` is the
record that both are judged by. It is pure: no clock, no locks, no network.

What keeps it honest:

- The first command reported at an index is the one that every later report has to
  match, whoever makes it. Since that record is never shortened, it also catches a
  server that applies something else after a crash than before it.
- A restarted server counts as having applied an entry only once it has applied it
  again, so that "three servers have it" is never satisfied by memories of a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ApplyMismatch(Exception):
    """A report breaks the apply contract; the text says which server and index.

    `servers` are the one that reported, and the one that it disagrees with, if any.
    """

    def __init__(self, message: str, *servers: int) -> None:
        super().__init__(message)
        self.servers = servers


@dataclass(frozen=True, slots=True)
class Committed:
    """How many servers have applied an index, and what they applied there."""

    count: int
    command: object | None


class AppliedLogs:
    """The applied commands of `n` servers, each from index 0 (which holds nothing)."""

    def __init__(self, n: int) -> None:
        self._logs: list[list[object]] = [[None] for _ in range(n)]
        self._agreed: list[object] = [None]
        # Who reported each agreed command first, for the message of a mismatch.
        self._first: list[int] = [-1]

    def last_index(self, server: int) -> int:
        """The last index that `server`'s present incarnation has applied."""
        return len(self._logs[server]) - 1

    def restart(self, server: int) -> None:
        """Begin a new incarnation of `server`, which has applied nothing yet."""
        self._logs[server] = [None]

    def apply(self, server: int, index: int, command: object) -> None:
        """Record that `server` applied `command` at `index`.

        Raises `ApplyMismatch` if the index is not the next one of this incarnation or
        another command has been applied there by anybody, ever.
        """
        log = self._logs[server]
        # Judged first: of a report out of order nothing is recorded, as in the course.
        if index != len(log):
            raise ApplyMismatch(
                f"server {server} apply out of order, "
                f"expected index {len(log)}, got {index}",
                server,
            )
        # Compared with what anybody has applied there first, a crashed server included.
        self._compare(server, index, command)
        log.append(command)

    def adopt(self, server: int, commands: Sequence[object]) -> None:
        """Record that `server` replaced its log by a snapshot's, from index 0.

        Raises `ApplyMismatch` if the snapshot holds another command than was applied
        at some index, or one that no server has applied.
        """
        if not commands:
            raise ApplyMismatch(
                f"server {server} adopted a snapshot without index 0", server
            )
        # All at once, and one by one only to explain: snapshots hold the whole history.
        if commands[1:] != self._agreed[1 : len(commands)]:
            self._explain_snapshot(server, commands)
        # A copy: what is applied from here on is added to it.
        self._logs[server] = list(commands)

    def appliers(self, index: int) -> list[int]:
        """The servers that have applied `index`, each in its present incarnation."""
        # Index 0 is in every log from its beginning, and holds nothing.
        return [i for i, log in enumerate(self._logs) if 0 < index < len(log)]

    def committed(self, index: int) -> Committed:
        """How many servers have applied `index` (in this incarnation), and what.

        Crashed servers count until they are restarted: what they applied stays
        committed. The commands need no comparison here, since `apply` and `adopt` let
        no two differ.
        """
        count = len(self.appliers(index))
        return Committed(count, self._agreed[index] if count else None)

    def _compare(self, server: int, index: int, command: object) -> None:
        if index == len(self._agreed):
            self._agreed.append(command)
            self._first.append(server)
        elif self._agreed[index] != command:
            first = self._first[index]
            raise ApplyMismatch(
                f"commit index={index} server={server} {shortened(command)} "
                f"!= server={first} {shortened(self._agreed[index])}",
                server,
                first,
            )

    def _explain_snapshot(self, server: int, commands: Sequence[object]) -> None:
        for index, command in enumerate(commands[1:], start=1):
            if index == len(self._agreed):
                raise ApplyMismatch(
                    f"server {server} adopted a snapshot with {shortened(command)} at "
                    f"index {index}, which no server has applied",
                    server,
                )
            self._compare(server, index, command)


def shortened(command: object, limit: int = 40) -> str:
    """The beginning of a command, as messages and annotations name it."""
    try:
        text = str(command)
    except ValueError:
        # Python refuses to spell out an integer of thousands of digits.
        text = f"<{type(command).__name__} that is too long to be told>"
    return text if len(text) <= limit else f"{text[:limit]}..."
