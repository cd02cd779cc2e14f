"""The safety rules of Raft: what each promises, and why no correct Raft breaks it.

Sections are those of the extended version of the paper. The reasons stand here; how
each is decided from facts, in the module that watches it.

Three clocks are kept apart. A handler that *starts* after something was shown must know
of it. What it *returns* was decided at any time between its start and its return. What
a thread *sends* was decided a moment earlier. So what was handed over is compared with
what was answered, and nothing else.
"""

from __future__ import annotations

from typing import Final

from tester1.rules.findings import Rule
from tester1.rules.names import Message, Role

__all__ = [
    "ACKNOWLEDGED_STAY",
    "ANSWERS_TELL_THE_TERM",
    "APPENDS_FIT",
    "APPLIED_IN_ORDER",
    "COMMIT_BY_MAJORITY",
    "COMMIT_OWN_TERM",
    "COMMIT_VERIFIED",
    "FOLLOW_THE_COMMIT",
    "LEADERS_ONLY_APPEND",
    "LEADER_COMPLETENESS",
    "LOG_MATCHING",
    "MAJORITY_ELECTS",
    "NEEDS",
    "NEWER_TERMS_DEPOSE",
    "OLDER_TERMS_REFUSED",
    "ONE_LEADER",
    "ONE_VOTE",
    "RAFT_RULES",
    "REMEMBERED",
    "SAVED_FIRST",
    "SNAPSHOTS_GO_FORWARD",
    "SNAPSHOT_OF_APPLIED",
    "STATE_MACHINE_SAFETY",
    "VOTES_LOOK_AT_THE_LOG",
]

ONE_LEADER: Final = Rule(
    "one leader a term",
    "5.2",
    "In a term at most one server leads.",
    "who sends appends and snapshots, says that it leads, or accepts a command",
)
"""Two leaders would need two majorities of votes, which share a voter."""

ONE_VOTE: Final = Rule(
    "one vote a term",
    "5.2",
    "A server votes for one candidate in a term, whether or not it crashes meanwhile.",
    "granted votes as they are answered; a server's own candidacy is a vote for itself",
)
"""A vote is saved before it is given, and looked up before the next one."""

MAJORITY_ELECTS: Final = Rule(
    "majority elects",
    "5.2",
    "A server leads once a majority, itself included, has granted it its vote.",
    "the grants that were delivered to a server before it first acts as leader",
)
"""What is delivered is noted before the server gets it: no vote it knows is missed."""

VOTES_LOOK_AT_THE_LOG: Final = Rule(
    "votes look at the log",
    "5.4.1",
    "A server grants its vote only if the candidate's log is at least as up to date.",
    "the candidate's last log term and index, and what the voter is known to hold",
)
"""What a server is known to hold, it holds until a leader of a newer term truncates it:
once such a leader's message was handed over, nothing is known any more."""

ANSWERS_TELL_THE_TERM: Final = Rule(
    "answers tell the term",
    "5.1",
    "An answer bears a term no lower than the server has shown before it was asked.",
    "the terms in answers, in a server's own messages and in what GetState returns",
)
"""Terms only grow, and the handler has started after the higher one was shown. Zero or
less is no answer: so replies a server that is being shut down."""

NEWER_TERMS_DEPOSE: Final = Rule(
    "newer terms depose",
    "5.1",
    "A leader or candidate that knows of a newer term stops at once.",
    "messages of an older term that are sent long after a newer one was known",
)
"""What is sent may have been decided earlier, so there is a grace; and a call that is
merely repeated because it failed does not count."""

OLDER_TERMS_REFUSED: Final = Rule(
    "older terms are refused",
    "5.1",
    "A server grants nothing to a candidate or leader of an older term than its own.",
    "successes and granted votes, and the term that the server had shown before",
)
"""The handler has started after the newer term was shown."""

SAVED_FIRST: Final = Rule(
    "saved before answering",
    "figure 2",
    "Term, vote and log are saved before anybody is told of them.",
    "the saves that changed the state between a request's arrival and its answer",
)
"""Before the request came, the disk could not hold what the answer tells."""

REMEMBERED: Final = Rule(
    "remembered over a crash",
    "5.1",
    "After a crash a server knows its term, its vote and every entry it acknowledged.",
    "the first terms after a restart, and candidacies and rejections that show the log",
)
"""All three were saved before they were told to anybody."""

LOG_MATCHING: Final = Rule(
    "log matching",
    "5.3",
    "An index and a term name one command, wherever they are.",
    "the entries in appends, and the commands that Start has accepted",
)
"""The leader of the term puts one entry at an index, and nobody changes it."""

APPENDS_FIT: Final = Rule(
    "appends fit the log",
    "5.3",
    "A server accepts an append only if it holds the entry before it, of that term.",
    "successes, and what the server has acknowledged or can have got before",
)
"""What it has acknowledged it holds until a newer leader sends it something else, and
an entry that nobody has ever sent it, it cannot hold."""

LEADERS_ONLY_APPEND: Final = Rule(
    "leaders only append",
    "5.3",
    "A leader never changes or takes back an entry of its log.",
    "the entries that a leader sends in its term, and the indices that Start returns",
)
"""In its term a leader obeys nobody who could make it do so."""

ACKNOWLEDGED_STAY: Final = Rule(
    "acknowledged entries stay",
    "5.3",
    "Entries that a server has acknowledged to a leader stay while that leader leads.",
    "rejections at or below an index that the same leader was told to be stored",
)
"""The leader's log only grows, so none of its messages can take an entry away, however
late it comes. Below a snapshot a rejection means nothing."""

