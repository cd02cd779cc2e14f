"""What the Raft tests are written with: `RaftTest`, a group with the course's checks.

Faults and direct calls are those of `raft1.testing.cluster`, the checks of leaders and
terms those of `raft1.testing.leaders`; agreement on commands is added here. Constants
and order of steps are the course's, and so are the messages of failures, to which the
servers, terms and indices are added that a reader needs.

Rules that keep it honest:

- A check waits as long as the course allows and no longer: a Raft that is too slow by
  the course's limits fails here too.
- Waiting ends early only when the outcome can no longer change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeVar

from raft1.testing.applied import Committed, shortened
from raft1.testing.leaders import LeaderChecks
from tester1.cluster.testcase import NO_LEADER_PAUSE_S, growing_pauses
from tester1.lab import Lab

T = TypeVar("T")

AGREEMENT_LIMIT_S: Final = 10.0
SUBMISSION_LIMIT_S: Final = 2.0
AGREEMENT_POLL_S: Final = 0.020
TERM_ATTEMPTS: Final = 5
TERM_PAUSE_S: Final = 3.0

NOWHERE: Final = 0
"""The index of a command that no server has taken; logs begin at 1."""


class Moved(Enum):
    """What `wait` returns in place of a command when the term has moved on."""

    TERM_MOVED_ON = "term moved on"


TERM_MOVED_ON: Final = Moved.TERM_MOVED_ON


class RaftTest(LeaderChecks):
    """One test of a Raft group, with the checks that the course's tests are made of."""

    def n_committed(self, index: int) -> Committed:
        """How many servers have applied `index`, and what they applied there."""
        with self.mutex:
            return self.logs.committed(index)

    def check_no_agreement(self, index: int) -> None:
        """Fail if any server has applied `index`."""
        self.annotations.checker_begin(f"checking absence of agreement at {index}")
        committed = self.n_committed(index)
        if committed.count > 0:
            with self.mutex:
                appliers = self.logs.appliers(index)
            self.fail(
                "unexpected agreement",
                f"{committed.count} committed but no majority: "
                f"{_short(committed.command)} at index {index}",
                servers=appliers,
            )
        self.passed("no agreement", f"no server has applied index {index}")

    def one(self, command: int | str, expected: int, *, retry: bool) -> int:
        """Have `command` committed by at least `expected` servers; returns its index.

        Offers it to the connected servers in turn until one leads, then waits up to
        two seconds for the servers to apply it. With `retry` it is submitted again if
        that did not work out (it may then be in the log twice), for ten seconds in
        all; without, that fails the test.
        """
        retrying = "with" if retry else "without"
        self.annotations.checker_begin(
            f"agreement on {_short(command)} by {expected} servers {retrying} retry"
        )
        index, reached = self._agree(command, expected, retry)
        if not reached:
            story = self._shortfall(index, command, expected)
            self.fail(
                "agreement failed",
                f"one({_short(command)}) failed to reach agreement: {story}",
            )
        self.passed("agreement reached", f"at index {index}")
        self.config.op_inc()
        return index

    def wait(self, index: int, n: int, start_term: int | None = None) -> object | Moved:
        """Wait for `n` servers to apply `index`; returns the command there.

        With `start_term` the wait ends with `TERM_MOVED_ON` once a server is in a
        later term. Fails after about thirty seconds.
        """
        for pause_s in growing_pauses():
            if self.n_committed(index).count >= n:
                break
            self.sleep(pause_s)
            if start_term is not None and self._any_beyond(start_term):
                return TERM_MOVED_ON
        # Looked at once more, since a pause came after the last look.
        committed = self.n_committed(index)
        if committed.count < n:
            self.fail(
                f"less than {n} servers commit index {index}",
                f"only {committed.count} decided for index {index}; wanted {n}",
            )
        return committed.command

    def until_term_holds(self, attempt: Callable[[], T | None]) -> T:
        """Repeat `attempt` until it is not None, at most five times.

        An attempt returns None when the leader or the term changed under it, which
        is allowed once in a while, but not always.
        """
        result: T | None = None
        tries = 0
        while result is None:
            if tries == TERM_ATTEMPTS:
                self.fail("every attempt was abandoned", "term changed too often")
            if tries > 0:
                self.annotations.checker_neutral(
                    "attempt abandoned", f"the term moved on during attempt {tries}"
                )
                # Time for the servers to settle on a leader.
                self.sleep(TERM_PAUSE_S)
            result = attempt()
            tries += 1
        return result

    def _agree(
        self, command: int | str, expected: int, retry: bool
    ) -> tuple[int, bool]:
        """Submit `command` until enough servers apply it, or time is up.

        Returns the index that a leader gave it last (`NOWHERE` if none did), and
        whether enough servers applied it there.
        """
        deadline = self.now() + AGREEMENT_LIMIT_S
        index = NOWHERE
        # The servers take turns over all rounds, and server 1 is the first, as in the
        # course.
        turn = 0
        while self.now() < deadline:
            # The limit is looked at here alone: a submission that is under way is
            # waited for.
            accepted, turn = self._submit(command, turn)
            if accepted is not None:
                index = accepted
                if self._await_agreement(index, command, expected):
                    return index, True
                # Once a leader has taken it. As long as nobody leads, it is offered
                # again.
                if not retry:
                    break
            # Nobody leads, or a leader gave out an index that is taken and has yet to
            # learn that it was replaced: time has to pass before the next attempt.
            self.sleep(NO_LEADER_PAUSE_S)
        return index, False

    def _submit(self, command: int | str, turn: int) -> tuple[int | None, int]:
        """Offer `command` to the servers after `turn` until one accepts it."""
        for _ in self.servers():
            turn = self.peer(turn, 1)
            if self.is_connected(turn):
                reply = self.start(turn, command)
                if reply.is_leader:
                    return reply.index, turn
        return None, turn

    def _await_agreement(self, index: int, command: int | str, expected: int) -> bool:
        """Whether enough servers apply `command` at `index` within the limit."""
        deadline = self.now() + SUBMISSION_LIMIT_S
        while self.now() < deadline:
            committed = self.n_committed(index)
            # For good: nobody may apply another command there any more. The course's
            # harness waits out its two seconds.
            if committed.count > 0 and committed.command != command:
                return False
            # By somebody at least: where nobody has applied anything, nothing is agreed
            # on.
            if committed.count >= max(expected, 1):
                return True
            self.sleep(AGREEMENT_POLL_S)
        return False

    def _shortfall(self, index: int, command: int | str, expected: int) -> str:
        if index == NOWHERE:
            return "no connected server claimed to lead"
        committed = self.n_committed(index)
        if committed.count > 0 and committed.command != command:
            return (
                f"index {index}, which a leader gave it, holds "
                f"{_short(committed.command)} instead"
            )
        return f"{committed.count} of {expected} servers applied it at index {index}"

    def _any_beyond(self, term: int) -> bool:
        states = self.states(self.servers())
        # A server that is cut off counts as well, as in the course.
        return any(state.term > term for state in states.values())


@dataclass(frozen=True, slots=True)
class RaftTestMaker:
    """Makes the `RaftTest` of one run of a test."""

    lab: Lab

    def __call__(
        self,
        n: int,
        title: str,
        *,
        reliable: bool = True,
        snapshots: bool = False,
        hop_delay: tuple[float, float] | None = None,
    ) -> RaftTest:
        """Start `n` servers and begin the test that is called `title`."""
        return RaftTest(
            self.lab,
            n,
            title,
            reliable=reliable,
            snapshots=snapshots,
            hop_delay=hop_delay,
        )


def _short(command: object) -> str:
    return shortened(command, limit=8)
