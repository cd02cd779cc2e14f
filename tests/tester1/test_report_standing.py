"""How servers and threads stand at the end, as far as facts tell."""

from __future__ import annotations

from labrpc.facts import LinkCut
from tester1.facts.kinds import (
    Applied,
    Proposed,
    SnapshotAdopted,
    StateTold,
    TaskWaits,
)
from tester1.rules.messages import Calls
from tester1.view.cells import TIMES
from tester1.view.standing import standings, table, threads
from tester1.view.states import ServerState
from tests.tester1.stories import (
    APPEND,
    VOTE,
    Story,
    append,
    appended,
    name,
    vote,
    voted,
)


def standing(story: Story, server: int) -> ServerState:
    """How one server stands at the end of a story."""
    return standings(story.facts, Calls(story.facts))[server]


def elected() -> Story:
    """Server 0 leads term 5 with the vote of 1, and both have index 13."""
    story = Story()
    story.call(0, 1, VOTE, vote(5, 0, (12, 4)), voted(5, True))
    story.call(0, 1, APPEND, append(5, 0, (12, 4), (5,), 12), appended(5, True))
    return story


def test_an_election_and_an_append() -> None:
    """Everything that the leader and its follower have shown is known."""
    leader, follower, other = (standing(elected(), server) for server in range(3))
    assert (leader.role, leader.term, leader.voted) == ("leader", 5, name(0))
    assert (leader.log_end, leader.commit) == ((13, 5), 12)
    assert (follower.role, follower.term, follower.voted) == ("follower", 5, name(0))
    assert (follower.log_end, follower.commit) == ((13, 5), 12)
    assert (other.role, other.term, other.log_end) == (None, None, None)
    assert other.alive


def test_a_newer_term_ends_role_and_vote() -> None:
    """What a reply shows deposes a leader."""
    story = elected()
    story.call(0, 2, APPEND, append(5, 0), appended(7, False))
    leader, other = standing(story, 0), standing(story, 2)
    assert (leader.role, leader.term, leader.voted) == ("follower", 7, None)
    assert (other.role, other.term) == ("follower", 7)


def test_a_leader_that_goes_on() -> None:
    """What was decided before the reply is sent; what is sent long after, is not."""
    story = elected()
    story.call(0, 2, APPEND, append(5, 0), appended(7, False))
    story.time += 0.01
    story.send(0, 1, APPEND, append(5, 0))
    assert (standing(story, 0).role, standing(story, 0).term) == ("follower", 7)
    story.time += 0.2
    story.send(0, 1, APPEND, append(5, 0))
    assert (standing(story, 0).role, standing(story, 0).term) == ("leader", 5)


def test_snapshots_have_a_column_if_there_are_any() -> None:
    """Up to which index; a server without one leaves it empty."""
    story = elected()
    assert "snapshot" not in table(standings(story.facts, Calls(story.facts)))[0]
    story.add(SnapshotAdopted(server=name(1), index=9))
    heading, first, second, _ = table(standings(story.facts, Calls(story.facts)))
    assert heading.endswith("  snapshot")
    assert second.endswith("  9")
    assert not first.endswith("  9")


def test_a_denied_vote_and_an_old_leader_change_nothing() -> None:
    """Only what a server answers itself says what it takes for true."""
    story = elected()
    story.call(2, 1, VOTE, vote(4, 2), voted(5, False))
    story.arrive(story.send(2, 1, APPEND, append(4, 2)))
    assert standing(story, 1).voted == name(0)
    assert standing(story, 1).term == 5
    assert standing(story, 2).term == 5


def test_an_answer_of_a_killed_peer_says_nothing() -> None:
    """Its term is below every other."""
    story = elected()
    story.call(0, 1, APPEND, append(5, 0), appended(-1, False))
    assert standing(story, 1).term == 5


