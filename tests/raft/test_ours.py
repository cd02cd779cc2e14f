"""Tests of our own: what the course's tests meet by chance, done on purpose.

Each brings the servers into one situation, with links that are cut or held, and
crashes at a chosen instant. Who is elected, and when, is up to the solution: where it
does not come out as needed, the attempt is repeated, so that no test depends on a
particular timeout. What then must not happen is forbidden to every Raft.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise, permutations
from typing import TypeVar

import pytest

from raft1.testing.scaffold import RaftTest, RaftTestMaker
from tester1.cluster.testcase import ELECTION_TIMEOUT_S

pytestmark = pytest.mark.ours

T = TypeVar("T")

ATTEMPTS = 20
"""How often a test tries to bring about its situation. Most first attempts do."""
FEW_ATTEMPTS = 3
"""How often, where it may be that no attempt can succeed."""
ROUNDS = 4
"""How often a situation is brought about in which chance decides what is seen."""
POLL_S = 0.005
INSTANT_S = 0.0002
"""Pause of polls that look for an instant: about what a message travels at least."""
SPREAD_S = 0.5
"""Time for a leader to bring its log to a follower, at ten heartbeats a second."""
ARRIVAL_S = 0.1
"""Time for a message to arrive and to be handled."""
TERMS_LIMIT_S = 10.0
"""Time for a server that is cut off to stand a few times, generously."""
REACTION_S = 1.5
"""Time for a server to react to what it has been told, generously."""


def test_two_candidates_3A(raft_test: RaftTestMaker) -> None:
    """Catches: two votes of one server in a term, votes of an older term counted."""
    # Requests that set out together arrive together: what one handler has looked at,
    # and acts upon after it has let the lock go, may be another's by then.
    hop = (INSTANT_S, INSTANT_S)
    with raft_test(5, "Test (3A): two candidates in one term", hop_delay=hop) as test:
        for _ in range(ROUNDS):
            # Servers that ask beforehand whether they can win do not stand unheard.
            steer(test, _two_candidates, None)
        test.check_one_leader()


def _two_candidates(test: RaftTest) -> bool:
    """Have two servers stand in one term, neither knowing of the other."""
    leader = test.check_one_leader()
    followers = [server for server in test.servers() if server != leader]
    links = list(permutations(followers, 2))
    before = term_of(test, leader)
    test.hold_links(*links)
    test.disconnect(leader)
    # Nobody hears of anybody, so each goes to the next term as its time is up.
    standing = until(test, lambda: _in_one_term(test, followers, before))
    # All requests of all candidates set out together.
    test.release_links(*links)
    watch_leaders(test, SPREAD_S)
    test.connect(leader)
    return standing is not None


def _in_one_term(test: RaftTest, servers: list[int], after: int) -> int | None:
    """A term after `after` that two of the servers are in."""
    terms = sorted(state.term for state in test.states(servers).values())
    pairs = pairwise(terms)
    return next((one for one, other in pairs if one == other > after), None)


def test_one_way_links_3A(raft_test: RaftTestMaker) -> None:
    """Catches: leaders whom a newer term in a reply does not depose."""
    with raft_test(3, "Test (3A): links that are cut one way") as test:
        leader = test.check_one_leader()
        first, second = test.peer(leader, 1), test.peer(leader, 2)
        term = term_of(test, leader)
        # From here on the leader learns only from the replies to its own calls.
        test.cut_link(first, leader)
        test.cut_link(second, leader)
        test.sleep(ELECTION_TIMEOUT_S)
        test.require(
            term_of(test, leader) == term,
            f"server {leader} has left term {term}, although it reaches everybody",
            servers=[leader],
        )

        test.disconnect(second)
        newer = until(test, lambda: max(term_of(test, second) - term, 0) or None)
        if newer is None:
            not_reached(test, f"server {second} does not stand while it is cut off")
            return
        # It comes back with a newer term, of which it can tell the leader in replies.
        test.connect(second)
        test.cut_link(second, leader)
        told = until(
            test, lambda: term_of(test, leader) > term or None, limit_s=REACTION_S
        )
        test.require(
            told is not None,
            f"server {leader} still leads in term {term}, although server {second} has "
            f"answered its calls in term {term_of(test, second)}",
            servers=[leader, second],
        )
        test.mend_link(first, leader)
        test.mend_link(second, leader)
        test.check_one_leader()


def test_unheard_leader_3A(raft_test: RaftTestMaker) -> None:
    """Catches: leaders whom the messages of a newer leader do not depose."""
    with raft_test(3, "Test (3A): a leader that is not heard") as test:
        old = test.check_one_leader()
        term = term_of(test, old)
        test.disconnect(old)
        others = [test.peer(old, 1), test.peer(old, 2)]
        new = until(test, lambda: leader_of(test, others))
        if new is None:
            not_reached(test, "the other two elect nobody")
            return
        # All that the old one hears is the new one, and nobody tells it of replies.
        test.mend_link(new, old)
        told = until(
            test, lambda: term_of(test, old) > term or None, limit_s=REACTION_S
        )
        test.require(
            told is not None,
            f"server {old} still leads in term {term}, although it hears server {new}, "
            f"which leads in term {term_of(test, new)}",
            servers=[old, new],
        )
        test.connect(old)
        test.check_one_leader()


def test_candidate_behind_3A(raft_test: RaftTestMaker) -> None:
    """Catches: candidates to whom a newer term in a reply means nothing."""
    with raft_test(3, "Test (3A): a candidate that is terms behind") as test:
        leader = test.check_one_leader()
        ahead, behind = test.peer(leader, 1), test.peer(leader, 2)
        term = term_of(test, leader)
        test.disconnect(ahead)
        newer = until(
            test,
            lambda: term_of(test, ahead) if term_of(test, ahead) > term + 3 else None,
            limit_s=TERMS_LIMIT_S,
        )
        if newer is None:
            not_reached(test, f"server {ahead} does not stand while it is cut off")
            return
        # It answers whoever asks it, and can itself ask nobody.
        test.connect(ahead)
        test.cut_link(ahead, leader)
        test.cut_link(ahead, behind)
        test.disconnect(leader)
        first = until(test, lambda: max(term_of(test, behind) - term, 0) or None)
        if first is not None and term + first < newer:
            then = until(
                test,
                lambda: max(term_of(test, behind) - term - first, 0) or None,
            )
            test.require(
                then is not None and term + first + then >= newer,
                f"server {behind} asked server {ahead} for its vote in term "
                f"{term + first}, was told of term {newer}, and is now in term "
                f"{term_of(test, behind)}",
                servers=[ahead, behind],
            )
        test.mend_link(ahead, behind)
        test.connect(ahead, leader)
        test.check_one_leader()


def test_leads_again_3B(raft_test: RaftTestMaker) -> None:
    """Catches: a leader that counts what it was told in an earlier term."""
    with raft_test(5, "Test (3B): a leader of two terms") as test:
        for _ in range(ROUNDS):
            # Who is elected a second time is up to chance.
            steer(test, _leads_again, None)
        test.one(test.command(), 5, retry=True)


def _leads_again(test: RaftTest) -> bool:
    """Have what a follower has stored replaced, and its leader of then lead again."""
    index = test.one(test.command(), 5, retry=True) + 1
    old = test.check_one_leader()
    friend, *others = (test.peer(old, steps) for steps in range(1, 5))
    test.partition([old, friend], others)
    rival = until(test, lambda: leader_of(test, others))
    if rival is None:
        return False
    reply = test.start(rival, test.command())
    # Replies to these may come when the leader leads again.
    test.config.set_long_reordering(True)
    for _ in range(8):
        test.start(old, test.command())
        test.sleep(2 * POLL_S)
    test.sleep(ARRIVAL_S)
    test.config.set_long_reordering(False)
    test.partition(test.servers(), [])
    same = until(
        test,
        lambda: test.n_committed(index).count == test.n or None,
        limit_s=REACTION_S,
    )
    # Whatever the others ask for, nobody hears it: only the old leader can win.
    rest = [server for server in test.servers() if server != old]
    asked = [link for link in permutations(test.servers(), 2) if link[0] != old]
    test.hold_links(*asked)
    led = until(test, lambda: leads(test, old) or None)
    term = term_of(test, old)
    voter = next((s for s in others if term_of(test, s) == term), None)
    if reply.index != index or same is None or led is None or voter is None:
        return False
    test.disconnect(*(server for server in rest if server != voter))
    reply = test.start(old, test.command())
    test.sleep(REACTION_S)
    if reply.is_leader:
        test.check_no_agreement(reply.index)
    test.release_links(*asked)
    test.connect(*rest)
    return reply.is_leader


def test_voter_restarts_3C(raft_test: RaftTestMaker) -> None:
    """Catches: a vote that is forgotten in a crash, and given once more."""
    with raft_test(3, "Test (3C): a voter restarts within an election") as test:
        # For the same reason as above.
        steer(test, _voter_restarts, None)
        test.one(test.command(), 3, retry=True)


def _voter_restarts(test: RaftTest) -> bool:
    """Crash a voter as its vote is counted; then another asks it in the same term."""
    test.one(test.command(), 3, retry=True)
    old = test.check_one_leader()
    term = term_of(test, old)
    test.hold_links(*permutations(test.servers(), 2))
    # No more than a follower when it comes back, so that all three are alike.
    test.crash(old)
    test.restart(old)
    test.hold_links(*((old, server) for server in test.servers() if server != old))
    candidate = until(
        test, lambda: next((s for s in test.servers() if term_of(test, s) > term), None)
    )
    if candidate is None:
        return False
    voter, rival = test.peer(candidate, 1), test.peer(candidate, 2)
    stood_in = term_of(test, candidate)
    test.release_links((candidate, voter))
    won = until(test, lambda: leads(test, candidate) or None, limit_s=0.05)
    test.hold_links((candidate, voter))
    # At the instant when its vote has made a leader.
    test.crash(voter)
    test.restart(voter)
    # The rival has not asked before, or what it asked went down with the voter.
    in_time = won is not None and term_of(test, rival) < stood_in
    test.hold_links((voter, candidate), (voter, rival))
    test.release_links((rival, voter))
    if in_time:
        watch_leaders(test, ELECTION_TIMEOUT_S)
    test.release_links(*permutations(test.servers(), 2))
    return in_time


def test_term_restarts_3C(raft_test: RaftTestMaker) -> None:
    """Catches: a term of somebody else's that is not on the disk."""
    with raft_test(3, "Test (3C): a term is remembered") as test:
        steer(test, _term_restarts)
        test.one(test.command(), 3, retry=True)


