"""Jepsen's histories, as the files in its store have them: EDN, and text.

As EDN (`history.edn`, and the test data of Knossos and Porcupine), an event is a map
or a record, by itself or in a vector, on one line or on several::

    {:process 3, :type :invoke, :f :cas, :value [1 4], :time 3291485317, :index 0}
    #jepsen.history.Op{:index 1, :time 3565403674, :type :fail, :process 3, :f :cas,
                       :value [1 4], :error :timeout}

`:index` is its place in the history. Of further entries none matters but `:key`.
As text (`history.txt`, and `jepsen.log` with what the logger puts in front), an
event is a line: process, type, operation, value, and an error, if there was one::

    3 :fail :cas [1 4] :timeout
    INFO  jepsen.util - 3 :fail :cas [1 4]
    INFO [2017-03-24 12:12:25,679] jepsen worker 3 - jepsen.util 3 :invoke :read nil
    2022-11-11 15:14:20,037{GMT} INFO [jepsen worker 3] jepsen.util: 3 :ok :read 4

In both, `nil` is a register that was never written, and events of `:nemesis`, which
makes the faults, are no operations. `reading` says what the types mean. In one kind of
log a failed swap says more: undated, and without an error behind it, the client of
etcd reports that the value was another one (Porcupine's test data is of that kind).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tester1.porcupine.edn import EdnMap, EdnParser, Literal, edn_text
from tester1.porcupine.reading import BadLineError, LoggedEvent

_PROCESS, _TYPE, _F, _VALUE, _KEY, _INDEX = map(
    Literal, (":process", ":type", ":f", ":value", ":key", ":index")
)
_NEMESIS = (Literal(":nemesis"), Literal("nemesis"))

_DATE = r"\d{4}-\d\d-\d\d[ T][\d:]+(?:[.,]\d+)?(?:\{\w+\}|Z)?"
_LEVEL = "(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)"
_PREFIX = re.compile(
    rf"""
      (?P<undated> {_LEVEL}\s+\S+\s+-\s+ )
    | {_LEVEL}\s+\[{_DATE}\]\s.*?\s-\s+[\w.$-]+\s+
    | {_DATE}\s+{_LEVEL}\s+\[[^\]]*\]\s+[\w.$-]+:\s+
    """,
    re.VERBOSE,
)
_EVENT = re.compile(r"(?:-?\d+|:?nemesis)\s+:[\w-]+(?:\s|$)")
_LOOKS_LIKE_EVENT = re.compile(r"\s:(?:invoke|ok|fail|info)\s")


def is_log(line: str) -> bool:
    """Whether a line is one of Jepsen's logs."""
    return bool(_PREFIX.match(line) or _EVENT.match(line))


def edn_events(text: str) -> Iterator[LoggedEvent]:
    """The events of a file in EDN.

    Raises:
        BadLineError: the text is no EDN, or a value in it no event.
    """
    for line, form in EdnParser(text).items():
        if not isinstance(form, EdnMap):
            shown = edn_text(form)
            raise BadLineError(f"an event is a map, not {shown[:40]}", line)
        missing = [edn_text(key) for key in (_PROCESS, _TYPE, _F) if key not in form]
        if missing:
            raise BadLineError(f"the map has no {', '.join(missing)}", line)
        if form[_PROCESS] not in _NEMESIS:
            yield _event(
                line,
                [form[_PROCESS], form[_TYPE], form[_F], form.get(_VALUE)],
                key=form.get(_KEY),
                index=_index(form.get(_INDEX)),
            )


def _index(value: Any) -> int | None:
    # Jepsen gives -1 to operations that are not part of a history yet.
    return value if isinstance(value, int) and value >= 0 else None


def log_events(lines: Iterable[tuple[int, str]]) -> Iterator[LoggedEvent]:
    """The events of numbered lines of a log.

    Lines of other loggers, and those that go on from the line above, are no events.

    Raises:
        BadLineError: a line is like an event, but cannot be read.
    """
    prefixed = False
    for number, text in lines:
        prefix = _PREFIX.match(text)
        # Once a line had what a logger puts in front, lines without an event are other
        # loggers'. In a plain text they are mistakes.
        prefixed = prefixed or prefix is not None
        start = prefix.end() if prefix else 0
        message = text[start:].strip()
        if not _EVENT.match(message):
            # Nor may an event be passed over that is only misspelt.
            other = prefixed and not _LOOKS_LIKE_EVENT.search(f" {message} ")
            if other or not message:
                continue
            raise BadLineError("an event is: process, type, operation, value", number)
        undated = prefix is not None and prefix["undated"] is not None
        event = _log_event(number, message, undated=undated)
        if event is not None:
            yield event


def _log_event(line: int, message: str, *, undated: bool) -> LoggedEvent | None:
    parser = EdnParser(message, line=line)
    forms = parser.forms(4)
    # An error is printed as people read it, so it need not be EDN.
    error = message[parser.position :].strip()
    if forms[0] in _NEMESIS:
        return None
    if len(forms) < 4:
        raise BadLineError("an event is: process, type, operation, value", line)
    return _event(line, forms, answered=undated and not error)


def _event(
    line: int,
    fields: Iterable[Any],
    *,
    key: Any = None,
    index: int | None = None,
    answered: bool = False,
) -> LoggedEvent:
    process, kind, name, value = fields
    if not isinstance(process, int):
        shown = edn_text(process)
        raise BadLineError(f"a process goes by a whole number, not {shown}", line)
    return LoggedEvent(
        line,
        process,
        _keyword(kind, line),
        _keyword(name, line),
        value,
        key,
        index,
        answered,
    )


def _keyword(value: Any, line: int) -> str:
    name = value.keyword if isinstance(value, Literal) else None
    if name is None:
        shown = edn_text(value)
        raise BadLineError(f"a keyword like :ok belongs here, not {shown}", line)
    return name
