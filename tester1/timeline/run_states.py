"""What servers show of themselves, change by change, and who is cut off from whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from labrpc.facts import LinkCut, LinkHealed
from labrt import Fact, ProgramEnded, ProgramStarted
from labrt.texts import harmless
from tester1.facts.kinds import brief
from tester1.rules.messages import Calls
from tester1.timeline.pool import Pool
from tester1.timeline.run_schema import NONE, Op, RoleCode, Sides, StatesData
from tester1.view.states import LogChange, ServerState, States

__all__ = ["StatesWriter"]

_MOST_OF_A_COMMAND: Final = 60
_ROLES: Final = {
    None: RoleCode.UNKNOWN,
    "follower": RoleCode.FOLLOWER,
    "candidate": RoleCode.CANDIDATE,
    "leader": RoleCode.LEADER,
}


@dataclass(slots=True)
class _Told:
    """What the page was last told of a server, apart from its log."""

    alive: bool = False
    incarnation: int = 0
    term: int | None = None
    role: str | None = None
    voted: str | None = None
    commit: int | None = None
    applied: int | None = None
    snapshot: int | None = None
    next: dict[str, int] = field(default_factory=dict)
    match: dict[str, int] = field(default_factory=dict)


class StatesWriter:
    """Writes the states of a run; `programs` numbers its programs by name."""

    def __init__(self, calls: Calls, offset: int, programs: Mapping[str, int]) -> None:
        self._states = States(calls, offset, self._log_changed)
        self._programs = programs
        self._told: dict[str, _Told] = {}
        self._pool = Pool()
        self._columns = StatesData(*([] for _ in StatesData.__struct_fields__))
        self._at = self._time = 0
        self._before = (0, 0)
        self.sides: list[Sides] = []
        self._groups: tuple[list[list[int]], list[tuple[int, int]]] = ([], [])
        self._groups_since = 0
        self._links_changed = False

    def take(self, at: int, time: int, fact: Fact) -> ServerState | None:
        """Take note of the fact at a position, `time` nanoseconds on the page.

        Returns the server that it has shown something of.
        """
        if self._links_changed and time > self._time:
            # Those of one instant are one fault, however many links it cuts.
            self._regroup()
        self._at, self._time = at, time
        server = self._states.take(fact)
        if server is not None:
            self._compare(server)
        if isinstance(fact, LinkCut | LinkHealed | ProgramStarted | ProgramEnded):
            self._links_changed = True
        return server

    def finish(self, end: int) -> StatesData:
        """What was written; `end` is when the run ended."""
        if self._links_changed:
            self._regroup()
        self._close_groups(end)
        return msgspec.structs.replace(self._columns, strings=self._pool.strings())

    # Changes

    def _write(self, server: str, op: Op, a: int = 0, b: int = 0, c: int = 0) -> None:
        columns, before = self._columns, self._before
        columns.at.append(self._at - before[0])
        columns.time.append(self._time - before[1])
        columns.server.append(self._programs[server])
        columns.op.append(op)
        columns.a.append(a)
        columns.b.append(b)
        columns.c.append(c)
        self._before = self._at, self._time

    def _log_changed(self, server: ServerState, change: LogChange) -> None:
        entry = change.entry
        if entry is None:
            self._write(server.server, Op.CUT, change.index)
            return
        term = NONE if entry.term is None else entry.term
        if not entry.has_command:
            self._write(server.server, Op.ENTRY, change.index, term, NONE)
            return
        text = harmless(brief(entry.command, _MOST_OF_A_COMMAND))
        self._write(server.server, Op.ENTRY, change.index, term, self._pool.add(text))

    def _compare(self, server: ServerState) -> None:
        """Write how a server differs from what was told of it last."""
        name = server.server
        told = self._told.setdefault(name, _Told())
        if (server.alive, server.incarnation) != (told.alive, told.incarnation):
            if server.alive:
                self._write(name, Op.ALIVE, server.incarnation)
                # A start makes all of this unknown for the page, too.
                told.role = told.commit = told.applied = None
                told.next, told.match = {}, {}
            else:
                self._write(name, Op.DOWN)
            told.alive, told.incarnation = server.alive, server.incarnation
        if server.term != told.term and server.term is not None:
            self._write(name, Op.TERM, server.term)
            told.term = server.term
            told.role = told.voted = None
            told.next, told.match = {}, {}
        if server.role != told.role:
            self._write(name, Op.ROLE, _ROLES[server.role])
            told.role = server.role
            told.next, told.match = {}, {}
        if server.voted != told.voted:
            voted = NONE if server.voted is None else self._programs[server.voted]
            self._write(name, Op.VOTE, voted)
            told.voted = server.voted
        if server.snapshot != told.snapshot and server.snapshot is not None:
            term = server.snapshot_term
            self._write(name, Op.BASE, server.snapshot, NONE if term is None else term)
            told.snapshot = server.snapshot
        if server.commit != told.commit:
            self._write(name, Op.COMMIT, _number(server.commit))
            told.commit = server.commit
        if server.applied != told.applied:
            self._write(name, Op.APPLIED, _number(server.applied))
            told.applied = server.applied
        self._compare_peers(name, Op.NEXT, server.next, told.next)
        self._compare_peers(name, Op.MATCH, server.match, told.match)

    def _compare_peers(
        self, name: str, op: Op, now: dict[str, int], told: dict[str, int]
    ) -> None:
        if now == told:
            return
        for peer, index in now.items():
            if told.get(peer) != index:
                self._write(name, op, self._programs[peer], index)
                told[peer] = index

    # Who reaches whom

    def _regroup(self) -> None:
        self._links_changed = False
        alive = [name for name, server in self._states.servers.items() if server.alive]
        groups = self._components(alive)
        together = {name: i for i, group in enumerate(groups) for name in group}
        links = [
            (self._programs[one], self._programs[other])
            for one in alive
            for other in alive
            if one != other
            and together[one] == together[other]
            and self._is_cut(one, other)
        ]
        numbers = [sorted(self._programs[name] for name in group) for group in groups]
        found = (numbers, links) if len(groups) > 1 or links else ([], [])
        if found != self._groups:
            self._close_groups(self._time)
            self._groups, self._groups_since = found, self._time

    def _close_groups(self, end: int) -> None:
        groups, links = self._groups
        if (groups or links) and end > self._groups_since:
            self.sides.append(Sides(self._groups_since, end, groups, links))

    def _is_cut(self, source: str, target: str) -> bool:
        # What was never made is about to be: a group is started link by link.
        return not self._states.links.get((source, target), True)

    def _components(self, servers: Sequence[str]) -> list[list[str]]:
        """The servers in groups, of which each member reaches some other one."""
        groups: list[list[str]] = []
        for server in servers:
            near = [
                group
                for group in groups
                if not all(
                    self._is_cut(server, one) or self._is_cut(one, server)
                    for one in group
                )
            ]
            groups = [group for group in groups if group not in near]
            groups.append([*(one for group in near for one in group), server])
        return groups


def _number(value: int | None) -> int:
    return NONE if value is None else value