def _term_restarts(test: RaftTest) -> bool:
    """Crash a server that a leader has told of its term, and nothing else."""
    test.one(test.command(), 3, retry=True)
    old = test.check_one_leader()
    server, other = test.peer(old, 1), test.peer(old, 2)
    term = term_of(test, old)
    # While it is down, the others elect somebody.
    test.crash(server)
    test.crash(old)
    test.restart(old)
    new = until(test, lambda: leader_of(test, [old, other]))
    test.restart(server)
    told = until(
        test, lambda: max(term_of(test, server) - term, 0) or None, limit_s=REACTION_S
    )
    test.sleep(SPREAD_S)
    newer = term_of(test, server)
    test.hold_links((old, server), (other, server))
    test.crash(server)
    test.restart(server)
    restored = term_of(test, server)
    until(test, lambda: max(term_of(test, server) - restored, 0) or None)
    test.require(
        restored >= newer,
        f"server {server} was in term {newer}, crashed, and was started again in term "
        f"{restored}",
        servers=[server],
    )
    test.release_links((old, server), (other, server))
    return new is not None and told is not None


def test_figure_8_by_steps_3C(raft_test: RaftTestMaker) -> None:
    """Catches: an entry of an older term committed because a majority has it."""
    with raft_test(5, "Test (3C): Figure 8, step by step") as test:
        steer(test, _figure_8)
        test.one(test.command(), 5, retry=True)