def test_direct_calls_count() -> None:
    """What `Start` and `GetState` told, and what came out of the channel."""
    story = Story()
    story.add(Proposed(server=name(0), index=4, term=3, is_leader=True))
    story.add(Proposed(server=name(1), index=9, term=3, is_leader=False))
    story.add(StateTold(server=name(1), term=3, is_leader=False))
    story.add(Applied(server=name(1), index=2))
    story.add(SnapshotAdopted(server=name(2), index=7))
    assert standing(story, 0).log_end == (4, 3)
    assert standing(story, 0).role == "leader"
    assert (standing(story, 1).role, standing(story, 1).term) == ("follower", 3)
    assert standing(story, 1).log_end == (2, None)
    assert (standing(story, 1).applied, standing(story, 1).commit) == (2, 2)
    assert standing(story, 2).applied == 7


def test_a_crash_leaves_what_was_saved() -> None:
    """Term, vote and log; role and commit index begin anew."""
    story = elected()
    story.end(1)
    assert not standing(story, 1).alive
    story.start(1)
    restarted = standing(story, 1)
    assert restarted.alive
    assert (restarted.term, restarted.voted) == (5, name(0))
    assert restarted.log_end == (13, 5)
    assert (restarted.role, restarted.commit) == (None, None)


def test_the_table() -> None:
    """A line for each server; a question mark for what nobody has seen."""
    story = elected()
    story.isolate(2)
    story.start(2)
    assert table(standings(story.facts, Calls(story.facts))) == [
        "server      connected  role      term  vote  log end  commit  applied",
        "0       up  with 1     leader    5     0     13/T5    12      0",
        "1       up  with 0     follower  5     0     13/T5    12      0",
        "2       up  no         ?         ?     ?     ?        ?       0",
    ]
    story.end(1)
    assert table(standings(story.facts, Calls(story.facts)))[2] == "1       down"


def test_a_link_that_is_cut_one_way_connects_nobody() -> None:
    """Whoever cannot be answered reaches nobody."""
    story = Story(servers=2)
    story.add(LinkCut(server=name(1), peer=name(0)))
    assert [one.reaches for one in standings(story.facts, Calls(story.facts))] == [
        {name(1): False},
        {name(0): False},
    ]


def waits(server: int, thread: str, reason: str, since: float, line: str) -> TaskWaits:
    """How a thread stood."""
    return TaskWaits(
        server=name(server), thread=thread, reason=reason, since=since, line=line
    )


def test_threads_that_wait_alike_are_one_line() -> None:
    """Of all servers; a lock comes before a sleep, and the tester's own are no part."""
    sleep, at = "its sleep to end", "raft1/raft.py:9 in ticker: time.sleep(0.05)"
    lines = threads(
        [
            *(waits(s, f"Thread-{s} (ticker)", sleep, 1.5 + s, at) for s in range(3)),
            *(waits(1, f"Thread-{n} (ask)", "a reply", n, "raft.py:7") for n in (4, 5)),
            waits(
                2,
                "Thread-2 (applier)",
                f"Lock mu, held by {name(2)}, ask",
                0.25,
                "raft.py:3",
            ),
            waits(2, "Thread-8 (sender)", "its turn", 3.0, "raft.py:5"),
            waits(2, "applier-0-2", "Condition condition", 0.0, "raft1/raftapi.py:1"),
        ],
        3,
    )
    assert lines == [
        "2: applier waits for Lock mu of ask since 0.250 s at raft.py:3",
        f"1: ask {TIMES}2 waits for a reply since 4.000 s at raft.py:7",
        "all: ticker sleeps since 1.500 s at raft.py:9",
    ]


def test_the_list_of_threads_is_short() -> None:
    """However many different waits there are; it says how many it leaves out."""
    lines = threads(
        [waits(0, f"t{chr(97 + n)}", "a reply", 0, f"x.py:{n}") for n in range(26)], 1
    )
    assert len(lines) == 7
    assert lines[-1] == "and 20 more kinds of waits"
