"""Tests of our own: what the course's tests meet by chance, done on purpose."""

from __future__ import annotations

from functools import partial

import pytest

from kvraft1.rpc import OK, Err, ErrMaybe, ErrNoKey, ErrVersion, ErrWrongLeader
from kvraft1.testing.clerk_proxies import ClerkProxy
from kvraft1.testing.counter import Dec, Inc, IncRep
from kvraft1.testing.rsm_scaffold import N_SERVERS, RsmTest, RsmTestMaker
from kvraft1.testing.scaffold import KvraftTest, KvTestMaker, Setup
from labrt.runtime import Future
from tester1.cluster.group import server_name

pytestmark = pytest.mark.ours

N_WAITING = 20
KILLED_LIMIT_S = 3.0
"""How long after the end of its Raft a Submit may still wait, in seconds."""
ATTEMPTS = 20
INSTANT_S = 0.0002
"""Pause of polls that look for an instant: about what a message travels at least."""
DELIVERY_LIMIT_S = 1.0


def test_kill_under_submits_4A(rsm_test: RsmTestMaker) -> None:
    """Catches: Submits that wait on when Raft is killed and its channel closed."""
    with rsm_test("Test Kill under Submits") as test:
        test.check_counter(test.one_inc(), N_SERVERS)
        # Cut off, so that they wait; nothing of theirs is ever committed.
        leader, majority = test.isolate_leader()
        waiting = [partial(_submit_in_vain, test, leader)] * N_WAITING
        submits = test.spawn(test.concurrently, waiting, name="submitters")
        test.sleep(0.050)
        test.kill_raft(leader)
        # Two things tell them: the channel, and whoever still asks the Raft for its
        # term may learn there, now that it hears of the others, that it does not lead.
        test.heal(leader)
        message = "Submit didn't return after Raft was killed"
        test.join_within(submits, KILLED_LIMIT_S, message)
        test.check_counter(test.inc_within(majority), N_SERVERS - 1)


def _submit_in_vain(test: RsmTest, server: int) -> None:
    reply = test.submit(server, Dec())
    err = None if reply is None else reply.err
    test.require(
        err == ErrWrongLeader,
        f"Submit on server {server}, whose Raft was killed, returned {err}",
        servers=[server],
    )


def test_same_request_4A(rsm_test: RsmTestMaker) -> None:
    """Catches: a Submit that takes an equal request of another for its own."""
    with rsm_test("Test equal requests") as test:
        test.check_counter(test.one_inc(), N_SERVERS)
        leader, majority = test.isolate_leader()
        # In its place the majority puts one that looks the same.
        cut_off = test.spawn_all([partial(test.submit, leader, Inc())], "submitter")
        test.sleep(0.050)
        count = test.inc_within(majority)
        test.heal(leader)
        (reply,) = cut_off.results()
        # It may have been tried again, and have counted after the other.
        test.require(
            reply is None or reply.err != OK or reply.reply != IncRep(count),
            f"Submit(Inc) on server {leader}, which was cut off, was not answered by "
            f"its own operation, but by an Inc of the majority, the one to {count}",
            servers=[leader],
        )


def test_put_answers_4B(kv_test: KvTestMaker) -> None:
    """Catches: a wrong answer to a Put, or a Put that is refused and performed."""
    setup = Setup(part="4B answers to Puts", clients=0, servers=3, hop_delay=None)
    with kv_test(setup) as test:
        clerk = test.make_clerk()
        key = _Key(test, clerk, "k")
        for version in 1, 2, 1000:
            key.put("missing", version, ErrNoKey)
        key.put("created", 0, OK)
        key.put("absent no more", 0, ErrVersion)
        key.put("too new", 2, ErrVersion)
        key.put("replaced", 1, OK)
        key.put("replaced", 1, ErrVersion)
        for version in 0, 3, 1000:
            key.put("old or new", version, ErrVersion)
        key.put("", 2, OK)
        # The keys have nothing to do with each other.
        _Key(test, clerk, "").put("missing", 3, ErrNoKey)
        key.put("in the end", 3, OK)


