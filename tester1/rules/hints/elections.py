"""Hints about elections: timers that are not reset, or dead, and split votes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from labrpc.facts import Answered, LinkCut, LinkHealed, Sent
from labrt import ProgramEnded, ProgramStarted
from tester1.facts.names import number_of
from tester1.rules.hints.history import Hint, History
from tester1.rules.messages import (
    AppendReply,
    AppendRequest,
    SnapshotReply,
    SnapshotRequest,
    VoteReply,
    VoteRequest,
)

__all__ = ["election_hints"]

_TOO_SOON_S: Final = 0.1
_DEAD_S: Final = 3.0
_MANY_SPLITS: Final = 5


def election_hints(history: History) -> Iterator[Hint]:
    """What may be wrong with the timers of a run."""
    yield from _not_reset(history)
    yield from _dead_timers(history)
    yield from _split_votes(history)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What should have reset a server's timer: when, and what it was."""

    time: float
    what: str
    number: int


def _not_reset(history: History) -> Iterator[Hint]:
    """Candidacies too soon after hearing from the leader, or after granting a vote."""
    heard: dict[str, _Heard] = {}
    found: dict[str, list[tuple[Sent, _Heard]]] = defaultdict(list)
    # When it stood last and has heard nothing since, and the shortest time from one
    # candidacy to the next: so long is its timeout, whatever resets the timer.
    stood: dict[str, tuple[float, int]] = {}
    shortest: dict[str, float] = {}
    for fact in history.facts:
        if isinstance(fact, ProgramStarted):
            heard.pop(fact.server, None)
            stood.pop(fact.server, None)
        elif isinstance(fact, Answered):
            what = _resets(history, fact)
            if what:
                heard[fact.server] = _Heard(fact.time, what, fact.number)
                stood.pop(fact.server, None)
        elif isinstance(fact, Sent):
            request = history.calls.request(fact)
            if not isinstance(request, VoteRequest):
                continue
            last = heard.pop(fact.server, None)
            if last is not None and fact.time - last.time < _TOO_SOON_S:
                found[fact.server].append((fact, last))
            time, term = stood.get(fact.server, (fact.time, request.term))
            if request.term > term and not request.trial:
                gap = fact.time - time
                shortest[fact.server] = min(gap, shortest.get(fact.server, gap))
            if request.term > term or fact.server not in stood:
                stood[fact.server] = fact.time, request.term
    for server, times in found.items():
        sent, last = times[-1]
        soon = (sent.time - last.time) * 1000
        often = f", and so {len(times)} times" if len(times) > 1 else ""
        timeout = shortest.get(server, _TOO_SOON_S)
        cause = "is its election timer reset?"
        if timeout < _TOO_SOON_S:
            cause = (
                f"from one candidacy to the next it waited {timeout * 1000:.0f} ms; is "
                "its timeout longer than the time between heartbeats?"
            )
        yield Hint(
            4,
            f"server {number_of(server)} stood for election at {sent.time:.3f} s, "
            f"{soon:.0f} ms after it {last.what}{often}: {cause}",
            sent.time,
            (last.number, sent.number),
        )


def _resets(history: History, fact: Answered) -> str:
    """What an answer says that the timer has to be reset for, empty for nothing."""
    request, reply = history.calls.request(fact), history.calls.reply(fact)
    peer = number_of(fact.peer)
    match request, reply:
        case VoteRequest(trial=False), VoteReply(granted=True):
            return f"granted its vote to server {peer}"
        case AppendRequest(term=term), AppendReply(term=answered) if answered == term:
            return f"heard from server {peer}, the leader of term {term}"
        case SnapshotRequest(term=term), SnapshotReply(term=answered) if (
            answered == term
        ):
            return f"got a snapshot of server {peer}, the leader of term {term}"
    return ""


@dataclass(slots=True)
class _Quiet:
    """A server that neither hears of a leader nor stands for election."""

    since: float
    denied: int = 0
    refused: Counter[int] = field(default_factory=Counter)


