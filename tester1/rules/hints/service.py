"""Hints about the key/value service: who answered a read with an old value."""

from __future__ import annotations

from collections.abc import Iterator

from labrpc.facts import Answered, Sent
from tester1.facts.kinds import ClerkCalled, ClerkReturned, Performed, PutPerformed
from tester1.facts.names import is_server, number_of
from tester1.rules.hints.history import Hint, History
from tester1.rules.messages import AppendRequest, SnapshotRequest

__all__ = ["service_hints"]


def service_hints(history: History) -> Iterator[Hint]:
    """What may be wrong with the answers of the service."""
    yield from _unperformed(history)
    yield from _stale_reads(history)


def _unperformed(history: History) -> Iterator[Hint]:
    """A Put that a clerk says was done, and that no server has performed."""
    done: set[tuple[object, ...]] = set()
    asked: dict[int, ClerkCalled] = {}
    found: ClerkReturned | None = None
    for fact in history.facts:
        if isinstance(fact, PutPerformed):
            done.add((fact.key, fact.value, fact.version))
        elif isinstance(fact, Performed) and isinstance(fact.content, dict):
            done.add(tuple(map(fact.content.get, ("Key", "Value", "Version"))))
        elif isinstance(fact, ClerkCalled) and fact.operation == "Put":
            asked[fact.number] = fact
        elif isinstance(fact, ClerkReturned) and fact.cause in asked:
            call = asked[fact.cause]
            put = call.key, call.value, call.version
            if fact.err == "OK" and put not in done and found is None:
                found = fact
    # Of a solution that performs nothing where it is seen, nothing is known.
    if found is None or not done:
        return
    call = asked[found.cause]
    text = (
        f"{found.clerk} returned OK at {found.time:.3f} s for Put({call.key!r}, "
        f"version {call.version}), and no server had performed it"
    )
    answer = _answer(history, found)
    if answer is not None:
        content = answer.content
        error = content.get("Err") if isinstance(content, dict) else None
        text += f": the last answer was {error}, of server {number_of(answer.server)}"
    proof = (call.number, found.number, *_numbers(answer))
    yield Hint(7, text, history.end, proof)


def _stale_reads(history: History) -> Iterator[Hint]:
    """A read of an older version than some clerk knew of when it began."""
    # The newest version of each key that some clerk knew of, with how it knew.
    newest: dict[str, tuple[int, ClerkReturned]] = {}
    expected: dict[int, tuple[int, ClerkReturned]] = {}
    for fact in history.facts:
        if isinstance(fact, ClerkCalled):
            if fact.operation == "Get" and fact.key in newest:
                expected[fact.number] = newest[fact.key]
        elif isinstance(fact, ClerkReturned):
            version, known = expected.pop(fact.cause, (0, fact))
            is_read = fact.operation == "Get" and fact.err in ("OK", "ErrNoKey")
            if is_read and fact.version < version:
                yield _stale(history, fact, version, known)
                return
            shown = _version_after(fact)
            if shown > newest.get(fact.key, (0, fact))[0]:
                newest[fact.key] = (shown, fact)


def _version_after(fact: ClerkReturned) -> int:
    """The version that a key has at least when a clerk has returned."""
    if fact.err != "OK":
        return 0
    return fact.version + (fact.operation == "Put")


def _stale(
    history: History, fact: ClerkReturned, version: int, known: ClerkReturned
) -> Hint:
    text = (
        f"{fact.clerk} read version {fact.version} of {fact.key!r} at {fact.time:.3f} "
        f"s, though {known.clerk} knew of version {version} at {known.time:.3f} s"
    )
    answer = _answer(history, fact)
    if answer is not None:
        told = _told_version(answer)
        if told is not None and told != fact.version:
            server = number_of(answer.server)
            text += f": server {server} had answered version {told}, so the clerk erred"
        else:
            text += f": {_who(history, answer)}"
    proof = (known.number, fact.cause, fact.number, *_numbers(answer))
    return Hint(6, text, history.end, proof)


def _numbers(answer: Answered | None) -> tuple[int, ...]:
    return () if answer is None else (answer.number,)


def _answer(history: History, fact: ClerkReturned) -> Answered | None:
    """The last answer that reached the clerk before it returned."""
    return next(
        (
            answer
            for answer in reversed(history.facts)
            if isinstance(answer, Answered)
            and fact.cause < answer.number < fact.number
            and answer.peer == fact.clerk
        ),
        None,
    )


def _told_version(answer: Answered) -> int | None:
    """The version that a server has answered, None if it named none."""
    content = answer.content
    fields = content if isinstance(content, dict) else {}
    version = fields.get("Version")
    return version if type(version) is int and fields.get("Err") == "OK" else None


def _who(history: History, answer: Answered) -> str:
    """Who answered, in which term it last led, and whether it asked its log."""
    led = current = 0
    performed = False
    call = history.calls.sent(answer)
    for fact in history.facts:
        if fact.number >= answer.number:
            break
        if isinstance(fact, Sent) and is_server(fact.server):
            request = history.calls.request(fact)
            if isinstance(request, AppendRequest | SnapshotRequest):
                current = max(current, request.term)
                if fact.server == answer.server:
                    led = request.term
        begun = call is not None and fact.number > call.number
        if begun and isinstance(fact, Performed) and fact.server == answer.server:
            performed = True
    asked = "" if performed else ", and performed nothing for it, so not by its log"
    leads = f"last led in term {led}" if led else "has never led"
    return (
        f"server {number_of(answer.server)} answered, which {leads} while term "
        f"{current} was current{asked}"
    )
