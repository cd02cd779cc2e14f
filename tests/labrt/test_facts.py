"""The stream of facts: numbers, readers, what is kept, and what two runs differ by."""

from __future__ import annotations

from labrt import Fact, Facts, Printed, ProgramEnded, ProgramStarted, SimRuntime
from labrt.facts import digest, line, printed


def test_facts_are_numbered_and_dated() -> None:
    """From 1, at the time of the runtime that they happen in."""
    facts = Facts(most=None)
    runtime = SimRuntime(1, facts=facts)

    def main() -> None:
        numbers = [facts.emit(Printed(server="s", line="one"))]
        runtime.sleep(1.5)
        numbers.append(facts.emit(Printed(server="s", line="two", cause=numbers[0])))
        assert numbers == [1, 2]

    runtime.run(main)
    assert [(f.number, f.time, f.cause) for f in facts.kept] == [(1, 0, 0), (2, 1.5, 1)]
    assert facts.count == 2


def test_only_the_latest_are_kept() -> None:
    """As many as were asked for; none by default, and all are counted."""
    for most, kept in ((0, []), (2, ["2", "3"]), (None, ["0", "1", "2", "3"])):
        facts = Facts(most=most)
        for number in range(4):
            facts.emit(Printed(line=str(number)))
        assert [fact.text() for fact in facts.kept] == kept
        assert facts.keeps is (most != 0)
        assert facts.count == 4


def test_readers_get_their_kind_in_the_instant() -> None:
    """Those of a kind in the order in which they came, and nothing of another kind."""
    facts = Facts()
    seen: list[tuple[str, Fact]] = []
    facts.subscribe(Printed, lambda fact: seen.append(("first", fact)))
    facts.subscribe(Printed, lambda fact: seen.append(("second", fact)))
    facts.emit(ProgramEnded(server="s"))
    assert seen == []
    fact = Printed(server="s", line="x")
    number = facts.emit(fact)
    assert [(who, one.number) for who, one in seen] == [
        ("first", number),
        ("second", number),
    ]


def test_a_reader_may_emit() -> None:
    """What it adds comes behind the fact that it has read."""
    facts = Facts(most=None)
    facts.subscribe(Printed, lambda fact: facts.emit(ProgramEnded(cause=fact.number)))
    facts.emit(Printed(line="x"))
    assert [(f.kind, f.number, f.cause) for f in facts.kept] == [
        ("printed", 1, 0),
        ("ended", 2, 1),
    ]


def test_incarnations() -> None:
    """A fact is of the present incarnation, unless its maker knows better."""
    facts = Facts(most=None)
    assert facts.incarnation("s") == 0
    for incarnation in (1, 2):
        facts.emit(ProgramStarted(server="s", incarnation=incarnation))
    facts.emit(Printed(server="s", line="now"))
    facts.emit(Printed(server="s", line="late", incarnation=1))
    facts.emit(Printed(server="other", line="x"))
    assert facts.incarnation("s") == 2
    assert [fact.incarnation for fact in facts.kept] == [1, 2, 2, 1, 0]


def test_the_digest_is_over_every_field() -> None:
    """A text, a time or a cause that differs makes another digest."""
    one = Printed(number=1, time=1.0, server="s", line="x")
    others = [
        Printed(number=1, time=1.0, server="s", line="y"),
        Printed(number=1, time=1.5, server="s", line="x"),
        Printed(number=1, time=1.0, server="t", line="x"),
        Printed(number=1, time=1.0, server="s", line="x", cause=1),
    ]
    assert digest([one]) == digest([Printed(number=1, time=1.0, server="s", line="x")])
    assert len({digest([fact]) for fact in [one, *others]}) == 5


def test_half_a_surrogate_pair_is_a_line_like_any_other() -> None:
    """Whatever text Python can hold, a file can hold."""
    assert b"\\\\udcff" in line(Printed(line="a\udcff"))


def test_addresses_are_no_part_of_what_was_printed() -> None:
    """Or no two records of one run would be equal."""
    assert "0x7f" not in printed("s", "<Raft object at 0x7f00deadbeef>").line
