"""The checks of leaders and terms: Election Safety, and that there is a leader at all.

All of them ask the connected servers by direct calls, so that no fault of the network
and no RPC of the servers comes between. A server that is cut off may believe what it
likes; only those that can reach each other have to agree.
"""

from __future__ import annotations

from typing import Final

from raft1.testing.cluster import RaftCluster
from tester1.contact.raft_messages import StateReply

LEADER_ROUNDS: Final = 10
"""How often a leader is looked for, about half a second apart."""


class LeaderChecks(RaftCluster):
    """A Raft group with the checks of its leaders and terms."""

    def check_one_leader(self) -> int:
        """Wait for a leader among the connected servers; returns the newest one.

        Fails if two servers lead in one term, or if none leads within ten rounds of
        about half a second.
        """
        self.annotations.checker_begin("checking for a leader")
        leader = self._await_leader()
        if leader is None:
            # Asked anew: no round was kept, and this is how they stand at the end.
            states = _describe(self._connected_states())
            self.fail("no leader", f"expected one leader, got none: {states}")
        return leader

    def check_no_leader(self) -> None:
        """Fail if a connected server claims to lead."""
        self.annotations.checker_begin("checking absence of a leader")
        # Asked once and at once, as in the course: the test itself has let time pass.
        for server, state in self._connected_states().items():
            if state.is_leader:
                self.fail(
                    "unexpected leader",
                    f"leader = {server} in term {state.term}, "
                    "which is connected to no majority",
                    servers=[server],
                )
        self.passed("no leader", "no connected server claims to lead")

    def check_terms(self) -> int:
        """Fail unless the connected servers are in one term; returns the term."""
        self.annotations.checker_begin("checking term agreement")
        states = self._connected_states()
        terms = {state.term for state in states.values()}
        if len(terms) > 1:
            self.fail(
                "term disagreed",
                f"servers disagree on term: {_describe(states)}",
                servers=states,
            )
        if not terms:
            self.fail("no term", "no connected server answered with its term")
        (term,) = terms
        self.passed("term agreed", f"all connected servers are in term {term}")
        return term

    def all_in_term(self, term: int) -> bool:
        """Whether every server that is up is in `term`."""
        states = self.states(self.servers())
        return all(state.term == term for state in states.values())

    def _await_leader(self) -> int | None:
        for _ in range(LEADER_ROUNDS):
            # First a pause, and several rounds: elections may be under way or needed.
            self.sleep((450 + self.random.randrange(100)) / 1000)
            leaders = self._leaders_by_term(self._connected_states())
            if leaders:
                # A leader of an older term is no fault: it does not know yet.
                term = max(leaders)
                (leader,) = leaders[term]
                self.passed(f"leader in term {term} = {leader}", "one leader")
                return leader
        return None

    def _connected_states(self) -> dict[int, StateReply]:
        return self.states(s for s in self.servers() if self.is_connected(s))

    def _leaders_by_term(self, states: dict[int, StateReply]) -> dict[int, list[int]]:
        leaders: dict[int, list[int]] = {}
        for server, state in states.items():
            if state.is_leader:
                leaders.setdefault(state.term, []).append(server)
        # Of one term, though, a second leader is one too many, whatever became of it.
        for term, claimants in leaders.items():
            if len(claimants) > 1:
                self.fail(
                    "multiple leaders",
                    f"term {term} has {len(claimants)} (>1) leaders: "
                    f"servers {claimants}",
                    servers=claimants,
                )
        return leaders


def _describe(states: dict[int, StateReply]) -> str:
    if not states:
        return "no connected server answered"
    return ", ".join(
        f"server {server} is in term {state.term}"
        + (" and leads" if state.is_leader else "")
        for server, state in states.items()
    )
