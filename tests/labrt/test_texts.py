"""Text of a solution is safe to show, and asking for it never raises."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labrt import Facts, Printed, SimRuntime
from labrt.texts import (
    MOST_MESSAGE,
    harmless,
    harmless_lines,
    message_of,
    name_of,
    notes_of,
)
from tests.labrt.conftest import RunProgram

ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Lone surrogates included, which hypothesis leaves out by itself."""


@given(ANY_TEXT)
def test_every_place_can_show_it(text: str) -> None:
    """A file, JSON and XML take it, and a line stays a line."""
    line = harmless(text) or "-"
    assert line.encode().decode() == line
    assert len(line.splitlines()) <= 1
    assert json.loads(json.dumps(line)) == line
    assert ElementTree.fromstring(ElementTree.tostring(_element(line))).text == line
    lines = harmless_lines(text)
    assert lines.count("\n") == text.count("\n")
    assert harmless_lines(lines) == lines


def _element(text: str) -> ElementTree.Element:
    element = ElementTree.Element("a")
    element.text = text
    return element


class Mute(Exception):
    """An exception whose message cannot be had."""

    def __str__(self) -> str:
        raise ValueError("no")


class Wrong(Exception):
    """An exception whose message is none."""

    def __str__(self) -> str:
        return 7  # type: ignore[return-value]  # that is what is wrong with it


class Leaving(Exception):
    """An exception that leaves when it is asked."""

    def __str__(self) -> str:
        raise SystemExit(3)


class Loud(Exception):
    """An exception with a text that pretends to be longer than it is."""

    def __str__(self) -> str:
        return Text("a\x00b")


class Text(str):
    """A text that lies."""

    def __len__(self) -> int:
        return 10**9

    def isprintable(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("bad name \udcff"), r"bad name \udcff"),
        (ValueError("a\x00b\x1b[2Jc\nd"), "a\\x00b\\x1b[2Jc\nd"),
        (ValueError(), ""),
        (KeyError("x"), "'x'"),
        (Mute(), "<its message cannot be had: str() raised ValueError>"),
        (Wrong(), "<its message cannot be had: str() raised TypeError>"),
        (Leaving(), "<its message cannot be had: str() raised SystemExit>"),
        (Loud(), "a\\x00b"),
    ],
)
def test_messages(error: BaseException, message: str) -> None:
    """What an exception says, whatever it does when it is asked."""
    assert message_of(error) == message


def test_huge_message() -> None:
    """Its beginning, and how much is missing."""
    message = message_of(ValueError("x" * (MOST_MESSAGE + 1000)))
    assert message == "x" * MOST_MESSAGE + " ... and 1,000 more characters"


class Disguised(type):
    """A class of classes that hide their name."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]  # what nobody expects
        raise ValueError("no name")


def test_names() -> None:
    """A class's name is its own, whatever its metaclass says, and safe to show."""
    disguised = Disguised("Real", (Exception,), {})
    assert name_of(disguised()) == "Real"
    odd = type("A\nB\x1b", (Exception,), {})
    assert name_of(odd()) == r"A\nB\x1b"


def test_notes() -> None:
    """Notes that are none are left out."""
    error = ValueError("x")
    assert notes_of(error) == []
    error.add_note("seen\x07")
    error.__notes__.append(7)  # type: ignore[arg-type]  # nobody checks
    assert notes_of(error) == [r"seen\x07"]
    error.__notes__ = 5  # type: ignore[assignment]  # nor here
    assert notes_of(error) == []


def test_prints_of_a_world(run_program: RunProgram) -> None:
    """They reach output, facts and digest escaped, and the world notices nothing."""
    facts = Facts(most=None)
    lines: list[str] = []
    run_program(
        r"""
        def main():
            print("a\udcff", "\x1b[2J\x00", sep="\n")
        """,
        facts=facts,
        output=lambda time, world, text: lines.append(text),
    )
    assert lines == [r"a\udcff", r"\x1b[2J\x00"]
    assert [fact.line for fact in facts.kept if isinstance(fact, Printed)] == lines
    assert facts.digest()


@pytest.mark.parametrize("statement", [r"ValueError('\udcff')", "Mute()", "Odd()"])
def test_failure_of_a_task_names_it(run_program: RunProgram, statement: str) -> None:
    """The run ends with one failure that says where, whatever was raised."""
    with pytest.raises(Exception, match=r"server: .*, at program\.py:") as failure:
        run_program(
            f"""
            class Mute(Exception):
                def __str__(self):
                    raise SystemExit

            Odd = type("Odd\\n", (BaseException,), {{}})

            def main():
                raise {statement}
            """
        )
    assert str(failure.value).encode()
    assert SimRuntime().run(lambda: 7) == 7  # and it is over
