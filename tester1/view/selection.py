"""Which facts matter to a failure.

A finding says by which facts it is proved; what they follow from belongs to them. Where
there is no finding, the servers that a failure is about are looked at, and of what
happens there, what has to do with the failure's words. What the test does all the time,
and what says nothing, is noise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from labrpc import LabrpcError
from labrpc.facts import LinkCut, LinkHealed, Message, ModesChanged, Sent
from labrt import Fact, ProgramEnded, ProgramStarted, RuntimeFailure
from labrt.texts import message_of
from tester1.facts.kinds import (
    CheckBegun,
    CheckFailed,
    CheckPassed,
    ClerkCalled,
    ClerkReturned,
    FaultMade,
    Killed,
    LockHeldInCall,
    Noted,
    RuleBroken,
    TaskWaits,
    Waited,
)
from tester1.facts.names import is_server, number_of
from tester1.lab import LabFailure
from tester1.view.cells import Topic, Words

__all__ = ["finding_of", "involved_servers", "past_of", "relevant", "servers_of"]

_WORDS: Final = (
    # What a failure is about, by what it says; the first that fits.
    (re.compile(r"leader|elect|term|vote"), {Topic.ELECTION}),
    (
        re.compile(r"snapshot"),
        {Topic.SNAPSHOT, Topic.STORAGE, Topic.REPLICATION},
    ),
)


def finding_of(facts: Iterable[Fact]) -> RuleBroken | None:
    """The rule that is broken in a run, None if none is."""
    return next((fact for fact in facts if isinstance(fact, RuleBroken)), None)


def involved_servers(facts: Sequence[Fact], error: BaseException) -> list[str]:
    """The servers that a failure is about, or else all that the facts happened at."""
    servers = servers_of(facts)
    about = {str(one) for one in _about(error)}
    # A failure of the test names them by number, one of the runtime by name.
    involved = [name for name in servers if {name, number_of(name)} & about]
    return involved or servers


def _about(error: BaseException) -> tuple[int | str, ...]:
    if isinstance(error, LabFailure):
        return error.servers
    if isinstance(error, LabrpcError):
        return error.programs
    return error.worlds if isinstance(error, RuntimeFailure) else ()


def servers_of(facts: Iterable[Fact]) -> list[str]:
    """The servers that the facts happened at, in order."""
    names = {name for fact in facts for name in _servers_of(fact)}
    return sorted(names, key=lambda name: (len(name), name))


def _servers_of(fact: Fact) -> list[str]:
    # Both ends of a link count.
    names = [fact.server, fact.peer if isinstance(fact, Message) else ""]
    return [name for name in names if is_server(name)]


def past_of(facts: Sequence[Fact], numbers: Iterable[int]) -> set[int]:
    """The numbers of the facts that these follow from, and their own."""
    by_number = {fact.number: fact for fact in facts}
    found: set[int] = set()
    left = list(numbers)
    while left:
        number = left.pop()
        fact = by_number.get(number)
        if fact is None or number in found:
            continue
        found.add(number)
        left.append(fact.cause)
        if isinstance(fact, Message):
            left.append(fact.call)
    return found


def relevant(
    facts: Sequence[Fact],
    words: Words,
    error: BaseException,
    servers: Sequence[str],
    clue: Sequence[int] = (),
) -> list[Fact]:
    """The facts that matter to a failure, the oldest first; the latest matter most.

    `clue` is the numbers of those that may explain it, and matter with their past.
    """
    finding = finding_of(facts)
    if finding is not None:
        return _proved(facts, finding, words, servers)
    # Not `str`: the text of an error may be code of the solution's.
    said = message_of(error).lower()
    topics = next((topics for word, topics in _WORDS if word.search(said)), None)
    chosen = past_of(facts, clue)
    return [
        fact
        for fact in facts
        if fact.number in chosen
        or (
            not _is_noise(fact)
            and (fact.server in servers or not is_server(fact.server))
            and (topics is None or _is_about(fact, words, topics))
        )
    ]


def _is_about(fact: Fact, words: Words, topics: set[Topic]) -> bool:
    cell = words.cell(fact)
    if cell.topic in (Topic.FAULT, Topic.PRINT, Topic.TEST):
        return True
    # That somebody leads shows in its heartbeats, folded into one row.
    leads = Topic.ELECTION in topics and cell.routine and isinstance(fact, Sent)
    return cell.topic in topics or leads


def _proved(
    facts: Sequence[Fact], finding: RuleBroken, words: Words, servers: Sequence[str]
) -> list[Fact]:
    """The proof and its past, with the faults and the lives of servers in between."""
    proof = past_of(facts, finding.proof)
    begin = min(proof, default=finding.number)
    topics = {
        words.cell(fact).topic for fact in facts if fact.number in set(finding.proof)
    }
    chosen: list[Fact] = []
    for fact in facts:
        if fact.number in proof:
            chosen.append(fact)
        elif fact.number < begin or _is_noise(fact):
            continue
        elif isinstance(fact, FaultMade | ProgramStarted | ProgramEnded):
            if not is_server(fact.server) or fact.server in servers:
                chosen.append(fact)
        elif fact.server in servers and _is_about(fact, words, topics):
            chosen.append(fact)
    return chosen


def _is_noise(fact: Fact) -> bool:
    """Whether a fact is of the test alone, or says what others say better."""
    if isinstance(fact, FaultMade | CheckFailed):
        return False
    if isinstance(fact, Noted):
        # A solution may make notes of its own.
        return fact.row in ("Test Info", "Checker")
    if isinstance(fact, Message) and not is_server(fact.server):
        return True  # a clerk's request shows where it arrives
    return isinstance(
        fact,
        LinkCut
        | LinkHealed
        | ModesChanged
        | CheckBegun
        | CheckPassed
        | ClerkCalled
        | ClerkReturned
        | Killed
        | LockHeldInCall
        | TaskWaits
        | Waited
        | RuleBroken,
    )