def _dead_timers(history: History) -> Iterator[Hint]:
    """Servers that stood for no election while there was no leader for long."""
    quiet: dict[str, _Quiet] = {}
    leading: set[str] = set()
    reported: set[str] = set()
    # Who has stood last, with nothing since that ends a candidacy: when, and for what.
    candidates: dict[str, tuple[float, int]] = {}
    network_change = (LinkCut, LinkHealed, ProgramStarted, ProgramEnded)
    for fact, network in history.walk():
        if isinstance(fact, network_change):
            for name in (fact.server, getattr(fact, "peer", fact.server)):
                if network.reached_by(name) > 1:
                    quiet[name] = _Quiet(fact.time)
                else:
                    quiet.pop(name, None)
            leading.discard(fact.server)
        if isinstance(fact, ProgramStarted):
            candidates.pop(fact.server, None)
        yield from _over(quiet, fact.time, leading, reported, candidates)
        if isinstance(fact, Sent):
            request = history.calls.request(fact)
            if isinstance(request, AppendRequest | SnapshotRequest):
                leading.add(fact.server)
                candidates.pop(fact.server, None)
            elif isinstance(request, VoteRequest):
                candidates[fact.server] = fact.time, request.term
            if request is not None and fact.server in quiet:
                quiet[fact.server] = _Quiet(fact.time)
        elif isinstance(fact, Answered):
            if _resets(history, fact):
                candidates.pop(fact.server, None)
            if fact.server in quiet:
                _answered(history, fact, quiet, leading)


def _answered(
    history: History, fact: Answered, quiet: dict[str, _Quiet], leading: set[str]
) -> None:
    reply = history.calls.reply(fact)
    if _resets(history, fact):
        quiet[fact.server] = _Quiet(fact.time)
        leading.discard(fact.server)
    elif isinstance(reply, VoteReply):
        quiet[fact.server].denied += 1
    elif isinstance(reply, AppendReply | SnapshotReply):
        request = history.calls.request(fact)
        if request is not None:
            quiet[fact.server].refused[request.term] += 1


def _over(
    quiet: dict[str, _Quiet],
    now: float,
    leading: set[str],
    reported: set[str],
    candidates: dict[str, tuple[float, int]],
) -> Iterator[Hint]:
    for server, state in quiet.items():
        if now - state.since <= _DEAD_S or server in reported | leading:
            continue
        reported.add(server)
        by = []
        if state.denied:
            by.append(f"denied {state.denied} votes")
        if state.refused:
            terms = ", ".join(f"T{term}" for term in sorted(state.refused))
            by.append(f"heard from old leaders of {terms}")
        meanwhile = f"; meanwhile it {' and '.join(by)}" if by else ""
        ending = ": do these reset its timer?" if by else ": is its timer dead?"
        if not by and server in candidates:
            stood, term = candidates[server]
            ending = (
                f": it is the candidate of term {term} since {stood:.3f} s; does a "
                "candidate stand again?"
            )
        yield Hint(
            5,
            f"server {number_of(server)} heard of no leader from {state.since:.3f} s "
            f"on and did not stand for election for over {_DEAD_S:g} s, while "
            f"connected{meanwhile}{ending}",
            now,
        )


def _split_votes(history: History) -> Iterator[Hint]:
    """Elections in a row that nobody won, though a majority was connected."""
    failed: list[tuple[float, str, int]] = []
    longest: list[tuple[float, str, int]] = []
    for fact, network in history.walk():
        if not isinstance(fact, Sent):
            continue
        request = history.calls.request(fact)
        if isinstance(request, AppendRequest | SnapshotRequest):
            # Who leads without reaching a majority ends nothing.
            if network.in_majority(fact.server):
                failed = []
        elif isinstance(request, VoteRequest) and not request.trial:
            stood = (fact.time, fact.server, request.term)
            known = any(stood[1:] == other[1:] for other in failed)
            if network.in_majority(fact.server) and not known:
                failed.append(stood)
        # As long counts as longer: a second candidate of the same term belongs to it.
        if len({term for _, _, term in failed}) >= len({t for _, _, t in longest}):
            longest = list(failed)
    terms = sorted({term for _, _, term in longest})
    if len(terms) < _MANY_SPLITS:
        return
    yield Hint(
        3 if _spans(longest) else 1,
        f"{len(terms)} elections in a row, of terms {terms[0]} to {terms[-1]}, had no "
        f"winner{_closeness(longest)}",
        longest[-1][0],
    )


def _spans(stood: list[tuple[float, str, int]]) -> list[float]:
    """How far apart the candidates of each term were, of terms with several."""
    by_term: dict[int, list[float]] = defaultdict(list)
    for time, _, term in stood:
        by_term[term].append(time)
    return [max(times) - min(times) for times in by_term.values() if len(times) > 1]


def _closeness(stood: list[tuple[float, str, int]]) -> str:
    """How near to one another the candidates of one term were."""
    spans = _spans(stood)
    if not spans:
        servers = " ".join(sorted({number_of(name) for _, name, _ in stood}))
        return f": servers {servers} stood alone; who denied them its vote?"
    within = max(spans) * 1000
    return (
        f": in {len(spans)} of them several servers stood within {within:.0f} ms of "
        "one another; are the timeouts drawn anew, from a range that is wide enough?"
    )
