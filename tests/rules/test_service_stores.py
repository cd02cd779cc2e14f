"""The rule of versions: what a state machine may answer to a Put."""

from __future__ import annotations

import pytest

from kvraft1.rpc import Err, GetArgs, GetReply, PutReply
from tester1.facts.kinds import PutPerformed, Restored, SnapshotAdopted
from tester1.rules.service.rules import VERSIONS
from tests.rules.service_streams import (
    ERR_NO_KEY,
    ERR_VERSION,
    OK,
    OTHER,
    SERVER,
    Stream,
    put,
)


@pytest.mark.parametrize(
    ("version", "wrong", "right"),
    [
        (0, OK, ERR_VERSION),
        (2, OK, ERR_VERSION),
        (1, ERR_VERSION, OK),
        (2, ERR_NO_KEY, ERR_VERSION),
    ],
)
def test_a_key_that_exists(version: int, wrong: PutReply, right: PutReply) -> None:
    """A Put is performed at the present version, here 1, and at no other."""
    for reply, broken in (wrong, "versions"), (right, ""):
        stream = Stream()
        stream.performed(put(0))
        stream.performed(put(version, "new"), reply)
        assert stream.broken == broken


@pytest.mark.parametrize(
    ("version", "wrong", "right"),
    [(0, ERR_NO_KEY, OK), (1, OK, ERR_NO_KEY), (1, ERR_VERSION, ERR_NO_KEY)],
)
def test_a_key_that_does_not(version: int, wrong: PutReply, right: PutReply) -> None:
    """It is created at version 0, and any other answers ErrNoKey."""
    for reply, broken in (wrong, "versions"), (right, ""):
        stream = Stream()
        stream.performed(put(version), reply)
        assert stream.broken == broken


def test_a_version_that_grows_by_two() -> None:
    """The next Put shows it."""
    stream = Stream()
    stream.performed(put(0))
    stream.performed(put(2, "new"))
    assert stream.broken == "versions"
    assert "the key is at version 1 there: it has to answer ErrVer" in stream.sentence


@pytest.mark.parametrize(
    ("reply", "broken"),
    [
        (GetReply("v", 1, Err("OK")), ""),
        (GetReply("v", 0, Err("OK")), "versions"),
        (GetReply("v", 2, Err("OK")), "versions"),
        (GetReply("w", 1, Err("OK")), "versions"),
        (GetReply("", 0, Err("ErrNoKey")), "versions"),
        # Made in advance: what was read is filled in by whoever has asked.
        (GetReply("", 0, Err("OK")), ""),
    ],
)
def test_what_a_get_finds(reply: GetReply, broken: str) -> None:
    """It is what the last Put has left."""
    stream = Stream()
    stream.performed(put(0))
    stream.after(1).performed(GetArgs("k"), reply)
    assert stream.broken == broken


def test_what_a_get_finds_at_the_same_time() -> None:
    """Another thread may have read before the Put, and tell of it now."""
    stream = Stream()
    stream.performed(put(0))
    stream.after(1).performed(put(1, "w"))
    stream.after(0.01).performed(GetArgs("k"), GetReply("v", 1, Err("OK")))
    assert stream.broken == ""
    stream.after(0.02).performed(GetArgs("k"), GetReply("v", 1, Err("OK")))
    assert stream.broken == "versions"


def test_what_a_get_finds_in_another_state() -> None:
    """After a snapshot the last Put is not known."""
    stream = Stream()
    stream.performed(put(0))
    stream.add(Restored(server=SERVER, size=1))
    stream.after(1).performed(GetArgs("k"), GetReply("x", 7, Err("OK")))
    assert stream.broken == ""


def test_an_answer_that_is_remembered() -> None:
    """A copy may get the answer of the first, whatever the version is by now."""
    stream = Stream()
    stream.performed(put(1, "early"), ERR_NO_KEY)
    stream.performed(put(0))
    stream.performed(put(1, "new"))
    stream.performed(put(0), OK)
    stream.performed(put(1, "early"), ERR_NO_KEY)
    stream.performed(put(2, "newer"))
    assert stream.broken == ""


def test_an_answer_that_nobody_can_remember() -> None:
    """Without a snapshot a server remembers its own answers alone."""
    stream = Stream()
    stream.performed(put(0), server=OTHER)
    stream.performed(put(0, "mine"))
    stream.performed(put(0), OK)
    assert stream.broken == "versions"


def test_a_snapshot_that_is_restored() -> None:
    """Its versions are not known, nor what it remembers, until a Put tells one."""
    stream = Stream()
    stream.performed(put(0), server=OTHER)
    stream.performed(put(1, "new"), server=OTHER)
    stream.add(Restored(server=SERVER, size=10))
    stream.performed(put(2, "newer"))
    stream.performed(put(0), OK)
    assert stream.broken == ""
    stream.performed(put(2, "other"), OK)
    assert stream.broken == "versions"


def test_a_snapshot_that_is_adopted() -> None:
    """The solution may take it over without its state machine's `Restore`."""
    stream = Stream()
    stream.add(SnapshotAdopted(server=SERVER, index=9))
    stream.performed(put(7), OK)
    assert stream.broken == ""


@pytest.mark.parametrize(("limit", "broken"), [(None, "versions"), (1000, "")])
def test_a_restart(limit: int | None, broken: str) -> None:
    """A server begins anew with nothing, unless there may be a snapshot."""
    stream = Stream(maxraftstate=limit)
    stream.performed(put(0))
    stream.start(SERVER, 2)
    stream.performed(put(1, "new"))
    assert stream.broken == broken


def test_a_replay() -> None:
    """What was performed before a crash is performed again."""
    stream = Stream()
    for incarnation in 1, 2:
        stream.start(SERVER, incarnation)
        stream.performed(put(0))
        stream.performed(put(1, "new"))
        stream.performed(put(1, "late"), ERR_VERSION)
    assert stream.broken == ""


def test_a_reply_of_another_kind() -> None:
    """What cannot be read leaves the version open, and is not judged."""
    stream = Stream()
    stream.performed(put(0), "done")
    stream.performed(put(7), OK)
    assert stream.broken == ""


def test_what_followers_perform_is_judged_as_well() -> None:
    """They tell it in few words, and it is held to the same versions."""
    for version, broken in ((3, VERSIONS.name), (0, "")):
        stream = Stream()
        stream.add(
            PutPerformed(server=OTHER, key="k", value="v", version=version, err="OK")
        )
        assert stream.broken == broken