class _Key:
    """A key, what it has to hold, and what a clerk is told about it."""

    def __init__(self, test: KvraftTest, clerk: ClerkProxy, key: str) -> None:
        self._test = test
        self._clerk = clerk
        self._key = key
        self._value = ""
        self._version = 0
        self.check()  # and the clerk knows the leader from here on

    def put(self, value: str, version: int, expected: Err) -> None:
        """Put at a version; what the clerk says, and the key, have to be right."""
        before = self._clerk.clnt.sent()
        err = self._clerk.put(self._key, value, version)
        self._test.config.op_inc()
        resent = self._clerk.clnt.sent() - before > 1
        # A clerk that had to ask twice need not know what became of the first.
        allowed = {expected, ErrMaybe} if resent else {expected}
        if err not in allowed:
            self._test.fail(
                "wrong answer",
                f"Put({self._key!r}, {value!r}, version {version}) was answered {err}, "
                f"not {expected}; the key {self._state()}",
            )
        if expected == OK:
            self._value, self._version = value, version + 1
        self.check()

    def check(self) -> None:
        """Fail unless a Get finds what has to be there."""
        reply = self._clerk.get(self._key)
        expected = OK if self._version else ErrNoKey
        got = (reply.err, reply.value, reply.version)
        if got != (expected, self._value, self._version):
            self._test.fail(
                "wrong value",
                f"Get({self._key!r}) found {reply.value!r} at version {reply.version} "
                f"({reply.err}); the key {self._state()}",
            )

    def _state(self) -> str:
        if self._version == 0:
            return "does not exist"
        return f"holds {self._value!r} at version {self._version}"


def test_maybe_4B(kv_test: KvTestMaker) -> None:
    """Catches: ErrVersion for a Put that was performed, ErrMaybe for one sent once."""
    setup = Setup(part="4B lost replies", clients=0, servers=3, hop_delay=None)
    with kv_test(setup) as test:
        clerk = test.make_clerk()
        key = _Key(test, clerk, "k")
        key.put("created", 0, OK)
        key.put("sent once", 0, ErrVersion)
        # A clerk that is refused by servers that do not lead has asked more often, too.
        lost = sum(
            _lose_a_reply(test, clerk, alone=bool(attempt % 2))
            for attempt in range(ATTEMPTS // 4)
        )
        test.require(lost > 0, "no reply to a Put could be lost: leaders do not stay")


def _lose_a_reply(test: KvraftTest, clerk: ClerkProxy, *, alone: bool) -> bool:
    """Lose the reply to a Put that is then performed; whether that came about.

    With `alone` the clerk reaches nobody but the leader for a while.
    """
    version = clerk.get("k").version
    value = f"version {version + 1}"
    leader = test.leader()
    delivered, sent = test.group.rpc_count(leader), clerk.clnt.sent()
    answer = test.runtime.future()
    test.spawn(_put, clerk, value, version, answer, name="put")
    deadline = test.now() + DELIVERY_LIMIT_S
    while test.group.rpc_count(leader) == delivered and test.now() < deadline:
        test.sleep(INSTANT_S)
    # The request is with the leader, which has yet to bring it to a majority.
    name = server_name(test.group.gid, leader)
    clerk.clnt.disconnect(name)
    if alone:
        clerk.clnt.disconnect_all()
        clerk.clnt.connect_to([name])
        test.sleep(DELIVERY_LIMIT_S)
    clerk.clnt.connect_all()
    answer.wait()
    reply = clerk.get("k")
    # A service that knows a repeated request again may answer OK.
    if answer.value not in (ErrMaybe, OK):
        test.fail(
            "wrong answer",
            f"Put('k', {value!r}, version {version}) lost its first reply, was sent "
            f"again, and was answered {answer.value}; Get(k) found {reply.value!r} at "
            f"version {reply.version}",
        )
    if (reply.value, reply.version) != (value, version + 1):
        test.fail(
            "wrong value",
            f"Put('k', {value!r}, version {version}) was answered {answer.value}, but "
            f"Get(k) found {reply.value!r} at version {reply.version}",
        )
    return clerk.clnt.sent() - sent > 2


def _put(clerk: ClerkProxy, value: str, version: int, answer: Future) -> None:
    answer.set(clerk.put("k", value, version))
