"""Files of facts: what is written is read again, and what is none is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import labgob
from labrpc.facts import Answered, Sent
from labrt import Fact, Printed
from tester1.facts.file import (
    FORMAT_VERSION,
    UnreadableFacts,
    read_facts,
    write_facts,
)
from tester1.facts.kinds import AnyFact, Performed, Proposed, RuleBroken

KINDS: Final[tuple[type[Fact], ...]] = get_args(AnyFact)


def filled(kind: type[Fact], number: int) -> Fact:
    """A fact of a kind with something of its own in every field."""
    values: dict[str, Any] = {
        field.name: value_for(field) for field in msgspec.structs.fields(kind)
    }
    # As a file has it: bytes are spelled out.
    values.update({n: b"" for n, value in values.items() if isinstance(value, bytes)})
    return kind(**{**values, "number": number, "time": number / 3})


def value_for(field: msgspec.structs.FieldInfo) -> object:
    """A value of the field's type."""
    samples = {int: 7, float: 1.5, str: f"<{field.name}>", bool: True, bytes: b"x"}
    if field.type is object:
        return {"": "Entry", "term": 3, "list": [1, None, "x"]}
    if field.name in ("servers", "proof"):
        return ("server-0-1",) if field.name == "servers" else (1, 2)
    return samples[field.type]


def test_every_kind_comes_back(tmp_path: Path) -> None:
    """With all of its fields, in the order in which they happened."""
    facts = [filled(kind, number) for number, kind in enumerate(KINDS, start=1)]
    path = tmp_path / "x.trace"
    write_facts(path, facts, {"test": "test_x", "seed": 7})
    recording = read_facts(path)
    assert recording.facts == facts
    assert recording.about == {"test": "test_x", "seed": 7}
    assert len({fact.kind for fact in facts}) == len(KINDS)


def test_every_kind_is_one_line_of_text() -> None:
    """Whatever it is, it can be shown."""
    for kind in KINDS:
        text = str(filled(kind, 1))
        assert "\n" not in text
        assert filled(kind, 1).kind in text


def test_contents_are_spelled_out(tmp_path: Path) -> None:
    """A file is understood without the types of the solution that it is about."""
    data = labgob.encode(["set", 5])
    facts = [
        Sent(peer="b", method="M", data=data, size=len(data)),
        Answered(peer="a", method="M", data=data, size=len(data)),
        Proposed(data=data, index=1, term=2, is_leader=True),
        Performed(data=data, reply=labgob.encode("done")),
    ]
    path = tmp_path / "x.trace"
    write_facts(path, facts)
    sent, answered, proposed, performed = read_facts(path).facts
    assert isinstance(sent, Sent)
    assert isinstance(answered, Answered)
    assert isinstance(proposed, Proposed)
    assert isinstance(performed, Performed)
    assert sent.content == answered.content == proposed.content == ["set", 5]
    assert (performed.content, performed.result) == (["set", 5], "done")
    assert sent.data == b""
    # What is written is a copy: the run's own facts keep their bytes.
    assert facts[0].lasting() != facts[0]
    assert isinstance(facts[0], Sent)
    assert facts[0].data == data


@given(st.lists(st.text()))
def test_whatever_was_printed_comes_back(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    """Ends of lines and control characters included."""
    path = tmp_path_factory.getbasetemp() / "round.trace"
    facts = [Printed(number=n, line=line) for n, line in enumerate(lines)]
    write_facts(path, facts)
    assert read_facts(path).facts == facts


def test_half_a_surrogate_pair_is_written_as_an_escape(tmp_path: Path) -> None:
    """JSON has no such text, and the line must not be lost."""
    path = tmp_path / "x.trace"
    write_facts(path, [Printed(line="a\udcff")])
    (fact,) = read_facts(path).facts
    assert fact.text() == r"a\udcff"


def facts_file(folder: Path, *, lines: int = 3) -> Path:
    """A file of so many facts."""
    path = folder / "x.trace"
    write_facts(path, [Printed(number=n + 1, line=f"{n}") for n in range(lines)])
    return path


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """Nothing is skipped: a file that is wrong in one place is not to be trusted."""
    path = facts_file(tmp_path)
    path.write_text(path.read_text() + '{"kind": "printed"}\n')
    with pytest.raises(UnreadableFacts, match=r"x\.trace:5 is no fact"):
        read_facts(path)


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    """What was being written when the disk was full is no fact."""
    path = facts_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])
    assert [fact.text() for fact in read_facts(path).facts] == ["0", "1"]


@pytest.mark.parametrize("text", ["", "<html>\n", "{}\n", "[1]\n", '{"kind": "x"}\n'])
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str) -> None:
    """It is said what the file would have to be, and who writes it."""
    path = tmp_path / "page.html"
    path.write_text(text)
    with pytest.raises(UnreadableFacts, match=r"page\.html:1 is no beginning of"):
        read_facts(path)


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Both versions are said."""
    path = facts_file(tmp_path)
    first, *rest = path.read_text().splitlines(keepends=True)
    newer = {**json.loads(first), "raftlab facts": FORMAT_VERSION + 1}
    path.write_text("".join([json.dumps(newer) + "\n", *rest]))
    with pytest.raises(UnreadableFacts, match=f"version {FORMAT_VERSION + 1} of"):
        read_facts(path)


def test_fields_may_be_added_and_missing(tmp_path: Path) -> None:
    """A field of a later writer is passed over, one that is missing has its default."""
    path = facts_file(tmp_path, lines=0)
    more = {"kind": "rule broken", "rule": "r", "section": "5.2", "sentence": "s"}
    path.write_text(path.read_text() + json.dumps({**more, "later": [1]}) + "\n")
    assert read_facts(path).facts == [
        RuleBroken(rule="r", section="5.2", sentence="s", servers=(), proof=())
    ]
