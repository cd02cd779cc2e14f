"""Hints about replication: leaders that chat or are silent, slow back-up, locks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from labrpc.facts import Answered, Delivered, Lost, Sent
from labrt import ProgramStarted
from tester1.facts.kinds import (
    Applied,
    LockHeldInCall,
    Saved,
    SnapshotAdopted,
    SnapshotTaken,
    TaskWaits,
)
from tester1.facts.names import number_of
from tester1.rules.hints.history import Hint, History
from tester1.rules.messages import AppendReply, AppendRequest, SnapshotRequest

__all__ = ["replication_hints"]

_MANY_A_SECOND: Final = 30
_SILENT_S: Final = 1.0
_MANY_REPEATS: Final = 5
_MANY_REJECTIONS: Final = 8
_LATE_S: Final = 1.0
_MANY_BYTES: Final = 4096


def replication_hints(history: History) -> Iterator[Hint]:
    """What may be wrong with the sending, storing and applying of entries."""
    yield from _chatty(history)
    yield from _silent(history)
    yield from _repeating(history)
    yield from _slow_back_up(history)
    yield from _locks(history)
    yield from _not_applied(history)
    yield from _no_snapshots(history)


def _chatty(history: History) -> Iterator[Hint]:
    """Leaders that send a server many appends a second that carry nothing."""
    windows: dict[tuple[str, str, int], int] = defaultdict(int)
    before: dict[tuple[str, str], AppendRequest] = {}
    for fact in history.facts:
        if not isinstance(fact, Sent):
            continue
        request = history.calls.request(fact)
        if isinstance(request, AppendRequest):
            link = (fact.server, fact.peer)
            # A commit index that has grown is news.
            if not request.entries and before.get(link) == request:
                windows[(*link, int(fact.time))] += 1
            before[link] = request
    if not windows:
        return
    (server, peer, second), most = max(windows.items(), key=lambda item: item[1])
    if most > _MANY_A_SECOND:
        times = sum(count > _MANY_A_SECOND for count in windows.values())
        yield Hint(
            2,
            f"server {number_of(server)} sent server {number_of(peer)} the same empty "
            f"append {most} times in the second from {second} s on (in {times} such "
            "seconds in all); ten a second are enough",
            second + 1.0,
        )


def _silent(history: History) -> Iterator[Hint]:
    """Leaders that send nothing for long, though nobody has deposed them."""
    last: dict[str, tuple[float, int]] = {}
    found: dict[str, tuple[float, float, int]] = {}

    def until(server: str, time: float) -> None:
        sent, term = last.pop(server)
        if time - sent > _SILENT_S:
            found[server] = (sent, time, term)

    for fact, network in history.walk():
        if fact.server in last and not network.in_majority(fact.server):
            until(fact.server, fact.time)
        if isinstance(fact, Sent | Answered):
            said = history.calls.message(fact)
            if fact.server in last and said is not None:
                # What it sends, and any term that it shows, ends the silence.
                is_sent = isinstance(fact, Sent)
                if is_sent or said.term > last[fact.server][1]:
                    until(fact.server, fact.time)
            if isinstance(said, AppendRequest | SnapshotRequest) and (
                network.in_majority(fact.server)
            ):
                last[fact.server] = (fact.time, said.term)
    for server in list(last):
        until(server, history.end)
    for server, (sent, time, term) in found.items():
        yield Hint(
            4,
            f"server {number_of(server)}, the leader of term {term}, sent nothing from "
            f"{sent:.3f} s to {time:.3f} s",
            time,
        )


def _repeating(history: History) -> Iterator[Hint]:
    """Leaders that send the same entries again while a reply is still out."""
    out: dict[tuple[str, str], dict[int, AppendRequest]] = defaultdict(dict)
    count: dict[tuple[str, str, AppendRequest], int] = defaultdict(int)
    latest: dict[tuple[str, str, AppendRequest], float] = {}
    for fact in history.facts:
        if isinstance(fact, Sent) and not fact.obstacle:
            request = history.calls.request(fact)
            if isinstance(request, AppendRequest) and request.entries:
                link = (fact.server, fact.peer)
                key = (*link, request)
                if request in out[link].values():
                    count[key] += 1
                    latest[key] = fact.time
                out[link][fact.call] = request
        elif isinstance(fact, Delivered | Lost):
            out[fact.server, fact.peer].pop(fact.call, None)
    if sum(count.values()) < _MANY_REPEATS:
        return
    key, most = max(count.items(), key=lambda item: item[1])
    server, peer, request = key
    yield Hint(
        2,
        f"entries were sent again {sum(count.values())} times while a reply was out, "
        f"most often by server {number_of(server)} to server {number_of(peer)}: index "
        f"{request.prev_index + 1} to {request.last_index} {most + 1} times",
        latest[key],
    )


@dataclass(slots=True)
class _BackUp:
    """Rejections in a row that one leader got of one follower."""

    prevs: list[int] = field(default_factory=list)
    begin: float = 0.0
    end: float = 0.0


def _slow_back_up(history: History) -> Iterator[Hint]:
    """Rejections in a row that move the previous index by one, or not at all."""
    going: dict[tuple[str, str, int], _BackUp] = {}
    longest: dict[tuple[str, str, int], _BackUp] = {}
    for fact in history.facts:
        if not isinstance(fact, Delivered):
            continue
        request, reply = history.calls.request(fact), history.calls.reply(fact)
        if not isinstance(request, AppendRequest) or not isinstance(reply, AppendReply):
            continue
        key = (fact.server, fact.peer, request.term)
        if reply.success or reply.term != request.term:
            going.pop(key, None)
            continue
        run = going.setdefault(key, _BackUp(begin=fact.time))
        steps = run.prevs[-1] - request.prev_index if run.prevs else 1
        # Replies may overtake one another.
        if steps not in (-1, 0, 1):
            going[key] = run = _BackUp(begin=fact.time)
        run.prevs.append(request.prev_index)
        run.end = fact.time
        if len(run.prevs) > len(longest.get(key, _BackUp()).prevs):
            longest[key] = run
    if not longest:
        return
    key, run = max(longest.items(), key=lambda item: len(item[1].prevs))
    if len(run.prevs) < _MANY_REJECTIONS:
        return
    server, peer, term = key
    first, last = run.prevs[0], run.prevs[-1]
    how = f"stayed at {first}: does it need the leader's snapshot?"
    if first != last:
        how = f"went from {first} to {last}: back up by more than one at a time"
    yield Hint(
        4,
        f"server {number_of(peer)} rejected {len(run.prevs)} appends in a row of "
        f"server {number_of(server)} in term {term}, from {run.begin:.3f} s to "
        f"{run.end:.3f} s, and the previous index {how}",
        run.end,
    )


def _locks(history: History) -> Iterator[Hint]:
    """Locks that were held while a call was out, the one held longest."""
    held: dict[tuple[str, str, str], list[LockHeldInCall]] = defaultdict(list)
    for fact in history.facts:
        if isinstance(fact, LockHeldInCall):
            held[fact.server, fact.lock, fact.method].append(fact)
    if not held:
        return
    facts = max(held.values(), key=lambda facts: max(fact.seconds for fact in facts))
    longest = max(facts, key=lambda fact: fact.seconds)
    waited = f", and {longest.waiting} threads waited for it" if longest.waiting else ""
    yield Hint(
        5 if longest.waiting else 3,
        f"server {number_of(longest.server)} held {longest.lock} for "
        f"{longest.seconds:.3f} s, until {longest.time:.3f} s, in a call of "
        f"{longest.method} at {longest.line.partition(' in ')[0]}{waited} "
        f"({sum(map(len, held.values()))} calls under a lock in all)",
        facts[-1].time,
    )


def _not_applied(history: History) -> Iterator[Hint]:
    """Entries that a server knows as committed and has not applied for long."""
    committed: dict[str, tuple[int, float]] = {}
    applied: dict[str, int] = {}
    for fact in history.facts:
        match fact:
            case ProgramStarted():
                committed.pop(fact.server, None)
                # Entries that a snapshot holds are not applied again.
            case Applied() | SnapshotAdopted() | SnapshotTaken():
                applied[fact.server] = fact.index
            case Sent() | Answered():
                _commits(history, fact, committed, applied)
    for server, (index, since) in committed.items():
        known = applied.get(server, 0)
        if known < index and history.end - since > _LATE_S:
            yield Hint(
                4,
                f"server {number_of(server)} knows that index {index} is committed "
                f"since {since:.3f} s, and has applied up to {known}"
                f"{_applier(history, server)}",
                history.end,
            )


def _commits(
    history: History,
    fact: Sent | Answered,
    committed: dict[str, tuple[int, float]],
    applied: dict[str, int],
) -> None:
    request = history.calls.request(fact)
    if not isinstance(request, AppendRequest) or request.commit is None:
        return
    index = request.commit
    if isinstance(fact, Answered):
        reply = history.calls.reply(fact)
        if not isinstance(reply, AppendReply) or not reply.success:
            return
        index = min(index, request.last_index)
    before, since = committed.get(fact.server, (0, fact.time))
    # From when on more was committed than applied, however much more came later.
    is_behind = before > applied.get(fact.server, 0)
    if index > before:
        committed[fact.server] = (index, since if is_behind else fact.time)


def _applier(history: History, server: str) -> str:
    """What the thread waits for that applies, if it can be told by its name."""
    for fact in history.facts:
        if not isinstance(fact, TaskWaits) or fact.server != server:
            continue
        # `applier-0-1` is the tester's own.
        if "appl" in fact.thread and not fact.thread.startswith("applier-"):
            since = f"since {fact.since:.3f} s"
            return f": {fact.thread} waits for {fact.reason} {since}, {fact.line}"
    return ": is its applier woken?"


def _no_snapshots(history: History) -> Iterator[Hint]:
    """Servers whose state grows while they take no snapshot, though others do."""
    state: dict[str, int] = {}
    taken: dict[str, tuple[float, int]] = {}
    sizes: dict[str, int] = {}
    for fact in history.facts:
        if isinstance(fact, Saved):
            state[fact.server] = fact.state
        elif isinstance(fact, SnapshotTaken | SnapshotAdopted):
            taken[fact.server] = (fact.time, fact.index)
            sizes[fact.server] = state.get(fact.server, 0)
    if not taken:
        return
    for server, size in state.items():
        limit = max(_MANY_BYTES, 3 * min(sizes.values()))
        since, index = taken.get(server, (0.0, 0))
        if size > limit and history.end - since > _LATE_S:
            yield Hint(
                3,
                f"the state of server {number_of(server)} has grown to {size} B: its "
                f"last snapshot, up to index {index}, is of {since:.3f} s",
                history.end,
            )