def _figure_8(test: RaftTest) -> bool:
    """The situations (a) to (d) of figure 8, one after the other."""
    index = test.one(test.command(), 5, retry=True) + 1
    # (a) The leader brings an entry to one follower only.
    first = test.check_one_leader()
    second, *others = (test.peer(first, steps) for steps in range(1, 5))
    test.disconnect(*others)
    old = test.start(first, test.command())
    test.sleep(SPREAD_S)
    # (b) It crashes, and one of the others gets an entry of its own at that index,
    # in a newer term. Cut off before: nobody else is to have it.
    test.crash(first)
    test.disconnect(second)
    test.connect(*others)
    rival = until(test, lambda: leader_of(test, others))
    if rival is None:
        return False
    test.disconnect(*others)
    command = test.command()
    new = test.start(rival, command)
    if not (old.is_leader and new.is_leader and old.index == new.index == index):
        test.restart(first)
        return False
    # (c) Of these three only those with the older entry can win. They bring it to the
    # third, and a majority has it: in vain, as it is of an older term.
    witness, third = (server for server in others if server != rival)
    test.connect(second, witness)
    test.restart(first)
    group = [first, second, witness]
    led = until(test, lambda: leader_of(test, group))
    test.sleep(SPREAD_S)
    test.check_no_agreement(index)
    # (d) For the rival's entry is of a newer one, with which it wins and replaces it.
    test.disconnect(*group)
    test.connect(rival, witness, third)
    test.one(test.command(), 3, retry=True)
    committed = test.n_committed(index)
    test.require(
        committed.command == command,
        f"index {index} holds {committed.command}, not {command} of server {rival}, "
        "whose log was the most up to date of three",
        servers=[rival, witness, third],
    )
    test.connect(first, second)
    return led is not None