LEADER_COMPLETENESS: Final = Rule(
    "leader completeness",
    "5.4.3",
    "Whoever leads holds every entry that was committed in an earlier term.",
    "entries stored by a majority in their own term, and later leaders' logs",
)
"""A voter of the later leader had the entry, and looked at the candidate's log."""

COMMIT_BY_MAJORITY: Final = Rule(
    "commit by majority",
    "5.3",
    "A leader commits an entry once a majority, itself included, has stored it.",
    "a leader's commit index, and the successes that were delivered to it",
)
"""What it was told as a follower is excepted: that was committed before."""

COMMIT_OWN_TERM: Final = Rule(
    "commit own term only",
    "5.4.2",
    "A leader commits entries of older terms only along with one of its own term.",
    "a leader's commit index, and the term of what a majority has stored",
)
"""An entry of an older term can be overwritten though a majority has it: figure 8."""

FOLLOW_THE_COMMIT: Final = Rule(
    "follow the leader's commit",
    "5.3",
    "A server applies an entry once it knows that it is committed.",
    "what a server applies, and the commit indices that it was told or could count",
)
"""The commit index that it acts on is noted before it gets the message."""

COMMIT_VERIFIED: Final = Rule(
    "commit no further than verified",
    "5.3",
    "A follower commits no further than the leader's messages vouch for its log.",
    "the commit indices that a server was told, and how far appends matched its log",
)
"""Beyond that its log may hold entries that the leader's does not."""

SNAPSHOT_OF_APPLIED: Final = Rule(
    "snapshots of what is applied",
    "section 7",
    "A snapshot holds what its server has applied, and its index has the log's term.",
    "the snapshots that a server takes or sends, and what it has applied",
)
"""A snapshot replaces entries that are committed and applied, and no others."""

SNAPSHOTS_GO_FORWARD: Final = Rule(
    "snapshots never go back",
    "section 7",
    "An older snapshot takes away neither applied state nor entries.",
    "what comes out of the apply channel, and rejections after an older snapshot",
)
"""One that arrives late tells nothing new, and is ignored."""

APPLIED_IN_ORDER: Final = Rule(
    "applied in order",
    "5.3",
    "A server applies the entries of its log one after the other, and leaves none out.",
    "what comes out of the apply channel in the tests of Raft, snapshots included",
)
"""From index 1 on, or behind a snapshot that its service was handed. The tests of the
course check the same. In lab 4 entries of the RSM's own may be left out, and it is not
watched."""

STATE_MACHINE_SAFETY: Final = Rule(
    "state machine safety",
    "5.4.3",
    "No two servers ever apply different commands at one index.",
    "the commands that come out of the servers' apply channels, at any time",
)
"""What is applied is committed, and a committed entry stays. The tests of the course
check the same; it is broken last, when no other rule was seen to be."""

_VOTES: Final = frozenset(((Message.VOTE, Role.TERM), (Message.VOTE, Role.LAST_INDEX)))
_ENTRIES: Final = frozenset(
    (Message.APPEND, role)
    for role in (Role.TERM, Role.PREV_INDEX, Role.PREV_TERM, Role.ENTRIES)
)
_SUCCESSES: Final = _ENTRIES | {(Message.APPEND, Role.SUCCESS)}
_COMMITS: Final = _SUCCESSES | {(Message.APPEND, Role.COMMIT)}

NEEDS: Final = {
    ONE_VOTE.name: _VOTES | {(Message.VOTE, Role.GRANTED)},
    MAJORITY_ELECTS.name: _VOTES | {(Message.VOTE, Role.GRANTED)},
    VOTES_LOOK_AT_THE_LOG.name: _VOTES
    | _SUCCESSES
    | {(Message.VOTE, Role.LAST_TERM), (Message.VOTE, Role.GRANTED)},
    LOG_MATCHING.name: _ENTRIES,
    APPENDS_FIT.name: _SUCCESSES,
    LEADERS_ONLY_APPEND.name: _ENTRIES,
    ACKNOWLEDGED_STAY.name: _SUCCESSES,
    LEADER_COMPLETENESS.name: _SUCCESSES,
    COMMIT_BY_MAJORITY.name: _COMMITS,
    COMMIT_OWN_TERM.name: _COMMITS,
    FOLLOW_THE_COMMIT.name: _COMMITS,
    COMMIT_VERIFIED.name: _COMMITS,
    SNAPSHOT_OF_APPLIED.name: frozenset(((Message.SNAPSHOT, Role.SNAPSHOT_INDEX),)),
}
"""The fields that a rule cannot do without. Any message with a term will do for the
others."""

RAFT_RULES: Final = (
    ONE_LEADER,
    ONE_VOTE,
    MAJORITY_ELECTS,
    VOTES_LOOK_AT_THE_LOG,
    ANSWERS_TELL_THE_TERM,
    NEWER_TERMS_DEPOSE,
    OLDER_TERMS_REFUSED,
    SAVED_FIRST,
    REMEMBERED,
    LOG_MATCHING,
    APPENDS_FIT,
    LEADERS_ONLY_APPEND,
    ACKNOWLEDGED_STAY,
    LEADER_COMPLETENESS,
    COMMIT_BY_MAJORITY,
    COMMIT_OWN_TERM,
    FOLLOW_THE_COMMIT,
    COMMIT_VERIFIED,
    SNAPSHOT_OF_APPLIED,
    SNAPSHOTS_GO_FORWARD,
    APPLIED_IN_ORDER,
    STATE_MACHINE_SAFETY,
)
"""All of them, in the order of the paper."""
