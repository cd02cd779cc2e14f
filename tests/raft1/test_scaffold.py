"""`RaftTest`: each check passes and fails on the groups that it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from raft1.testing.scaffold import TERM_MOVED_ON, RaftTest
from tester1.lab import LabFailure
from tests.raft1.scripted import run_scripted


def test_the_leader_of_the_highest_term_is_the_leader(tmp_path: Path) -> None:
    """Guards check_one_leader: an old leader that does not know yet is no fault."""
    script = "TERMS = [1, 2, 2]; LEADERS = {0, 1}"
    assert run_scripted(tmp_path, script, RaftTest.check_one_leader) == 1


def test_two_leaders_in_a_term_fail(tmp_path: Path) -> None:
    """Guards Election Safety (paper, figure 3)."""
    script = "TERMS = [3, 3, 2]; LEADERS = {0, 1, 2}"
    with pytest.raises(LabFailure, match=r"term 3 has 2 \(>1\) leaders.*\[0, 1\]"):
        run_scripted(tmp_path, script, RaftTest.check_one_leader)


def test_no_leader_fails_within_the_allowed_time(tmp_path: Path) -> None:
    """Guards the limit: ten rounds of 450 to 549 ms, and who was in which term."""
    times: list[float] = []

    def check(test: RaftTest) -> None:
        begin = test.now()
        try:
            test.check_one_leader()
        finally:
            times.append(test.now() - begin)

    with pytest.raises(LabFailure, match="got none: server 0 is in term 1, server 1"):
        run_scripted(tmp_path, "LEADERS = set()", check)
    assert 4.5 <= times[0] < 5.5


def test_a_cut_off_server_is_not_asked(tmp_path: Path) -> None:
    """Guards the checks: only connected servers have to agree."""

    def check(test: RaftTest) -> int:
        test.disconnect(0)
        test.check_no_leader()
        return test.check_terms()

    assert run_scripted(tmp_path, "TERMS = [5, 1, 1]", check) == 1


def test_different_terms_fail(tmp_path: Path) -> None:
    """Guards check_terms, and that its message says who is where."""
    message = "disagree on term: server 0 is in term 4 and leads, server 1 is in term 1"
    with pytest.raises(LabFailure, match=message):
        run_scripted(tmp_path, "TERMS = [4, 1, 1]", RaftTest.check_terms)


def test_an_unexpected_leader_fails(tmp_path: Path) -> None:
    """Guards check_no_leader."""
    with pytest.raises(LabFailure, match="leader = 0 in term 1"):
        run_scripted(tmp_path, "", RaftTest.check_no_leader)


def test_an_unexpected_commit_fails(tmp_path: Path) -> None:
    """Guards check_no_agreement."""

    def check(test: RaftTest) -> None:
        test.sleep(1)
        test.check_no_agreement(1)

    with pytest.raises(LabFailure, match="2 committed but no majority"):
        run_scripted(tmp_path, 'APPLIES = {0: [(1, "a")], 1: [(1, "a")]}', check)


def test_agreement_returns_the_index_and_counts(tmp_path: Path) -> None:
    """Guards one: the index that the leader gave, and one operation each."""

    def check(test: RaftTest) -> list[int]:
        return [test.one(command, 1, retry=False) for command in ("a", "b")]

    assert run_scripted(tmp_path, "COMMIT_AFTER_S = 0.3", check) == [1, 2]


@pytest.mark.parametrize(
    ("retry", "shortest_s", "longest_s"), [(False, 2.0, 2.1), (True, 10.0, 12.2)]
)
def test_no_agreement_fails_within_the_limits(
    tmp_path: Path, *, retry: bool, shortest_s: float, longest_s: float
) -> None:
    """Guards one: two seconds for a submission, ten for all with retries."""
    times: list[float] = []

    def check(test: RaftTest) -> None:
        begin = test.now()
        try:
            test.one(7, 3, retry=retry)
        finally:
            times.append(test.now() - begin)

    with pytest.raises(LabFailure, match=r"one\(7\) failed.*: 0 of 3 servers"):
        run_scripted(tmp_path, "", check)
    assert shortest_s <= times[0] <= longest_s


def test_agreement_without_a_leader_fails(tmp_path: Path) -> None:
    """Guards one: nobody accepts the command."""
    with pytest.raises(LabFailure, match="no connected server claimed to lead"):
        run_scripted(
            tmp_path, "LEADERS = set()", lambda test: test.one(7, 3, retry=True)
        )


def test_a_command_that_lost_its_index_ends_the_wait(tmp_path: Path) -> None:
    """Guards one: another command at the index will never become this one."""

    def check(test: RaftTest) -> None:
        test.sleep(1)
        test.one("mine", 1, retry=False)

    message = r"one\(mine\) failed.*: index 1, .*, holds theirs instead"
    with pytest.raises(LabFailure, match=message):
        run_scripted(tmp_path, 'APPLIES = {1: [(1, "theirs")]}', check)


def test_wait_tells_a_new_term_from_a_command(tmp_path: Path) -> None:
    """Guards wait: -1 is a command like any other."""

    def check(test: RaftTest) -> tuple[object, object]:
        return test.wait(1, 2), test.wait(2, 2, start_term=0)

    script = "APPLIES = {0: [(1, -1)], 1: [(1, -1)]}"
    assert run_scripted(tmp_path, script, check) == (-1, TERM_MOVED_ON)


def test_wait_fails_after_half_a_minute(tmp_path: Path) -> None:
    """Guards wait: too few servers apply the index."""

    def check(test: RaftTest) -> None:
        test.wait(1, 2)

    with pytest.raises(LabFailure, match="only 1 decided for index 1; wanted 2"):
        run_scripted(tmp_path, 'APPLIES = {0: [(1, "a")]}', check)


def test_attempts_end_after_five(tmp_path: Path) -> None:
    """Guards until_term_holds: terms may move on, but not every time."""
    attempts: list[float] = []

    def check(test: RaftTest) -> None:
        test.until_term_holds(lambda: attempts.append(test.now()))

    with pytest.raises(LabFailure, match="term changed too often"):
        run_scripted(tmp_path, "", check)
    assert len(attempts) == 5


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            'APPLIES = {0: [(1, "a")], 1: [(1, "b")]}',
            "commit index=1 server=[01] [ab] != server=[01] [ab]",
        ),
        (
            'APPLIES = {0: [(1, "a"), (3, "c")]}',
            "server 0 apply out of order, expected index 2, got 3",
        ),
        ('APPLIES = {0: [(1, "a"), (1, "a")]}', "expected index 2, got 1"),
    ],
)
def test_an_apply_error_ends_the_test_at_once(
    tmp_path: Path, script: str, message: str
) -> None:
    """Guards the apply contract, whatever the test is waiting for."""
    times: list[float] = []

    def check(test: RaftTest) -> None:
        begin = test.now()
        try:
            test.sleep(100)
        finally:
            times.append(test.now() - begin)

    with pytest.raises(LabFailure, match=f"^apply error: .*{message}"):
        run_scripted(tmp_path, script, check)
    assert times[0] < 1


def test_an_unusable_snapshot_ends_the_test(tmp_path: Path) -> None:
    """Guards the report of a server that is given somebody else's snapshot."""
    with pytest.raises(LabFailure, match=r"server [012] received a snapshot that is"):
        run_scripted(
            tmp_path,
            'SNAPSHOT = b"?"',
            lambda test: test.sleep(100),
            snapshots=True,
        )


