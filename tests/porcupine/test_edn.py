"""EDN is read as Clojure means it, and what is none is refused in its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.porcupine.edn import DEEPEST, EdnMap, EdnParser, Literal, edn_text
from tester1.porcupine.figures import Figure
from tester1.porcupine.reading import BadLineError

VALUES = [
    ("nil", None),
    ("0", 0),
    ("-12", -12),
    ("+5", 5),
    ("12345678901234567890123N", 12345678901234567890123),
    ("1556833025.232152622", Figure("1556833025.232152622")),
    ("1.50M", Figure("1.50")),
    ("-1e5", Figure("-1e5")),
    ("1/2", Literal("1/2")),
    ("true", Literal("true")),
    ("##Inf", Literal("##Inf")),
    (":ok", Literal(":ok")),
    (":a.b/c-d", Literal(":a.b/c-d")),
    ("a.b/c", Literal("a.b/c")),
    ("+", Literal("+")),
    ("017", Literal("017")),
    ("0x1a2b", Literal("0x1a2b")),
    ("\\a", Literal("\\a")),
    ("\\newline", Literal("\\newline")),
    ("\\(", Literal("\\(")),
    ('"s\\n\\t\\"\\\\\\u00e9"', 's\n\t"\\é'),
    ('"\\ud83d\\ude00 \\ud83d"', "\U0001f600 \ud83d"),
    ('"two\nlines"', "two\nlines"),
    ('"; no comment, #_ neither"', "; no comment, #_ neither"),
    ("[1 [2, 3] ()]", (1, (2, 3), ())),
    ("(1 2)", (1, 2)),
    ("#{1 2}", frozenset({1, 2})),
    ("{:a 1, :b {}}", EdnMap({Literal(":a"): 1, Literal(":b"): EdnMap()})),
    ("{{:a 1} #{{}}}", EdnMap({EdnMap({Literal(":a"): 1}): frozenset({EdnMap()})})),
    ("[1 #_ 2 3 ; four\n #_[5 6] #_#_ 7 8]", (1, 3)),
    ("#jepsen.history.Op{:a 1}", EdnMap({Literal(":a"): 1})),
    ("#clojure.lang.MapEntry [1 2]", (1, 2)),
    ("#:etcd{:a 1}", EdnMap({Literal(":a"): 1})),
    ('#inst "2017-03-24"', Literal('#inst "2017-03-24"')),
    ('#object[a.B 0x1a "a.B@1a"]', (Literal("a.B"), Literal("0x1a"), "a.B@1a")),
    ("#<Refused java.net: {(>", Literal("#<Refused java.net: {(>")),
    ('#"a\\"b["', Literal('#"a\\"b["')),
    ("#'user/x", Literal("#'user/x")),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_values(text: str, value: Any) -> None:
    """Each value is read, also where another one or a bracket touches it."""
    assert EdnParser(text).forms() == (value,)
    touching = f",[{text} {text}];c\n{text}"
    assert EdnParser(touching).forms() == ((value, value), value)


def test_values_that_python_takes_for_equal() -> None:
    """True is not 1, nor a keyword a text, nor a character one."""
    forms = EdnParser('1 true ":a" :a "a" \\a nil "nil" 1.5 "1.5"').forms()
    assert len(set(forms)) == len(forms)


def test_items_of_vectors_come_with_their_lines() -> None:
    """Maps by themselves and in vectors are told apart by where they begin."""
    text = "; a\n{:a 1}\n[{:b\n 2} ; c\n\n #x/y{:c\n3}] ({:d 4}\n5)"
    maps = [(line, edn_text(form)) for line, form in EdnParser(text).items()]
    assert maps == [
        (2, "{:a 1}"),
        (3, "{:b 2}"),
        (6, "{:c 3}"),
        (7, "{:d 4}"),
        (8, "5"),
    ]


BROKEN = [
    ("[\n[1", 2, "the [ is never closed"),
    ("{:a\n1", 1, "the { is never closed"),
    ("{:a 1\n :b}", 2, "a map has a key without a value"),
    ("\n 1 ]", 2, "] in column 4 is stray"),
    ("[1}", 1, "} in column 3 is stray"),
    ('1\n 2 "abc', 2, '" in column 4 is never closed'),
    ('"a\\qb"', 1, '"a\\qb" is not a string: \\q is unknown'),
    ("1 #_", 1, "nothing follows #_"),
    ("#inst", 1, "nothing follows #inst"),
    ("# 1", 1, "# in column 1 cannot be here"),
    ("[" * 5_000, 1, f"more than {DEEPEST} collections inside one another"),
    ("#a " * 5_000, 1, f"more than {DEEPEST} collections inside one another"),
]


@pytest.mark.parametrize(("text", "line", "problem"), BROKEN)
def test_what_is_no_edn(text: str, line: int, problem: str) -> None:
    """The error says what is wrong, in which line."""
    for read in (EdnParser(text).forms, lambda: list(EdnParser(text).items())):
        with pytest.raises(BadLineError) as error:
            read()
        assert (error.value.line, str(error.value)) == (line, problem)


@given(
    st.one_of(st.text('{}[]()#_\\":;, \n1a.-+N/M<>^@'), st.text(), st.text("[{ #x1"))
)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text leads to an error of another kind."""
    try:
        forms = EdnParser(text).forms()
    except BadLineError as error:
        line = error.line
        forms = ()
    else:
        line = 1
    assert line is not None
    assert 1 <= line <= text.count("\n") + 1
    assert EdnParser(" ".join(map(edn_text, forms))).forms() == forms


ATOMS = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=6),
    st.sampled_from([Literal(":a"), Literal("true"), Literal("\\a"), Figure("1.5")]),
)
FORMS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(tuple),
        st.frozensets(inner, max_size=4),
        st.dictionaries(inner, inner, max_size=4).map(EdnMap),
    ),
    max_leaves=8,
)


@given(FORMS)
def test_what_is_written_is_read_again(form: Any) -> None:
    """`edn_text` writes what the parser reads."""
    assert EdnParser(edn_text(form)).forms() == (form,)
