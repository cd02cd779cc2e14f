"""Runs to be drawn, made up of so few facts that a test can name each of them."""

from __future__ import annotations

from typing import Final

from labrpc.facts import Answered
from labrt import Fact
from tester1.facts.kinds import Applied, Proposed, RuleBroken, Saved
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

BREAK_SECONDS: Final = 0.4
"""When the small run breaks a rule."""


def small_run() -> list[Fact]:
    """Two elections in one term, a crash and a restart, a lost and an unfinished call.

    Server 2 votes for both candidates, which breaks a rule.
    """
    story = Story()
    at(story, 0.1).call(0, 2, VOTE, vote(1, 0), voted(1, True))
    lost = at(story, 0.11).send(0, 1, VOTE, vote(1, 0))
    at(story, 0.12).lose(lost, "no way there").cause = lost.number
    for beat in range(6):
        heartbeat = at(story, 0.2 + beat * 0.01)
        heartbeat.call(0, 2, APPEND, append(1, 0), appended(1, True))
    at(story, 0.265).add(
        Proposed(server=name(0), index=1, term=1, is_leader=True, contents="c1")
    )
    at(story, 0.27).call(0, 2, APPEND, append(1, 0, terms=(1,)), appended(1, True))
    at(story, 0.28).add(Applied(server=name(0), index=1, contents="c1"))
    at(story, 0.281).add(Saved(server=name(2), state=40, snapshot=0))
    at(story, 0.29).isolate(0)
    at(story, 0.3).end(1)
    at(story, 0.35).start(1)
    at(story, BREAK_SECONDS).call(1, 2, VOTE, vote(1, 1), voted(1, True))
    votes = [
        fact.number
        for fact in story.facts
        if isinstance(fact, Answered) and fact.method == VOTE
    ]
    at(story, BREAK_SECONDS + 0.004).add(
        RuleBroken(
            server=name(2),
            rule="one vote a term",
            section="5.2",
            sentence="server 2 voted twice",
            servers=(name(2),),
            proof=tuple(votes),
        )
    )
    at(story, 0.45).send(1, 2, APPEND, append(1, 1))
    return story.facts


def busy_run() -> list[Fact]:
    """An election and far more heartbeats and entries than a screen has room for."""
    story = Story()
    at(story, 0.1).call(0, 1, VOTE, vote(1, 0), voted(1, True))
    for number in range(2_500):
        peer, terms = 1 + number % 2, (1,) if number % 3 == 0 else ()
        request = append(1, 0, terms=terms)
        at(story, 0.2 + number * 0.004).call(
            0, peer, APPEND, request, appended(1, True)
        )
    return story.facts


def at(story: Story, time: float) -> Story:
    """The story, which goes on at that time."""
    story.time = time
    return story