def test_crash_at_commit_3C(raft_test: RaftTestMaker) -> None:
    """Catches: a server that counts for a commit before the entry is on its disk."""
    with raft_test(3, "Test (3C): crash at the instant of a commit") as test:
        for survivor in 0, 1, 0, 1:
            steer(test, partial(_crash_at_commit, survivor=survivor))


def _crash_at_commit(test: RaftTest, survivor: int) -> bool:
    """Crash the two that have committed an entry; one of them has to know it again."""
    index = test.one(test.command(), 3, retry=True) + 1
    leader = test.check_one_leader()
    pair = [leader, test.peer(leader, 1)]
    spare = test.peer(leader, 2)
    test.disconnect(spare)
    applier = test.first_applier(index)
    command = test.command()
    reply = test.start(leader, command)
    committed = applier.wait(REACTION_S)
    test.crash(*pair)
    test.restart(pair[survivor])
    test.connect(spare)
    test.one(test.command(), 2, retry=True)
    if committed and reply.is_leader:
        found = test.n_committed(index).command
        test.require(
            found == command,
            f"index {index} holds {found}, but {command} had been committed there when "
            f"servers {pair} crashed",
            servers=pair,
        )
    test.restart(pair[1 - survivor])
    return committed and reply.is_leader


def test_crash_at_snapshot_3D(raft_test: RaftTestMaker) -> None:
    """Catches: a snapshot that is saved apart from the log that it shortens."""
    title = "Test (3D): crash at the instant of a snapshot"
    with raft_test(3, title, snapshots=True) as test:
        for _ in range(ROUNDS):
            steer(test, _crash_at_snapshot, "no disk got a snapshot of ten entries")
            test.one(test.command(), 3, retry=True)


def _crash_at_snapshot(test: RaftTest) -> bool:
    """Crash a server as soon as its disk holds a new snapshot."""
    # The service takes one at 9, 19, 29 and so on.
    while test.one(test.command(), 3, retry=True) % 10 != 8:
        pass
    leader = test.check_one_leader()
    before = test.group.snapshot_sizes()
    test.start(leader, test.command())
    server = until(
        test,
        lambda: _changed(before, test.group.snapshot_sizes()),
        limit_s=REACTION_S,
        pause_s=INSTANT_S,
    )
    if server is not None:
        test.crash(server)
        test.restart(server)
    return server is not None


def _changed(before: list[int], now: list[int]) -> int | None:
    """The first of the servers whose snapshot is not what it was."""
    return next((i for i, size in enumerate(now) if size != before[i]), None)


def test_crash_after_snapshot_3D(raft_test: RaftTestMaker) -> None:
    """Catches: a snapshot of the leader's that is not on the follower's disk."""
    title = "Test (3D): crash after a leader's snapshot"
    with raft_test(3, title, snapshots=True) as test:
        steer(test, _crash_after_snapshot)
        test.one(test.command(), 3, retry=True)


def _crash_after_snapshot(test: RaftTest) -> bool:
    """Crash a server that was given a snapshot, and nothing else, by its leader."""
    first = test.one(test.command(), 3, retry=True)
    leader = test.check_one_leader()
    follower = test.peer(leader, 1)
    test.crash(follower)
    last = first
    # The snapshot has to cover all, so that no entry is sent along.
    while last < first + 10 or last % 10 != 9:
        last = test.one(test.command(), 2, retry=True)
    test.restart(follower)
    caught_up = until(
        test, lambda: _applied(test, follower) >= last or None, limit_s=REACTION_S
    )
    test.sleep(SPREAD_S)
    test.crash(follower)
    test.restart(follower)
    restored = _applied(test, follower)
    test.sleep(SPREAD_S)
    if caught_up is not None:
        test.require(
            restored >= last,
            f"server {follower} had got a snapshot up to index {last} from server "
            f"{leader}, crashed, and was started again with one up to {restored}",
            servers=[leader, follower],
        )
    return caught_up is not None


def test_late_snapshot_3D(raft_test: RaftTestMaker) -> None:
    """Catches: an old InstallSnapshot that takes a follower back."""
    with raft_test(3, "Test (3D): a snapshot arrives late", snapshots=True) as test:
        # A leader that waits for each of its calls does not send one in time.
        steer(test, _late_snapshot, None)


