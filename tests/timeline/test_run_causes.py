"""Why something happened: a chain of causes goes back to what began it."""

from __future__ import annotations

from collections.abc import Sequence

from labrpc.facts import Message, Sent
from labrt import Fact
from tester1.facts.kinds import (
    Applied,
    ClerkCalled,
    ClerkReturned,
    Proposed,
    RuleBroken,
    Saved,
    SubmitReturned,
    Submitted,
)
from tester1.rules.messages import Calls
from tester1.timeline.run_causes import Cause, Causes
from tester1.timeline.run_schema import NONE
from tester1.view.states import States
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


def found_causes(facts: Sequence[Fact]) -> list[Cause]:
    """What each fact followed from."""
    calls = Calls(facts)
    states, causes = States(calls), Causes(facts, calls)
    return [causes.take(at, fact, states.take(fact)) for at, fact in enumerate(facts)]


def causes_of(facts: Sequence[Fact]) -> list[int]:
    """The cause of each fact, by position."""
    return [cause.at for cause in found_causes(facts)]


def chain(facts: Sequence[Fact]) -> list[str]:
    """The last fact and what it followed from, step by step, by kind and server."""
    causes, found = causes_of(facts), []
    at = len(facts) - 1
    while at != NONE:
        found.append(f"{facts[at].kind} {facts[at].server}".rstrip())
        at = causes[at]
    return found


def linked(story: Story) -> Story:
    """The story with the causes that the network knows."""
    last: dict[int, int] = {}
    for fact in story.facts:
        if isinstance(fact, Message):
            fact.cause = fact.cause or last.get(fact.call, 0)
            last[fact.call] = fact.number
    return story


def ask(story: Story) -> tuple[ClerkCalled, Sent]:
    """A clerk's Get that has reached server 1, and the message that carries it."""
    called = story.add(ClerkCalled(clerk="client-0", operation="Get", key="k"))
    sent = story.send(0, 1, "KVServer.Get", {"": "GetArgs", "Key": "k"})
    sent.server = "client-0"
    story.arrive(sent)
    return called, sent


def tell(story: Story, called: ClerkCalled, sent: Sent) -> None:
    """The reply to such a Get reaches the clerk, which returns."""
    story.answer(sent, {"": "GetReply", "Err": "OK"})
    story.deliver(sent)
    story.add(
        ClerkReturned(
            clerk="client-0", operation="Get", key="k", err="OK", cause=called.number
        )
    )


def test_a_commit_is_explained_by_the_election_of_its_leader() -> None:
    """Applied, since told so, by who was elected, since somebody voted."""
    story = Story(servers=3)
    story.time = 1.0
    story.call(0, 1, VOTE, vote(1, 0), voted(1, True))
    story.call(0, 1, APPEND, append(1, 0, terms=(1,), commit=1), appended(1, True))
    story.add(Applied(server=name(1), index=1, contents="c1"))
    assert chain(linked(story).facts) == [
        *("applied server-0-1", "answered server-0-1", "handed over server-0-1"),
        *("sent server-0-0", "delivered server-0-0", "answered server-0-1"),
        *("handed over server-0-1", "sent server-0-0"),
    ]


def test_what_a_handler_saves_follows_from_the_request() -> None:
    """And not from what came before."""
    story = Story(servers=3)
    sent = story.send(0, 1, VOTE, vote(1, 0))
    arrived = story.arrive(sent)
    saved = story.add(Saved(server=name(1), state=9, snapshot=0))
    # Long after: nobody knows why it saves then.
    story.answer(sent, voted(1, True))
    story.time += 1.0
    later = story.add(Saved(server=name(1), state=9, snapshot=0))
    causes = causes_of(story.facts)
    assert causes[saved.number - 1] == arrived.number - 1
    assert causes[later.number - 1] == NONE


def test_an_operation_goes_back_to_what_the_clerk_was_asked() -> None:
    """By way of the server that answered, and not straight from the call."""
    story = Story(servers=3)
    called, sent = ask(story)
    tell(story, called, sent)
    assert chain(linked(story).facts) == [
        *("clerk return", "delivered client-0", "answered server-0-1"),
        *("handed over server-0-1", "sent client-0", "clerk call"),
    ]


def test_a_broken_rule_follows_from_its_proof() -> None:
    """From the last of it, which broke it."""
    story = Story(servers=3)
    shown = story.add(Proposed(server=name(0), index=1, term=1, is_leader=True))
    story.add(
        RuleBroken(rule="r", section="5", sentence="s", proof=(shown.number, 999))
    )
    assert causes_of(story.facts)[-1] == shown.number - 1


def test_only_what_is_worked_out_is_likely() -> None:
    """What the network, a proof or a call tells is certain, and all else is not."""
    story = Story(servers=3)
    called, asked = ask(story)
    submit = story.add(Submitted(server=name(1), call=1, contents="get"))
    story.add(
        Proposed(server=name(1), call=1, index=1, term=1, is_leader=True, contents="c1")
    )
    story.call(1, 2, APPEND, append(1, 1, terms=(1,)), appended(1, True))
    story.add(Saved(server=name(1), state=9, snapshot=0))
    applied = story.add(Applied(server=name(1), index=1, contents="c1"))
    story.add(
        SubmitReturned(
            server=name(1), call=1, err="OK", contents="v", cause=submit.number
        )
    )
    tell(story, called, asked)
    story.add(RuleBroken(rule="r", section="5", sentence="s", proof=(applied.number,)))
    facts = linked(story).facts
    certain: set[str] = set()
    likely: set[str] = set()
    for fact, cause in zip(facts, found_causes(facts), strict=True):
        if cause.at != NONE:
            (likely if cause.is_likely else certain).add(fact.kind)
    assert certain == {
        *("handed over", "answered", "delivered"),
        *("start", "submitted", "rule broken"),
    }
    assert likely == {"sent", "submit", "saved", "applied", "clerk return"}


def test_no_cause_points_forward() -> None:
    """A file of facts may have been edited: a chain has to end."""
    story = Story(servers=3)
    for fact in story.facts:
        fact.cause = fact.number + 1
    assert set(causes_of(story.facts)) == {NONE}
