"""The clerk: whom it asks, how often, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from kvraft1.client import PAUSE_SECONDS, put_outcome
from kvraft1.rpc import (
    OK,
    Err,
    ErrMaybe,
    ErrNoKey,
    ErrVersion,
    ErrWrongLeader,
    PutReply,
)
from labrt import SimRuntime
from tests.kvraft1.worlds import run_in_world

R = TypeVar("R")

SERVERS = ["s0", "s1", "s2"]
LOST = None


class ScriptedClnt:
    """A network on which each call ends as the script says; the last line repeats."""

    def __init__(self, runtime: SimRuntime, script: Sequence[Err | None]) -> None:
        self._runtime = runtime
        self._script = list(script)
        self.asked: list[str] = []
        self.times: list[float] = []

    def call(
        self, server: str, method: str, args: object, reply_type: type[R], /
    ) -> R | None:
        """Answer at once, with the next line of the script."""
        step = min(len(self.asked), len(self._script) - 1)
        self.asked.append(server)
        self.times.append(self._runtime.now())
        err = self._script[step]
        reply = None if err is LOST else PutReply(err)
        assert method == "KVServer.Put"
        return reply  # type: ignore[return-value]  # a Put's reply is what was asked


def put_with(
    script: Sequence[Err | None], puts: int = 1
) -> tuple[list[Err], ScriptedClnt]:
    """Let a clerk put so many times; returns what it said, and what it did."""

    def body(runtime: SimRuntime, client: ModuleType) -> tuple[list[Err], ScriptedClnt]:
        clnt = ScriptedClnt(runtime, script)
        clerk = client.MakeClerk(clnt, SERVERS)
        return [clerk.Put("k", "v", 3) for _ in range(puts)], clnt

    return run_in_world("kvraft1.client", body)


def test_a_first_answer_is_passed_on() -> None:
    """What the first attempt is answered is certain, whatever it is."""
    for err in OK, ErrVersion, ErrNoKey:
        assert put_with([err])[0] == [err]


def test_a_version_error_after_a_lost_reply_is_uncertain() -> None:
    """ErrMaybe: the attempt whose reply was lost may have made that version."""
    assert put_with([LOST, ErrVersion])[0] == [ErrMaybe]
    assert put_with([LOST, OK])[0] == [OK]
    assert put_with([LOST, ErrNoKey])[0] == [ErrNoKey]


def test_a_version_error_after_a_wrong_leader_is_uncertain() -> None:
    """A server may say ErrWrongLeader about a Put that is committed later."""
    assert put_with([ErrWrongLeader, ErrVersion])[0] == [ErrMaybe]


def test_every_put_starts_afresh() -> None:
    """That an earlier Put was sent twice says nothing about the next one."""
    outcomes, _ = put_with([LOST, OK, ErrVersion], puts=2)
    assert outcomes == [OK, ErrVersion]


def test_the_leader_is_remembered() -> None:
    """A clerk goes first to the server that has answered last."""
    _, clnt = put_with([ErrWrongLeader, OK, OK], puts=2)
    assert clnt.asked == ["s0", "s1", "s1"]


def test_a_lost_message_does_not_make_it_leave_the_leader() -> None:
    """A silent server is asked once more before the next one is."""
    _, clnt = put_with([LOST, LOST, LOST, OK])
    assert clnt.asked == ["s0", "s0", "s1", "s1"]


def test_it_rests_after_asking_everybody_in_vain() -> None:
    """Without a leader a clerk asks all servers at once, then waits for a while."""
    _, clnt = put_with([ErrWrongLeader] * 7 + [OK])
    assert clnt.asked == ["s0", "s1", "s2"] * 2 + ["s0", "s1"]
    rounds = [0.0] * 3 + [PAUSE_SECONDS] * 3 + [2 * PAUSE_SECONDS] * 2
    assert clnt.times == rounds


@settings(max_examples=40)
@given(st.lists(st.sampled_from([LOST, ErrWrongLeader]), max_size=12))
def test_it_retries_until_it_is_answered(script: list[Err | None]) -> None:
    """No number of failures makes a clerk give up, and none is passed on."""
    outcomes, clnt = put_with([*script, OK])
    assert outcomes == [OK]
    assert len(clnt.asked) == len(script) + 1


@given(st.sampled_from([OK, ErrNoKey, ErrVersion]), st.booleans())
def test_maybe_is_said_in_one_case_only(answer: Err, resent: bool) -> None:
    """Exactly ErrVersion, and exactly when an earlier copy may have done it."""
    uncertain = resent and answer == ErrVersion
    assert put_outcome(answer, resent=resent) == (ErrMaybe if uncertain else answer)