def _late_snapshot(test: RaftTest) -> bool:
    """Hold a snapshot back until its follower is far ahead of it, in the same term."""
    test.one(test.command(), 3, retry=True)
    leader = test.check_one_leader()
    follower = test.peer(leader, 1)
    # Down, not cut off: it is to come back in the leader's term.
    test.crash(follower)
    for _ in range(12):
        last = test.one(test.command(), 2, retry=True)
    term = term_of(test, leader)
    test.group.hold_link(leader, follower, matching=_is_snapshot, most=1)
    test.restart(follower)
    held = until(
        test,
        lambda: _held_or_ahead(test, leader, follower, last),
        limit_s=REACTION_S,
    )
    # The call fails, as it would have long since, and the leader has to make another.
    test.cut_link(leader, follower)
    test.mend_link(leader, follower)
    for _ in range(12):
        test.one(test.command(), 3, retry=True)
    ahead = _applied(test, follower)
    test.release_links((leader, follower))
    test.sleep(ARRIVAL_S)
    test.require(
        _applied(test, follower) >= ahead,
        f"server {follower} had applied index {ahead} when an older snapshot arrived, "
        f"which took it back to {_applied(test, follower)}",
        servers=[leader, follower],
    )
    test.one(test.command(), 3, retry=True)
    return held is not None and leads(test, leader) and term_of(test, leader) == term


def _applied(test: RaftTest, server: int) -> int:
    with test.mutex:
        return test.logs.last_index(server)


def _is_snapshot(method: str) -> bool:
    # As the paper and the handout name it; names of a solution's own say so too.
    return "snap" in method.lower()


def _held_or_ahead(
    test: RaftTest, leader: int, follower: int, index: int
) -> bool | None:
    """True once a snapshot is held, or the follower has caught up without one."""
    ahead = _applied(test, follower) >= index
    return ahead or test.group.held_on_link(leader, follower) > 0 or None


# Steering


def steer(
    test: RaftTest,
    attempt: Callable[[RaftTest], bool],
    problem: str | None = "elections take too long, or leaders do not stay",
) -> None:
    """Repeat `attempt` until it says that it has got where it was to get.

    Fails if it never does; `problem` is what must be wrong then. With None nothing
    need be wrong: there are correct solutions that never get there.
    """
    for _ in range(ATTEMPTS if problem is not None else FEW_ATTEMPTS):
        if attempt(test):
            return
        test.release_links(*permutations(test.servers(), 2))
        test.connect(*test.servers())
    if problem is None:
        not_reached(test, "a correct solution may do without it")
        return
    test.fail(
        "no situation",
        f"the servers did not get into the situation of this test in {ATTEMPTS} "
        f"attempts: {problem}",
    )


def not_reached(test: RaftTest, why: str) -> None:
    """Note that the test could not put its question to this solution."""
    test.annotations.info("the situation of this test was not reached", why)


def until(
    test: RaftTest,
    look: Callable[[], T | None],
    *,
    limit_s: float = 5 * ELECTION_TIMEOUT_S,
    pause_s: float = POLL_S,
) -> T | None:
    """What `look` finds, which is called again and again; None if it is too late."""
    deadline = test.now() + limit_s
    found = look()
    while found is None and test.now() < deadline:
        test.sleep(pause_s)
        found = look()
    return found


def term_of(test: RaftTest, server: int) -> int:
    """The term of a server that is up."""
    state = test.get_state(server)
    return -1 if state is None else state.term


def leads(test: RaftTest, server: int) -> bool:
    """Whether a server says that it leads."""
    state = test.get_state(server)
    return state is not None and state.is_leader


def leader_of(test: RaftTest, servers: Iterable[int]) -> int | None:
    """The one of `servers` that leads in the newest term, if any does."""
    leaders = {
        s: state.term for s, state in test.states(servers).items() if state.is_leader
    }
    return max(leaders, key=lambda s: leaders[s], default=None)


def watch_leaders(test: RaftTest, seconds: float) -> None:
    """Look for that long whether two servers lead in one term, all servers counted."""
    leaders: dict[int, int] = {}
    deadline = test.now() + seconds
    while test.now() < deadline:
        for server, state in test.states(test.servers()).items():
            if state.is_leader and leaders.setdefault(state.term, server) != server:
                pair = [leaders[state.term], server]
                test.fail(
                    "multiple leaders",
                    f"term {state.term} has two leaders: servers {pair}",
                    servers=pair,
                )
        test.sleep(POLL_S)
