"""The rules of the RSM and of the key/value service: what each promises, and why.

Sections are the parts of the labs. The reasons why no correct solution breaks a rule
stand here; how each is decided from facts, in the module that watches it. Of each rule
it holds that

- what a solution does not show (an RSM that is made in another way, a state machine
  whose method cannot be hooked, requests of types of its own) it is not judged by;
- what its state machine remembers of a request, such as the results of the last one of
  each client, it may answer from, in every incarnation and after a snapshot too;
- a crash ends a `Submit` without a return.
"""

from __future__ import annotations

from typing import Final

from tester1.rules.findings import Rule

__all__ = [
    "ANSWERED_BY_ITS_OWN",
    "MAYBE_AFTER_REPEAT",
    "OK_ONLY_IF_PERFORMED",
    "SERVICE_RULES",
    "SNAPSHOTS_IN_TIME",
    "VERSIONS",
    "WAITERS_ARE_TOLD",
]

MAYBE_AFTER_REPEAT: Final = Rule(
    "ErrMaybe only after a repeat",
    "4B",
    "A clerk answers ErrMaybe to a Put only if it sent it more than once, and does not "
    "answer ErrVersion to one that was performed.",
    "what a clerk sends while it is asked for a Put, its answer, what is performed",
)
"""Of a request that was sent once the answer says what became of it, and without an
answer a clerk asks again. (A server that says ErrMaybe itself is taken at its word.)

The other direction is judged by what has happened, not by what a clerk can know: with a
table of results in the servers, or after another Get, a clerk may well know that an
earlier copy came to nothing. A Put that was performed after the clerk was asked, and
that no other clerk was ever asked for, is its own; ErrVersion would say that it was
not performed.
"""

OK_ONLY_IF_PERFORMED: Final = Rule(
    "OK only if performed",
    "4B",
    "A server, or a clerk, answers OK to a Put only after the Put was performed.",
    "answers to clerks' Puts, and what state machines have performed before",
)
"""Performed by any server: it may have asked another one on the clerk's behalf, or know
the result from a snapshot. Whoever sends an answer that rests on it, directly or by way
of others, does so after its state machine has returned, which is told at once."""

VERSIONS: Final = Rule(
    "versions",
    "4B",
    "A Put is performed at the present version of its key, and adds 1 to it; of a "
    "key that does not exist that is version 0, and at any other it answers ErrNoKey. "
    "A Get finds what the last Put has left.",
    "what a server's state machine answers to Puts, in the order of its calls, and to "
    "Gets",
)
"""The state machine performs one request after the other, so that the answers to Puts
tell the version of each key: nothing else changes one. A server begins with no keys,
unless a snapshot is restored or adopted, or may be read by the solution itself after a
restart: then no version is known until a Put tells it. The answer that a Put got before
it may get again, as a state machine may remember it. A Get finds what the last Put has
left, unless that has just been performed: the Get may have been read before it."""

ANSWERED_BY_ITS_OWN: Final = Rule(
    "answered by its own operation",
    "4A",
    "Submit returns OK with what came of its own request, performed on its server.",
    "the requests of Submits, what they return, and what is performed in between",
)
"""A request without an identity (a Get of a key, an Inc, a Null) has to be performed
after it was submitted: the result of an earlier one would be stale, or be given to two.
A Put may be answered by whoever remembers it. A reply is compared as the state machine
has returned it, whatever is done to it afterwards, and only with replies of types that
state machines make: an RSM may put it into a record of its own."""

WAITERS_ARE_TOLD: Final = Rule(
    "waiters are told",
    "4A",
    "Submit returns once its server knows that it cannot be answered, or has passed by "
    "the index of its request.",
    "Submits that wait, and what their server applies, adopts and says of its term",
)
"""What counts is the index and the term of the last `Start` that a Submit has made
itself, so that one that tries again, or leaves that to a thread of its own, is not
judged by what is over. Once the service has taken a command or a snapshot at or behind
that index from the apply channel, its own request is performed or lost, and either ends
the wait. A newer term counts while the server does not lead: if it leads again, the
request may be in its log still. The limit is long for what takes no time in a
simulation, and longer in processes, which wait for a processor too."""

SNAPSHOTS_IN_TIME: Final = Rule(
    "snapshots in time",
    "4C",
    "While commands are applied, the Raft state stays below eight times maxraftstate.",
    "saves, snapshots, and the size of the commands applied since the last snapshot",
)
"""A snapshot removes what is applied and nothing else: a log full of entries that are
not committed is nobody's fault. So the commands that a snapshot would cover have to be
as large by themselves, no snapshot may have been taken for a second, and commands must
have been applied all that time."""

SERVICE_RULES: Final = (
    MAYBE_AFTER_REPEAT,
    OK_ONLY_IF_PERFORMED,
    VERSIONS,
    ANSWERED_BY_ITS_OWN,
    WAITERS_ARE_TOLD,
    SNAPSHOTS_IN_TIME,
)
