"""Watches the stores: a model of the versions on each server, and what was performed.

The model follows the answers of the server's own state machine to Puts. Where they can
be the only witnesses (a server that began with nothing) they have to fit together from
the first on; after a snapshot, only as far as they have told a version since.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from labrt import ProgramStarted
from tester1.facts.kinds import (
    Performed,
    PutPerformed,
    Restored,
    SnapshotAdopted,
    brief,
)
from tester1.rules.court import Court
from tester1.rules.service.requests import ERR_NO_KEY, ERR_VERSION, OK, Put, Requests
from tester1.rules.service.rules import VERSIONS
from tester1.rules.words import at

__all__ = ["Stores"]

_GRACE_S: Final = 0.020
"""How old the latest Put of a key has to be for a Get to have to know it, in seconds:
another thread may have read before it what it tells after it."""
_GRACE_ON_THE_WALL_S: Final = 1.5
"""The same on the wall clock."""


@dataclass(slots=True)
class _Store:
    """What is known of the store of one incarnation."""

    # The version of each key, 0 if it does not exist, None if that is not known.
    versions: dict[str, int | None] = field(default_factory=dict)
    # The last Put of each key that was performed, and when.
    last: dict[str, tuple[Put, float]] = field(default_factory=dict)
    # Whether the keys that are not there do not exist.
    whole: bool = True
    # The answers that it has given, which it may remember, and whether they were told
    # in few words; and whether it may remember those of others, out of a snapshot.
    answers: dict[tuple[Put, str], bool] = field(default_factory=dict)
    alone: bool = True

    def version(self, key: str) -> int | None:
        """The version of a key, None if it is not known."""
        return self.versions.get(key, 0 if self.whole else None)

    def forget(self) -> None:
        """Another state is in its place, of which nothing is known."""
        self.versions.clear()
        self.last.clear()
        self.whole = False
        self.alone = False


class Stores:
    """The stores of all servers; `snapshots` is whether any may be taken."""

    def __init__(
        self, court: Court, requests: Requests, *, snapshots: bool, simulated: bool
    ) -> None:
        self._court = court
        self._grace = _GRACE_S if simulated else _GRACE_ON_THE_WALL_S
        self._requests = requests
        self._snapshots = snapshots
        self._stores: defaultdict[str, _Store] = defaultdict(_Store)
        # By server, the answers of each incarnation before this one.
        self._earlier: defaultdict[str, list[dict[tuple[Put, str], bool]]]
        self._earlier = defaultdict(list)
        # By what was performed, and by its answer, the first that did so.
        self._first: dict[tuple[Put, str], Performed | PutPerformed] = {}
        # Puts of which only the solution can tell how they were answered.
        self._unread: set[Put] = set()
        facts = court.facts
        facts.subscribe(ProgramStarted, self._on_start)
        facts.subscribe(Restored, self._on_other_state)
        facts.subscribe(SnapshotAdopted, self._on_other_state)
        facts.subscribe(Performed, self._on_performed)
        facts.subscribe(PutPerformed, self._on_put_performed)

    def performed(self, put: Put) -> Performed | PutPerformed | None:
        """Who has performed it first, with the answer OK."""
        return self._first.get((put, OK))

    def may_have_performed(self, put: Put) -> bool:
        """Whether a server may have performed it with the answer OK.

        A solution of which nothing is seen may have done anything.
        """
        return (put, OK) in self._first or put in self._unread or not self._first

    def performed_in_brief(self, server: str, put: Put) -> bool:
        """Whether that server has ever performed it while nobody waited there."""
        if put in self._unread:
            return True
        known = [*self._earlier[server], self._stores[server].answers]
        return any(answers.get((put, error)) for answers in known for error in _ERRORS)

    def _on_start(self, fact: ProgramStarted) -> None:
        before = self._stores.get(fact.server)
        if before is not None:
            self._earlier[fact.server].append(before.answers)
        store = self._stores[fact.server] = _Store()
        # The solution may read the persisted snapshot in a way of its own.
        if self._snapshots and fact.incarnation > 1:
            store.forget()

    def _on_other_state(self, fact: Restored | SnapshotAdopted) -> None:
        self._stores[fact.server].forget()

    def _on_performed(self, fact: Performed) -> None:
        put = self._requests.put(fact.data)
        if put is not None:
            self._performs(fact, put, self._requests.error(fact.reply), in_brief=False)
            return
        key = self._requests.key(fact.data)
        last = None if key is None else self._stores[fact.server].last.get(key)
        if last is not None:
            self._judge_get(fact, *last)

    def _judge_get(self, fact: Performed, last: Put, time: float) -> None:
        """A Get is performed: it finds what the last Put has left."""
        found = self._requests.found(fact.reply)
        due = last.value, last.version + 1
        finds = ""
        if found is not None and found != due:
            finds = f"finds {brief(found.value)!r} at version {found.version}"
        elif self._requests.error(fact.reply) == ERR_NO_KEY:
            finds = "finds no such key"
        if not finds or fact.time - time <= self._grace:
            return
        self._court.find(
            VERSIONS,
            f"{fact.server} performs Get({last.key!r}) {at(fact.time)}, which {finds}, "
            f"and it has performed {last} with OK {at(time)}, and no other Put of that "
            "key since",
            servers=[fact.server],
            proof=[fact.number],
        )

    def _on_put_performed(self, fact: PutPerformed) -> None:
        put = Put(fact.key, fact.value, fact.version)
        self._performs(fact, put, fact.err, in_brief=True)

    def _performs(
        self, fact: Performed | PutPerformed, put: Put, error: str, *, in_brief: bool
    ) -> None:
        store = self._stores[fact.server]
        if error not in _ERRORS:
            store.versions[put.key] = None
            store.last.pop(put.key, None)
            self._unread.add(put)
            return
        answer = put, error
        is_first = answer not in self._first
        present = store.version(put.key)
        # The usual case is a Put that fits; of all others it is asked what is due.
        if present == put.version and error == OK:
            store.versions[put.key] = present + 1
            store.last[put.key] = put, fact.time
        else:
            self._judge(fact, store, put, error)
        store.answers[answer] = in_brief or store.answers.get(answer, False)
        if is_first:
            self._first[answer] = fact

    def _judge(
        self, fact: Performed | PutPerformed, store: _Store, put: Put, error: str
    ) -> None:
        answer = put, error
        is_first = answer not in self._first
        present = store.version(put.key)
        due = _due(put.version, present)
        if due is None or due == error:
            # What is new here may be remembered from a snapshot, unless nobody has
            # performed it before.
            if due is not None or is_first:
                _learn(store, put, error)
                if error == OK:
                    store.last[put.key] = put, fact.time
        elif answer not in store.answers and (store.alone or is_first):
            self._find(fact, put, error, present)

    def _find(
        self, fact: Performed | PutPerformed, put: Put, error: str, present: int | None
    ) -> None:
        self._court.find(
            VERSIONS,
            f"{fact.server} performs {put} with the answer {error} {at(fact.time)}, "
            f"while the key {_state(present)} there: it has to answer "
            f"{_due(put.version, present)}",
            servers=[fact.server],
            proof=[fact.number],
        )


_ERRORS: Final = (OK, ERR_VERSION, ERR_NO_KEY)


def _state(version: int | None) -> str:
    return f"is at version {version}" if version else "does not exist"


def _due(version: int, present: int | None) -> str | None:
    """The answer to a Put at `version`, None if that depends on what is not known."""
    if present is None:
        return None
    if version == present:
        return OK
    return ERR_VERSION if present else ERR_NO_KEY


def _learn(store: _Store, put: Put, error: str) -> None:
    """Take from an answer what it says of the version."""
    if error == OK:
        store.versions[put.key] = put.version + 1
    elif error == ERR_NO_KEY:
        store.versions[put.key] = 0
