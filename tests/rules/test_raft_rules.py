"""Each rule of Raft: a shortest run that breaks it, and its nearest legal neighbour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tester1.rules.findings import Rule, RuleFailure
from tester1.rules.raft import rules as raft_rules
from tests.rules.raft_story import AppendReply, SnapshotReply, Story, VoteReply


@dataclass(frozen=True)
class Pair:
    """A rule, a run of `n` servers that breaks it, and one near by that does not."""

    rule: Rule
    tale: Callable[[Story, bool], None]
    n: int

    def __str__(self) -> str:
        return f"{self.rule.name}: {self.tale.__name__.strip('_')}"

    def told(self, *, wrong: bool) -> Story:
        """The run, with the mistake or without."""
        story = Story(self.n, in_order=self.rule is raft_rules.APPLIED_IN_ORDER)
        self.tale(story, wrong)
        return story


PAIRS: list[Pair] = []


def pair(rule: Rule, n: int = 3) -> Callable[[Callable[[Story, bool], None]], None]:
    """Note a tale of a rule, which is told with the mistake and without."""
    return lambda tale: PAIRS.append(Pair(rule, tale, n))


@pair(raft_rules.ONE_LEADER)
def _two_send_appends(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.append(0, 1, 1)
    story.state(2, 1 if wrong else 2, leads=True)


@pair(raft_rules.ONE_LEADER)
def _accepts_a_command_beside_the_leader(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.state(0, 1, leads=True)
    story.start(1, 1, 1, "x", leads=wrong)


@pair(raft_rules.ONE_VOTE)
def _votes_for_two(story: Story, wrong: bool) -> None:
    story.vote(0, 2, 1)
    story.vote(1, 2, 1, granted=wrong)


@pair(raft_rules.ONE_VOTE)
def _votes_for_another_beside_itself(story: Story, wrong: bool) -> None:
    story.vote(0, 1, 1, granted=False)
    story.vote(1, 0, 1 if wrong else 2)


@pair(raft_rules.ONE_VOTE)
def _forgets_its_vote_in_a_crash(story: Story, wrong: bool) -> None:
    story.vote(0, 2, 1)
    story.crash(2)
    story.vote(1, 2, 1 if wrong else 2)


@pair(raft_rules.ONE_VOTE)
def _a_vote_counts_though_its_answer_is_lost(story: Story, wrong: bool) -> None:
    story.vote(0, 2, 1, arrives=False)
    story.vote(1, 2, 1, granted=wrong)


@pair(raft_rules.MAJORITY_ELECTS)
def _leads_with_its_own_vote(story: Story, wrong: bool) -> None:
    story.vote(0, 1, 1, granted=not wrong)
    story.append(0, 1, 1)


@pair(raft_rules.MAJORITY_ELECTS)
def _leads_by_a_vote_that_never_came(story: Story, wrong: bool) -> None:
    story.vote(0, 1, 1, arrives=not wrong)
    story.append(0, 1, 1)


@pair(raft_rules.MAJORITY_ELECTS, n=5)
def _counts_votes_of_an_older_term(story: Story, wrong: bool) -> None:
    story.vote(0, 1, 1)
    story.save(0)
    story.vote(0, 2, 2)
    story.vote(0, 3, 2, granted=not wrong)
    story.append(0, 1, 2)


@pair(raft_rules.VOTES_LOOK_AT_THE_LOG)
def _votes_for_a_shorter_log(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.vote(2, 1, 2, granted=wrong)


@pair(raft_rules.VOTES_LOOK_AT_THE_LOG)
def _votes_for_an_older_last_term(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 2, 1, entries=[(1, "a"), (1, "b")])
    story.elect(1, 2, voters=[0], end=(1, 2) if wrong else (2, 1))
    story.vote(2, 1, 3, (2, 1))


@pair(raft_rules.VOTES_LOOK_AT_THE_LOG, n=5)
def _a_newer_leader_may_have_truncated(story: Story, wrong: bool) -> None:
    story.elect(0, 1, voters=[1, 3])
    story.replicate(0, 1, 1, entries=[(1, "a"), (1, "b")])
    story.elect(2, 2, voters=[3, 4])
    if not wrong:
        story.arrive(story.append(2, 1, 2))
    story.vote(4, 1, 3)


@pair(raft_rules.ANSWERS_TELL_THE_TERM)
def _answers_with_an_older_term(story: Story, wrong: bool) -> None:
    story.vote(0, 2, 5, granted=False)
    story.vote(1, 2, 4, granted=False, reply_term=4 if wrong else 5)


@pair(raft_rules.ANSWERS_TELL_THE_TERM)
def _a_handler_that_started_before_may_not_know(story: Story, wrong: bool) -> None:
    if wrong:
        story.state(2, 5)
    request = story.arrive(story.ask(1, 2, 4))
    story.state(2, 5)
    story.save(2)
    story.answer(request, VoteReply(4, False))


@pair(raft_rules.ANSWERS_TELL_THE_TERM)
def _no_term_is_no_answer(story: Story, wrong: bool) -> None:
    story.state(2, 5)
    story.vote(1, 2, 4, granted=False, reply_term=1 if wrong else 0)


@pair(raft_rules.NEWER_TERMS_DEPOSE)
def _goes_on_leading(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, success=False, reply_term=2)
    for _ in range(2):
        story.wait(0.1 if wrong else 0.05)
        story.replicate(0, 1, 1, success=False, reply_term=2)


@pair(raft_rules.NEWER_TERMS_DEPOSE)
def _what_failed_may_be_repeated(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 2, 1, success=False, reply_term=2)
    for _ in range(3):
        story.wait(0.1)
        story.replicate(0, 1, 1, reply_term=1, arrives=wrong)


@pair(raft_rules.NEWER_TERMS_DEPOSE)
def _every_try_may_be_answered_once(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    for _ in range(2):
        story.replicate(0, 1, 1, arrives=False)
    story.replicate(0, 2, 1, success=False, reply_term=2)
    for _ in range(4 if wrong else 3):
        story.wait(0.1)
        story.replicate(0, 1, 1, reply_term=1)


@pair(raft_rules.NEWER_TERMS_DEPOSE)
def _listens_to_no_other_leader(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.elect(1, 2, voters=[2])
    story.replicate(1, 0, 2, success=False, reply_term=1)
    for _ in range(2):
        story.wait(0.1 if wrong else 0.05)
        story.replicate(0, 2, 1, success=False, reply_term=2 if wrong else 0)


@pair(raft_rules.NEWER_TERMS_DEPOSE)
def _stands_in_an_older_term(story: Story, wrong: bool) -> None:
    story.vote(1, 0, 5, granted=False)
    story.wait(1)
    story.save(0)
    story.ask(0, 1, 4 if wrong else 6)


@pair(raft_rules.NEWER_TERMS_DEPOSE)
def _stands_in_a_term_that_it_was_told_of(story: Story, wrong: bool) -> None:
    story.save(0)
    story.vote(0, 1, 3, granted=False, reply_term=4)
    story.wait(1)
    story.save(0)
    story.ask(0, 1, 4 if wrong else 5)


@pair(raft_rules.NEWER_TERMS_DEPOSE)
def _leads_on_beside_a_newer_leader(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.elect(1, 2, voters=[2])
    story.replicate(1, 0, 2, success=False, reply_term=1)
    story.wait(0.2 if wrong else 0.1)
    story.state(0, 1, leads=True)


@pair(raft_rules.NEWER_TERMS_DEPOSE)
def _may_wait_for_other_replies_before_it_looks(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    if wrong:
        story.replicate(1, 0, 2, success=False, reply_term=1)
    else:
        story.replicate(0, 1, 1, success=False, reply_term=2)
    story.wait(1)
    story.start(0, 1, 1, "x")


@pair(raft_rules.ONE_VOTE)
def _stands_in_a_term_in_which_it_has_voted(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.wait(1)
    story.save(1)
    story.ask(1, 2, 1 if wrong else 2)


@pair(raft_rules.OLDER_TERMS_REFUSED)
def _obeys_an_older_leader(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.state(1, 2)
    story.replicate(0, 1, 1, entries=[(1, "a")], success=wrong, reply_term=2)


@pair(raft_rules.SAVED_FIRST)
def _grants_before_it_saves(story: Story, wrong: bool) -> None:
    story.vote(0, 1, 1, saved=not wrong)


@pair(raft_rules.SAVED_FIRST)
def _saves_what_was_saved_before(story: Story, wrong: bool) -> None:
    request = story.arrive(story.ask(0, 1, 1))
    story.save(1, new_state=not wrong)
    story.answer(request, VoteReply(1, True))


@pair(raft_rules.SAVED_FIRST)
def _a_vote_is_saved_once(story: Story, wrong: bool) -> None:
    # The first request's answer was lost, and that is all that the second one repeats.
    first = story.arrive(story.ask(0, 1, 1))
    if not wrong:
        story.save(1)
    story.crash(1)
    story.vote(0, 1, 1, saved=False)
    story.answer(first, VoteReply(1, True))


def test_a_server_may_have_begun_a_term_by_itself() -> None:
    """What it tells first of a term, it may have saved before it was asked."""
    story = Story()
    story.save(1)
    story.vote(0, 1, 1, granted=False, saved=False)
    assert not story.failures


@pair(raft_rules.SAVED_FIRST)
def _stands_before_it_saves(story: Story, wrong: bool) -> None:
    story.elect(1, 1, voters=[0])
    story.replicate(1, 0, 1)
    if not wrong:
        story.save(0)
    story.ask(0, 2, 2)


@pair(raft_rules.SAVED_FIRST)
def _saves_once_what_came_behind_a_gap(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    entries = [(1, "a"), (1, "b"), (1, "c")]
    story.replicate(0, 1, 1, (2, 1), entries[2:], success=False, saved=False)
    story.replicate(0, 1, 1, entries=entries, saved=not wrong)
    story.replicate(0, 1, 1, entries=entries[:2], saved=False)
    story.replicate(0, 1, 1, (3, 1), saved=False)


@pair(raft_rules.SAVED_FIRST)
def _acknowledges_before_it_saves(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, entries=[(1, "a")], saved=not wrong)
    # The same entry again needs no new save.
    story.replicate(0, 1, 1, entries=[(1, "a")], saved=False)
    story.replicate(0, 1, 1, prev=(1, 1))


@pair(raft_rules.SAVED_FIRST)
def _keeps_an_entry_for_itself(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, entries=[(1, "a")], saved=not wrong)
    story.wait(1)
    story.replicate(0, 1, 1)


@pair(raft_rules.ACKNOWLEDGED_STAY)
def _refuses_what_it_has_acknowledged(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    entries = [(1, "a"), (1, "b"), (1, "c")]
    story.replicate(0, 1, 1, entries=entries)
    # Before its commit index a server may refuse whatever it likes.
    story.replicate(0, 1, 1, prev=(3, 1), commit=2)
    story.replicate(0, 1, 1, prev=(2 if wrong else 1, 1), success=False)


@pair(raft_rules.ACKNOWLEDGED_STAY)
def _has_not_stored_it_at_all(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, entries=[(1, "a")], saved=not wrong)
    story.replicate(0, 1, 1, prev=(1, 1), success=not wrong)


@pair(raft_rules.REMEMBERED)
def _forgets_its_term(story: Story, wrong: bool) -> None:
    story.vote(0, 1, 5)
    story.crash(1)
    story.vote(2, 1, 4, granted=False, reply_term=4 if wrong else 5)


@pair(raft_rules.REMEMBERED)
def _stands_again_in_the_term_that_it_had_told(story: Story, wrong: bool) -> None:
    story.elect(0, 5, voters=[2])
    story.replicate(0, 1, 5)
    story.crash(1)
    story.save(1)
    story.ask(1, 2, 5 if wrong else 6)


@pair(raft_rules.REMEMBERED)
def _forgets_a_snapshot(story: Story, wrong: bool) -> None:
    story.elect(0, 1, voters=[1])
    story.start(0, 1, 1, "a")
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.apply(0, 1, "a")
    story.answer(story.arrive(story.install(0, 2, 1, (1, 1))), SnapshotReply(1))
    story.adopt(2, 1)
    # It may have had so little time that it could not save it yet.
    story.wait(1 if wrong else 0.1)
    story.crash(2)
    story.replicate(0, 2, 1, prev=(1, 1), success=False)


@pair(raft_rules.REMEMBERED)
def _a_snapshot_that_was_passed_over_need_not_be_there(
    story: Story, wrong: bool
) -> None:
    story.elect(0, 1, voters=[1])
    story.start(0, 1, 1, "a")
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.apply(0, 1, "a")
    story.answer(story.arrive(story.install(0, 2, 1, (1, 1))), SnapshotReply(1))
    if wrong:
        story.adopt(2, 1)
    story.wait(1)
    story.crash(2)
    story.replicate(0, 2, 1, prev=(1, 1), success=False)


@pair(raft_rules.REMEMBERED)
def _forgets_acknowledged_entries(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.crash(1)
    story.replicate(0, 1, 1, prev=(1, 1), success=not wrong)


@pair(raft_rules.REMEMBERED)
def _stands_with_less_than_it_acknowledged(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.crash(1)
    story.save(1)
    story.ask(1, 2, 2, (0, 0) if wrong else (1, 1))


@pair(raft_rules.LOG_MATCHING)
def _two_commands_of_one_term(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.elect(1, 2, voters=[2], end=(1, 1))
    story.append(1, 2, 2, entries=[(1, "b" if wrong else "a")])


@pair(raft_rules.APPENDS_FIT, n=5)
def _accepts_behind_another_entry(story: Story, wrong: bool) -> None:
    story.elect(0, 1, voters=[1, 3])
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.elect(2, 2, voters=[3, 4])
    story.replicate(2, 1, 2, prev=(1, 2), entries=[(2, "b")], success=wrong)


@pair(raft_rules.APPENDS_FIT)
def _accepts_behind_a_gap(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, prev=(3, 1), entries=[(1, "d")], success=wrong)


@pair(raft_rules.APPENDS_FIT, n=5)
def _what_came_meanwhile_may_fit(story: Story, wrong: bool) -> None:
    story.elect(0, 1, voters=[1, 3])
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.elect(2, 2, voters=[3, 4])
    late = story.arrive(story.append(2, 1, 2, (1, 2), [(2, "c")]))
    if not wrong:
        story.replicate(2, 1, 2, entries=[(2, "b")])
    story.save(1)
    story.answer(late, AppendReply(2, True))


@pair(raft_rules.APPENDS_FIT)
def _what_came_meanwhile_may_fill_the_gap(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    early = story.arrive(story.append(0, 1, 1, (1, 1), [(1, "b")]))
    if not wrong:
        story.replicate(0, 1, 1, entries=[(1, "a")])
    story.save(1)
    story.answer(early, AppendReply(1, True))


@pair(raft_rules.LEADERS_ONLY_APPEND)
def _a_leader_changes_an_entry(story: Story, wrong: bool) -> None:
    story.elect(0, 3, end=(1, 2))
    story.append(0, 1, 3, entries=[(2, "a")])
    story.append(0, 2, 3, entries=[(1 if wrong else 2, "a")])


@pair(raft_rules.LEADERS_ONLY_APPEND)
def _start_gives_an_index_twice(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.start(0, 1 if wrong else 2, 1, "b")


@pair(raft_rules.ACKNOWLEDGED_STAY)
def _a_late_append_truncates(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, entries=[(1, "a"), (1, "b")])
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.replicate(0, 1, 1, prev=(2, 1), success=not wrong)


@pair(raft_rules.ACKNOWLEDGED_STAY)
def _a_rejection_below_a_snapshot_means_nothing(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.replicate(0, 1, 1, entries=[(1, "a"), (1, "b")])
    if not wrong:
        story.snapshot(1, 2)
    story.replicate(0, 1, 1, prev=(1, 1), entries=[(1, "b")], success=False)


@pair(raft_rules.ACKNOWLEDGED_STAY)
def _applies_something_else(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.replicate(0, 1, 1, prev=(1, 1), commit=1)
    story.apply(1, 1, "b" if wrong else "a")


@pair(raft_rules.LEADER_COMPLETENESS, n=5)
def _leads_without_a_committed_entry(story: Story, wrong: bool) -> None:
    story.elect(0, 1, voters=[1, 2])
    for follower in 1, 2:
        story.replicate(0, follower, 1, entries=[(1, "a")])
    if not wrong:
        story.replicate(0, 3, 1, entries=[(1, "a")])
    story.elect(3, 2, voters=[4], end=(0, 0) if wrong else (1, 1))
    # Votes that are right by themselves cannot make such a leader. So some are made up,
    # past the rules that would find fault with them.
    peers = story.rules.group.peers
    peers["server-0-3"].grants[2] = dict.fromkeys(peers.values(), 1)
    story.append(3, 4, 2)


@pair(raft_rules.COMMIT_BY_MAJORITY)
def _commits_alone(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.replicate(0, 1, 1, entries=[(1, "a")], arrives=not wrong)
    story.append(0, 2, 1, entries=[(1, "a")], commit=1)


@pair(raft_rules.COMMIT_BY_MAJORITY)
def _applies_alone(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.replicate(0, 1, 1, entries=[(1, "a")], arrives=not wrong)
    story.apply(0, 1, "a")


@pair(raft_rules.COMMIT_OWN_TERM)
def _figure_8(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.append(0, 1, 1, entries=[(1, "a")])
    story.save(0)
    story.elect(0, 3, voters=[2], end=(1, 1))
    story.replicate(0, 1, 3, entries=[(1, "a")])
    if not wrong:
        story.replicate(0, 1, 3, prev=(1, 1), entries=[(3, "b")])
    story.append(0, 2, 3, prev=(1, 1), commit=1)


@pair(raft_rules.FOLLOW_THE_COMMIT)
def _applies_what_nobody_committed(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.replicate(0, 1, 1, entries=[(1, "a")])
    if not wrong:
        story.append(0, 2, 1, entries=[(1, "a")])
        story.arrive(story.append(0, 1, 1, prev=(1, 1), commit=1))
    story.apply(1, 1, "a")


@pair(raft_rules.COMMIT_VERIFIED, n=5)
def _commits_a_tail_that_nobody_vouches_for(story: Story, wrong: bool) -> None:
    story.elect(0, 1, voters=[1, 2])
    story.start(0, 1, 1, "a")
    story.replicate(0, 4, 1, entries=[(1, "a")])
    story.elect(1, 2, voters=[2, 3])
    for follower in 2, 3:
        story.replicate(1, follower, 2, entries=[(2, "b")])
    prev = (0, 0)
    if not wrong:
        story.replicate(1, 4, 2, entries=[(2, "b")])
        prev = (1, 2)
    story.replicate(1, 4, 2, prev=prev, commit=1)
    story.apply(4, 1, "a" if wrong else "b")


@pair(raft_rules.COMMIT_VERIFIED)
def _what_it_has_to_refuse_vouches_for_nothing(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.state(2, 2 if wrong else 1)
    story.arrive(story.append(0, 2, 1, entries=[(1, "a")], commit=1))
    story.apply(2, 1, "a")


@pair(raft_rules.SNAPSHOT_OF_APPLIED)
def _sends_what_it_has_not_applied(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.replicate(0, 1, 1, entries=[(1, "a")])
    if not wrong:
        story.apply(0, 1, "a")
    story.install(0, 2, 1, (1, 1))


@pair(raft_rules.SNAPSHOT_OF_APPLIED)
def _names_the_wrong_term(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.replicate(0, 1, 1, entries=[(1, "a")])
    story.apply(0, 1, "a")
    story.elect(0, 2, end=(1, 1))
    story.install(0, 2, 2, (1, 2 if wrong else 1))


@pair(raft_rules.SNAPSHOT_OF_APPLIED)
def _takes_one_of_what_is_still_to_come(story: Story, wrong: bool) -> None:
    story.apply(1, 1, "a")
    story.crash(1)
    story.snapshot(1, 2 if wrong else 1)


@pair(raft_rules.SNAPSHOT_OF_APPLIED)
def _takes_its_last_entry_for_another(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.replicate(0, 1, 1, entries=[(1, "a"), (1, "b")])
    story.arrive(story.append(0, 1, 1, prev=(2, 1), commit=2))
    story.apply(1, 1, "a")
    story.apply(1, 2, "b")
    story.snapshot(1, 2)
    entries = [(1, "c")]
    story.replicate(0, 1, 1, prev=(2, 1), entries=entries, success=not wrong)


@pair(raft_rules.COMMIT_BY_MAJORITY)
def _what_is_applied_out_of_order_is_not_its_concern(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    for index, command in (1, "a"), (2, "b"):
        story.start(0, index, 1, command)
    story.append(0, 2, 1, entries=[(1, "a"), (1, "b")])
    story.apply(0, 1 if wrong else 2, "a" if wrong else "b")


@pair(raft_rules.APPLIED_IN_ORDER)
def _leaves_an_entry_out(story: Story, wrong: bool) -> None:
    story.apply(0, 1, "x")
    story.apply(0, 3 if wrong else 2, "y")


@pair(raft_rules.APPLIED_IN_ORDER)
def _applies_an_entry_again(story: Story, wrong: bool) -> None:
    story.apply(0, 1, "x")
    story.apply(0, 2, "y")
    story.apply(0, 2 if wrong else 3, "y")


@pair(raft_rules.APPLIED_IN_ORDER)
def _begins_behind_no_snapshot(story: Story, wrong: bool) -> None:
    story.apply(0, 1, "x")
    story.crash(0)
    if not wrong:
        story.adopt(0, 4)
    story.apply(0, 5, "y")


@pair(raft_rules.APPLIED_IN_ORDER)
def _keeps_a_snapshot_from_its_service(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.apply(1, 1, "a")
    story.answer(story.arrive(story.install(0, 1, 1, (4, 1))), SnapshotReply(1))
    if not wrong:
        story.adopt(1, 4)
    story.apply(1, 5, "b")


@pair(raft_rules.SNAPSHOTS_GO_FORWARD)
def _hands_an_older_snapshot_up(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    story.start(0, 2, 1, "b")
    story.replicate(0, 1, 1, entries=[(1, "a"), (1, "b")])
    story.arrive(story.append(0, 1, 1, prev=(2, 1), commit=2))
    story.apply(1, 1, "a")
    story.apply(1, 2, "b")
    story.adopt(1, 1 if wrong else 2)


@pair(raft_rules.SNAPSHOTS_GO_FORWARD)
def _an_older_snapshot_takes_entries_away(story: Story, wrong: bool) -> None:
    story.elect(0, 1)
    story.start(0, 1, 1, "a")
    entries = [(1, "a"), (1, "b"), (1, "c")]
    story.replicate(0, 1, 1, entries=entries)
    story.apply(0, 1, "a")
    late = story.arrive(story.install(0, 1, 1, (1, 1)))
    story.answer(late, SnapshotReply(1))
    story.replicate(0, 1, 1, prev=(3, 1), success=not wrong)


@pair(raft_rules.STATE_MACHINE_SAFETY)
def _applies_another_command_than_others(story: Story, wrong: bool) -> None:
    story.apply(0, 1, "a")
    story.apply(1, 1, "b" if wrong else "a")


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_what_breaks_a_rule_is_found(pair: Pair) -> None:
    """A run that breaks a rule is found to break that one, and facts prove it."""
    story = pair.told(wrong=True)
    assert story.broken == pair.rule.name, story.sentence
    assert story.sentence.startswith(f"{pair.rule.name} ({pair.rule.section}): server ")
    (failure,) = story.failures
    assert isinstance(failure, RuleFailure)
    proof = {number for number in failure.finding.proof if number}
    assert proof
    assert proof <= {fact.number for fact in story.facts.kept}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_its_neighbour_is_legal(pair: Pair) -> None:
    """The nearest legal run is not accused of anything."""
    story = pair.told(wrong=False)
    assert not story.failures, story.sentence


def test_every_rule_has_a_pair() -> None:
    """No rule is listed without a run that breaks it."""
    assert {pair.rule.name for pair in PAIRS} == {
        rule.name for rule in raft_rules.RAFT_RULES
    }


def test_a_snapshot_that_is_kept_from_the_service_is_named() -> None:
    """It is part of the proof: that is what a reader has to look at."""
    name = "applied in order: keeps_a_snapshot_from_its_service"
    (pair,) = (pair for pair in PAIRS if str(pair) == name)
    story = pair.told(wrong=True)
    (failure,) = story.failures
    assert isinstance(failure, RuleFailure)
    assert "a snapshot up to 4, which server 1 had answered" in story.sentence
    assert len(failure.finding.proof) == 3