def test_a_restarted_server_must_repeat_what_it_applied(tmp_path: Path) -> None:
    """Guards persistence: a crash must not change an applied entry."""

    def check(test: RaftTest) -> None:
        test.wait(1, 1)
        test.crash(0)
        test.restart(0)
        test.sleep(100)

    with pytest.raises(LabFailure, match="index=1 server=0 b != server=0 a"):
        run_scripted(
            tmp_path, 'APPLIES = {0: [(1, "a")]}; AGAIN = {0: [(1, "b")]}', check
        )


def test_a_restarted_server_counts_once_it_has_replayed(tmp_path: Path) -> None:
    """Guards n_committed over a crash: down, restarted, replayed."""

    def check(test: RaftTest) -> list[int]:
        test.wait(1, 1)
        counts = []
        test.crash(0)
        counts.append(test.n_committed(1).count)
        test.restart(0)
        counts.append(test.n_committed(1).count)
        test.sleep(1)
        counts.append(test.n_committed(1).count)
        return counts

    script = 'APPLIES = AGAIN = {0: [(1, "a")]}'
    assert run_scripted(tmp_path, script, check) == [1, 0, 1]


def test_a_crashed_server_answers_nothing(tmp_path: Path) -> None:
    """Guards the direct path: a server that is down neither leads nor answers."""

    def check(test: RaftTest) -> tuple[object, bool, list[bool]]:
        test.crash(0)
        up = [test.is_up(server) for server in test.servers()]
        return test.get_state(0), test.start(0, 1).is_leader, up

    expected = (None, False, [False, True, True])
    assert run_scripted(tmp_path, "", check) == expected


def test_faults_and_checks_are_on_the_timeline(tmp_path: Path) -> None:
    """Guards the annotations: what was done and what was found, in order."""

    def check(test: RaftTest) -> list[str]:
        test.check_one_leader()
        test.disconnect(1)
        test.sleep(1)
        test.crash(2)
        test.sleep(1)
        return [record.text for record in test.annotations.records()]

    assert run_scripted(tmp_path, "", check) == [
        "scripted (3 servers)",
        "leader in term 1 = 0",
        "partition = [1] [0 2]",
        "partition = [1] [0] / crash = [2]",
    ]
