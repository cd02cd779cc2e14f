"""Watches the clerks: what they answer to a Put, and whether that can be known.

What a clerk sends between its call and its return belongs to the call. A clerk that is
asked for two things at once may send them in any order: then a request belongs to the
Put that it asks for, and what nobody asks for leaves the number of repeats open.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from labrpc.facts import CallFacts
from tester1.facts.kinds import ClerkCalled, ClerkReturned
from tester1.rules.court import Court
from tester1.rules.service.requests import ERR_MAYBE, ERR_VERSION, OK, Put, Requests
from tester1.rules.service.rules import MAYBE_AFTER_REPEAT, OK_ONLY_IF_PERFORMED
from tester1.rules.service.stores import Stores
from tester1.rules.words import at

__all__ = ["Clerks"]


@dataclass(slots=True)
class _Asked:
    """A Put that a clerk was asked for and has not answered."""

    put: Put
    number: int
    time: float
    sent: list[int] = field(default_factory=list)
    # The clerk has sent something else meanwhile, or is asked for the same twice.
    unclear: bool = False
    server_said_maybe: bool = False


class _FollowedPut:
    """A request for a Put, which tells of its answer: of which call it is, if known."""

    __slots__ = ("_clerks", "asked", "put", "sent")

    def __init__(
        self, clerks: Clerks, put: Put, asked: _Asked | None, sent: CallFacts
    ) -> None:
        self._clerks = clerks
        self.put = put
        self.asked = asked
        self.sent = sent

    def handed_over(self, number: int, time: float) -> None:
        """Nothing follows from that."""

    def answered(self, number: int, time: float, data: bytes) -> None:
        """The server's handler has returned."""
        self._clerks.answered(self, number, time, data)

    def delivered(self, number: int, time: float) -> None:
        """What the clerk makes of it, its own answer shows."""


class Clerks:
    """The Puts of all clerks of a test."""

    def __init__(self, court: Court, requests: Requests, stores: Stores) -> None:
        self._court = court
        self._requests = requests
        self._stores = stores
        # By clerk and call; a clerk that has been asked once stays.
        self._asked: dict[str, dict[int, _Asked]] = {}
        # How often a clerk was asked for the very same.
        self._times: dict[Put, int] = {}
        facts = court.facts
        facts.subscribe(ClerkCalled, self._on_call)
        facts.follow(self._on_sent)
        facts.subscribe(ClerkReturned, self._on_return)

    def _on_call(self, fact: ClerkCalled) -> None:
        asked = self._asked.setdefault(fact.clerk, {})
        if fact.operation != "Put":
            return
        put = Put(fact.key, fact.value, fact.version)
        self._times[put] = self._times.get(put, 0) + 1
        mine = _Asked(put, fact.number, fact.time)
        for other in asked.values():
            if other.put == put:
                other.unclear = mine.unclear = True
        asked[fact.number] = mine

    def _on_sent(self, fact: CallFacts) -> _FollowedPut | None:
        asked = self._asked.get(fact.sender)
        if asked is None:
            return None
        put = self._requests.put(fact.data)
        mine = [one for one in asked.values() if one.put == put]
        for one in mine:
            one.sent.append(fact.number)
        if not mine:
            for one in asked.values():
                one.unclear = True
        if put is None:
            return None
        return _FollowedPut(self, put, mine[0] if mine else None, fact)

    def answered(
        self, followed: _FollowedPut, number: int, time: float, data: bytes
    ) -> None:
        """A server has answered a Put, though its call may have been given up."""
        error, asked = self._requests.error(data), followed.asked
        if error == ERR_MAYBE and asked is not None:
            asked.server_said_maybe = True
        if error == OK and not self._stores.may_have_performed(followed.put):
            sent = followed.sent
            self._court.find(
                OK_ONLY_IF_PERFORMED,
                f"{sent.receiver} answers OK to {sent.sender}'s {followed.put} "
                f"{at(time)}, and no server has performed that Put",
                servers=[sent.receiver],
                proof=[sent.number, number],
            )

    def _on_return(self, fact: ClerkReturned) -> None:
        asked = self._asked[fact.clerk].pop(fact.cause, None)
        if asked is None:
            return
        if fact.err == OK and not self._stores.may_have_performed(asked.put):
            self._find_unperformed(asked, fact)
        if asked.unclear:
            return
        if fact.err == ERR_MAYBE:
            self._judge_maybe(asked, fact)
        elif fact.err == ERR_VERSION:
            self._judge_refusal(asked, fact)

    def _find_unperformed(self, asked: _Asked, fact: ClerkReturned) -> None:
        self._court.find(
            OK_ONLY_IF_PERFORMED,
            f"{fact.clerk} returns OK {at(fact.time)} for {asked.put}, which it was "
            f"asked for {at(asked.time)} and has sent {_times(len(asked.sent))}, and "
            "no server has performed that Put",
            servers=[fact.clerk],
            proof=[asked.number, *asked.sent, fact.number],
        )

    def _judge_maybe(self, asked: _Asked, fact: ClerkReturned) -> None:
        if len(asked.sent) != 1 or asked.server_said_maybe:
            return
        self._court.find(
            MAYBE_AFTER_REPEAT,
            f"{fact.clerk} returns ErrMaybe {at(fact.time)} for {asked.put}, which it "
            f"was asked for {at(asked.time)} and has sent once",
            servers=[fact.clerk],
            proof=[asked.number, *asked.sent, fact.number],
        )

    def _judge_refusal(self, asked: _Asked, fact: ClerkReturned) -> None:
        done = self._stores.performed(asked.put)
        if done is None or done.number < asked.number or self._times[asked.put] > 1:
            return
        self._court.find(
            MAYBE_AFTER_REPEAT,
            f"{fact.clerk} returns ErrVersion {at(fact.time)} for {asked.put}, which "
            f"it was asked for {at(asked.time)} and has sent {_times(len(asked.sent))}"
            f": ErrVersion says that it was not performed, and {done.server} had "
            f"performed it with OK {at(done.time)}",
            servers=[fact.clerk, done.server],
            proof=[asked.number, *asked.sent, done.number, fact.number],
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
