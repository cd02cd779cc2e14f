"""A reader of EDN, the notation of Clojure's data, in which Jepsen keeps histories.

The libraries for it that PyPI has refuse tags that they do not know, read `\\a` as
the text `"a"` and long numbers as floats, and tell no lines. So this one is ours:

============================== ===================================================
EDN                            Python
============================== ===================================================
`nil`                          None
`12`, `12N`                    int
`1.5`, `1.5M`, `1e5`           `Figure`, exactly as written
`"text"`                       str
`:key`, `true`, `\\a`, `sym`,   `Literal`, so that no two of them are equal
`1/2`, `##Inf`, `#inst "…"`    by chance, as `True == 1` in Python
`[…]`, `(…)`                   tuple (equal in Clojure as well)
`#{…}`                         frozenset
`{…}`                          `EdnMap`
============================== ===================================================

A tag in front of a collection is dropped: a record is the map that it looks like. What
Clojure prints without being EDN (`#"regex"`, `#'var`, `#<object>`) is read as a
`Literal`, since it stands in entries that do not matter, such as exceptions. Comments
and `#_` are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tester1.porcupine.figures import exact
from tester1.porcupine.reading import BadLineError

DEEPEST = 100
"""Collections inside one another; more are a mistake, and would exhaust the stack."""

# Two patterns, since one would have to be tried at every space of a long file.
_SPACE = re.compile(r"(?:[\s,]+|;[^\n]*)*")
# The first alternative that matches is taken: `discard` and `literal` stand before
# `tag`, which would match them as well.
_TOKEN = re.compile(
    r"""
      (?P<open>    \#?\{ | \[ | \( )
    | (?P<close>   [}\])] )
    | (?P<string>  "[^"\\]*(?:\\.[^"\\]*)*" )
    | (?P<discard> \#_ )
    | (?P<literal> \\(?:[^\W_]+|.) | \#"[^"\\]*(?:\\.[^"\\]*)*" | \#<[^>]*>
                   | \#\#\w+ | \#'[^\s,;"(){}\[\]]+ )
    | (?P<tag>     \#[^\s,;"(){}\[\]\#]+ )
    | (?P<atom>    [^\s,;"(){}\[\]\\\#][^\s,;"(){}\[\]\\]* )
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {"{": "}", "#{": "}", "[": "]", "(": ")"}
# As in EDN, no number begins with a needless zero: `007` is a literal.
_WHOLE = re.compile(r"([+-]?(?:0|[1-9][0-9]*))N?")
_NUMBER = re.compile(r"([+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)M?")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    '"': '"',
    "\\": "\\",
}
_WRITTEN = str.maketrans({real: f"\\{name}" for name, real in _ESCAPED.items()})


@dataclass(frozen=True, slots=True, repr=False)
class Literal:
    """A value that is equal only to one that is written in the same way."""

    text: str

    def __repr__(self) -> str:
        return self.text

    @property
    def keyword(self) -> str | None:
        """The name of a keyword, without its colon; None for anything else."""
        return self.text[1:] if self.text.startswith(":") else None


class EdnMap(dict[Any, Any]):
    """A map. All that it holds is hashable, so it may be a key or be in a set."""

    def __hash__(self) -> int:  # type: ignore[override]  # nobody changes one
        return hash(frozenset(self.items()))


class _Nothing:
    """No value: the end of a collection, or of the text."""


# Not None, which is what nil is read as.
_NOTHING = _Nothing()


class EdnParser:
    """Reads the values of a text, one after the other, from a position on."""

    def __init__(self, text: str, position: int = 0, *, line: int = 1) -> None:
        self._text = text
        # Where the token at hand begins, and where what is behind it does.
        self._token_at = self.position = position
        self._line = line
        self._counted = position

    @property
    def line(self) -> int:
        """The line of the token at hand."""
        # Counted on from the last time, so that all lines together cost one pass.
        self._line += self._text.count("\n", self._counted, self._token_at)
        self._counted = self._token_at
        return self._line

    def error(self, problem: str) -> BadLineError:
        """An error about the token at hand."""
        return BadLineError(problem, self.line)

    def forms(self, most: int | None = None) -> tuple[Any, ...]:
        """The values to come, or the first few of them.

        Raises:
            BadLineError: the text is not EDN.
        """
        found: list[Any] = []
        while (most is None or len(found) < most) and (token := self._next()):
            self._add(found, token, 0)
        return tuple(found)

    def items(self) -> Iterator[tuple[int, Any]]:
        """The values of the text, each with the line on which it begins.

        A vector or list is not a value here; what it holds are.

        Raises:
            BadLineError: the text is not EDN.
        """
        # A vector around all of the events is not read as one value: it may be as long
        # as the file, and its events are wanted with their lines.
        opened: tuple[str, int] | None = None
        while token := self._next():
            line, found = self.line, list[Any]()
            # Only the outermost one: a vector inside it is a value.
            if opened is None and token[1] in ("[", "("):
                opened = token[1], line
            elif opened is not None and token[1] == _CLOSING[opened[0]]:
                opened = None
            else:
                self._add(found, token, 0)
            for form in found:
                yield line, form
        if opened is not None:
            raise BadLineError(f"the {opened[0]} is never closed", opened[1])

    def _next(self) -> tuple[str, str] | None:
        """The kind and the text of the next token; None at the end."""
        space = _SPACE.match(self._text, self.position)
        assert space is not None  # it matches nothing as well
        self._token_at = space.end()
        if self._token_at == len(self._text):
            return None
        token = _TOKEN.match(self._text, self._token_at)
        if token is None:
            # A quote is no token only if the one that ends the text is missing.
            stray = self._text[self._token_at]
            problem = "is never closed" if stray == '"' else "cannot be here"
            raise self.error(f"{stray} in column {self._column()} {problem}")
        self.position = token.end()
        assert token.lastgroup is not None
        return token.lastgroup, token[0]

    def _column(self) -> int:
        return self._token_at - self._text.rfind("\n", 0, self._token_at)

    def _add(self, found: list[Any], token: tuple[str, str], depth: int) -> None:
        """Add the value that begins with a token, unless it is left out."""
        form = self._value(*token, depth)
        if form is not _NOTHING:
            found.append(form)

    def _value(self, kind: str, text: str, depth: int) -> Any:
        """The value that begins with a token; nothing if it is left out."""
        if kind == "close":
            raise self.error(f"{text} in column {self._column()} is stray")
        if kind == "open":
            return self._collection(text, depth + 1)
        if kind == "string":
            return self._string(text[1:-1])
        if kind == "literal":
            return Literal(text)
        if kind == "atom":
            return self._atom(text)
        form = self._behind(text, depth + 1)
        if kind == "discard":
            return _NOTHING
        if isinstance(form, (tuple, frozenset, EdnMap)):
            return form
        # A date or the like: equal only to one that has the same tag.
        return Literal(f"{text} {edn_text(form)}")

    def _behind(self, prefix: str, depth: int) -> Any:
        """The value that a tag or `#_` is about."""
        line = self._descend(depth)
        found: list[Any] = []
        # More than one token, as `#_` may stand here too and leaves nothing.
        while not found and (token := self._next()):
            self._add(found, token, depth)
        if not found:
            raise BadLineError(f"nothing follows {prefix}", line)
        return found[0]

    def _collection(self, opening: str, depth: int) -> Any:
        line = self._descend(depth)
        closing = _CLOSING[opening]
        forms: list[Any] = []
        while token := self._next():
            if token[1] == closing:
                return self._collected(opening, forms)
            self._add(forms, token, depth)
        # The line where it began tells more than the last one of the file.
        raise BadLineError(f"the {opening} is never closed", line)

    def _collected(self, opening: str, forms: list[Any]) -> Any:
        if opening == "#{":
            return frozenset(forms)
        if opening != "{":
            return tuple(forms)
        if len(forms) % 2:
            raise self.error("a map has a key without a value")
        return EdnMap(zip(forms[::2], forms[1::2], strict=True))

    def _descend(self, depth: int) -> int:
        if depth > DEEPEST:
            raise self.error(f"more than {DEEPEST} collections inside one another")
        return self.line

    def _string(self, inside: str) -> str:
        if "\\" not in inside:
            return inside

        def unescaped(match: re.Match[str]) -> str:
            escaped = match[1]
            # Four hexadecimal digits behind a `u`; any other escape is one character.
            if len(escaped) > 1:
                return chr(int(escaped[1:], 16))
            if escaped not in _ESCAPED:
                raise self.error(f'"{inside}" is not a string: \\{escaped} is unknown')
            return _ESCAPED[escaped]

        text = _ESCAPE.sub(unescaped, inside)
        # \u escapes are of UTF-16, in which two of them may make up one character.
        units = text.encode("utf-16-le", "surrogatepass")
        return units.decode("utf-16-le", "surrogatepass")

    def _atom(self, text: str) -> Any:
        if text == "nil":
            return None
        if text[0] in "+-0123456789":  # saves two trials for every keyword
            number = _WHOLE.fullmatch(text) or _NUMBER.fullmatch(text)
            if number:
                try:
                    return exact(number[1])
                except ValueError:
                    pass  # as a literal it is itself, and nobody reckons with it
        return Literal(text)


def edn_text(form: Any) -> str:
    """A value as a line of EDN may have it."""
    if form is None:
        return "nil"
    if isinstance(form, str):
        return f'"{form.translate(_WRITTEN)}"'
    if isinstance(form, tuple):
        return f"[{' '.join(map(edn_text, form))}]"
    if isinstance(form, frozenset):
        # Sorted, since a message must not depend on the order of a set.
        return f"#{{{' '.join(sorted(map(edn_text, form)))}}}"
    if isinstance(form, EdnMap):
        entries = [f"{edn_text(key)} {edn_text(form[key])}" for key in form]
        return f"{{{', '.join(entries)}}}"
    return str(form)
