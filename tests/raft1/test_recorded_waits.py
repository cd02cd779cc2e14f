"""What the record of a run says of the waits of a solution's threads."""

from __future__ import annotations

import pytest

from labrt import Fact, Facts, Runtime, SimRuntime
from raft1.testing.scaffold import RaftTest
from tester1.facts.kinds import TaskWaits, Waited
from tester1.facts.names import is_testers_thread
from tester1.lab import Lab, Mode

SEED = 5
CRASHED_AT = 2.0


def run_reference(most: int | None) -> list[Fact]:
    """The facts of a run in which the reference agrees, and a server crashes."""
    facts = Facts(most=most)
    lab = Lab(SimRuntime(SEED, facts=facts, preempt_every=4), Mode.SIM, SEED)

    def main() -> None:
        with RaftTest(lab, 3, "Waits") as test:
            for command in range(3):
                test.one(command, 3, retry=True)
            lab.runtime.sleep(CRASHED_AT - lab.runtime.now())
            test.crash(1)
            lab.runtime.sleep(1.0)

    lab.run(main)
    return facts.kept


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    """The facts of such a run, recorded."""
    return run_reference(most=None)


def test_a_wait_is_told_when_it_ends(facts: list[Fact]) -> None:
    """For all that a Raft waits for, and until the end of the test only."""
    waited = [fact for fact in facts if isinstance(fact, Waited)]
    assert all(fact.since < fact.time for fact in waited)
    assert {fact.reason for fact in waited} >= {
        *("a reply", "Condition self._work", "Condition self._news"),
        "Condition self._timer_changed",
    }
    assert all("raft1/" in fact.line for fact in waited)
    (crashed,) = {fact.time for fact in facts if fact.kind == "ended"} - {
        facts[-1].time
    }
    assert crashed == CRASHED_AT
    assert {fact.incarnation for fact in waited if fact.time == crashed} == {1}
    last = [type(fact) for fact in facts if isinstance(fact, Waited | TaskWaits)]
    assert last == sorted(last, key=lambda kind: kind is TaskWaits)


def test_the_testers_threads_are_not_told(facts: list[Fact]) -> None:
    """They wait for what the solution applies, at all times."""
    names = {fact.thread for fact in facts if isinstance(fact, TaskWaits)}
    assert any(map(is_testers_thread, names))
    assert not any(
        is_testers_thread(fact.thread) for fact in facts if isinstance(fact, Waited)
    )


def test_a_record_of_waits_changes_nothing_else(
    facts: list[Fact], monkeypatch: pytest.MonkeyPatch
) -> None:
    """But the numbers of facts: whatever happens does so at the same time."""
    monkeypatch.setattr(SimRuntime, "follow_waits", Runtime.follow_waits)
    without = run_reference(most=None)
    assert not any(isinstance(fact, Waited) for fact in without)
    assert [str(fact) for fact in facts if not isinstance(fact, Waited)] == [
        str(fact) for fact in without
    ]


def test_only_a_run_that_is_recorded_is_told_of_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another pays nothing for them."""

    def follow(*_: object) -> None:
        pytest.fail("nobody keeps it")

    monkeypatch.setattr(SimRuntime, "follow_waits", follow)
    run_reference(most=0)
