"""The facts of a run, as the page's script reads them (`assets/run.js`).

What the page needs to draw its first picture is in the `RunIndex`, within the page's
data, and in the states; the facts themselves come in parts, each a text of its own in
the page, of which the script reads those first that are in sight. Columns of numbers
and a pool of distinct strings for each part, deflated: a fact takes some 30 bytes.

A fact is a *position* here: its place among those that the page has, from 0. A program
is its place in `RunIndex.programs`. Times are nanoseconds of the page's clock.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

NONE = -1
"""Stands for a number that is missing: no cause, no text, an unknown term."""

PART_SIZE = 4_000
"""How many facts a part has."""


class CallKind(IntEnum):
    """What a call is for, in the order in which arrows are left out when many meet.

    `OTHER` are those that are none of Raft's: of clerks, and of the solution's own.
    """

    HEARTBEAT = 0
    OTHER = 1
    APPEND = 2
    SNAPSHOT = 3
    PRE_VOTE = 4
    VOTE = 5


class Op(IntEnum):
    """How what is known of a server changes; `a`, `b` and `c` are its numbers.

    `ALIVE` a: the incarnation that begins; what no server remembers over a crash is
    unknown from here. `DOWN`: it has ended. `TERM` a: the term; vote and role are
    unknown until they are shown. `ROLE` a: a `RoleCode`. `VOTE` a: the program voted
    for. `ENTRY` a: index, b: term or `NONE`, c: the command, a position in
    `States.strings`, or `NONE`; it takes the place of what was there, and nothing else
    changes. `CUT` a: the log ends at this index; what was behind it is gone. `COMMIT` a
    and `APPLIED` a: index.
    `BASE` a: index, b: term or `NONE`; up to there the log is a snapshot. `NEXT` a:
    peer, b: index; `MATCH` a: peer, b: index: what a leader's messages show that it
    keeps of its peer, until its term or its role is another.
    """

    ALIVE = 0
    DOWN = 1
    TERM = 2
    ROLE = 3
    VOTE = 4
    ENTRY = 5
    CUT = 6
    COMMIT = 7
    APPLIED = 8
    BASE = 9
    NEXT = 10
    MATCH = 11


class RoleCode(IntEnum):
    """A server's role, 0 if it has shown none."""

    UNKNOWN = 0
    FOLLOWER = 1
    CANDIDATE = 2
    LEADER = 3


class Pin(msgspec.Struct, frozen=True):
    """What was found: a broken rule, a hint, or the failure of the test.

    `kind` is "rule", "hint" or "failure". `title` names the rule and its section,
    `text` says how it is broken. `at` is the fact with which it broke, `promise` the
    one that had promised otherwise, `NONE` if none is known; `proof` are all that show
    it, in their order.
    """

    kind: str
    title: str
    text: str
    time: int
    at: int
    promise: int
    servers: list[int]
    proof: list[int]


class Sides(msgspec.Struct, frozen=True):
    """Which servers reached one another from `start` to `end`, unless all did.

    `groups` are programs that reach one another directly, each server in one of them;
    `links` are single links that were cut besides, as sender and receiver.
    """

    start: int
    end: int
    groups: list[list[int]]
    links: list[tuple[int, int]]


class PartIndex(msgspec.Struct, frozen=True):
    """Where a part's facts lie: positions `first` to `first + count - 1`."""

    first: int
    count: int
    start: int
    end: int


class RunIndex(msgspec.Struct, frozen=True):
    """What there is to see of a run; its parts are the texts `facts-0`, `facts-1`, …"""

    programs: list[str]
    """The names of all, servers first."""
    servers: int
    """How many of them are servers."""
    lanes: list[int]
    """For each program the lane of its operations, a position in `PageData.clients`;
    `NONE` for those that have none."""
    kinds: list[str]
    """The kinds of facts, as files have them: those of the run, then all others."""
    topics: list[str]
    methods: list[str]
    count: int
    parts: list[PartIndex]
    pins: list[Pin]
    """The most important first."""
    focus: int
    """The pin that the page opens at: the first that shows how it came about."""
    sides: list[Sides]
    load: list[int]
    """How many facts there are in each of equal stretches of the whole time."""
    start: int
    end: int
    notes: list[str]
    """What the page cannot show of this run, a sentence each."""


class FactColumns(msgspec.Struct, frozen=True):
    """The facts of a part; one list per attribute."""

    number: list[int]
    """After that of the fact before; the part's first counts from 0."""
    time: list[int]
    """After that of the fact before; the part's first counts from the page's origin."""
    kind: list[int]
    topic: list[int]
    program: list[int]
    """`NONE` for what happens to the test."""
    incarnation: list[int]
    cause: list[int]
    """The position of the fact that made it happen, as a difference: so much before; 0
    if none is known. Below zero for one that is only the likeliest (`Causes`)."""
    term: list[int]
    """The term that it shows, `NONE` if it shows none."""
    routine: list[int]
    """1 for what happens all the time while all is well."""
    text: list[int]
    """What happened in a line, a position in `FactsPart.strings`."""
    details: list[int]
    """All that is known of it, name and value a line; `NONE` if the text says all."""


class CallColumns(msgspec.Struct, frozen=True):
    """The calls that were sent in a part."""

    sent: list[int]
    """The position of the fact."""
    source: list[int]
    target: list[int]
    method: list[int]
    kind: list[int]
    """A `CallKind`."""
    term: list[int]
    handed: list[int]
    answered: list[int]
    ended: list[int]
    """These three are positions of facts, `NONE` if it did not happen, or not yet."""
    handed_after: list[int]
    answered_after: list[int]
    ended_after: list[int]
    """Nanoseconds after it was sent; `NONE` likewise."""
    granted: list[int]
    """1 for an answer that says yes (a vote, a success), 0 for no, else `NONE`."""
    lost: list[int]
    """Why it was lost, a position in `strings`; `NONE` if it was not."""


class FactsPart(msgspec.Struct, frozen=True):
    """The text of one part."""

    strings: list[str]
    facts: FactColumns
    calls: CallColumns


class StatesData(msgspec.Struct, frozen=True):
    """The text `states`: what servers show of themselves, change by change."""

    strings: list[str]
    """Commands."""
    at: list[int]
    """The position of the fact that shows it, after that of the change before."""
    time: list[int]
    """That fact's, after that of the change before; the first counts from the origin.
    So lanes can be drawn before any part is read."""
    server: list[int]
    op: list[int]
    a: list[int]
    b: list[int]
    c: list[int]


class WaitsData(msgspec.Struct, frozen=True):
    """The text `waits`: what threads waited for, by program and thread."""

    strings: list[str]
    program: list[int]
    thread: list[int]
    """The thread's name, a position in `strings`."""
    reason: list[int]
    line: list[int]
    """Where it waited, or `NONE`."""
    since: list[int]
    until: list[int]
    """`NONE` if the run ended before."""
