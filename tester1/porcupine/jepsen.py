"""Jepsen's log of one register: a line an event.

::

    INFO  jepsen.util - 3	:invoke	:cas	[1 4]
    INFO  jepsen.util - 3	:fail	:cas	[1 4]

Process, ``:invoke`` / ``:ok`` / ``:fail`` / ``:info``, operation (``:read``,
``:write``, ``:cas``), argument or result. ``nil`` is a register that was never
written. ``:fail :cas [a b]`` says that the value was not a. ``:fail :read`` says
nothing. ``:info`` says that the operation may happen at any later time, or never.
A line's number is its time.
"""

from __future__ import annotations

import re

from tester1.porcupine.edn import keyword, parse_forms, process_number
from tester1.porcupine.model import Operation
from tester1.porcupine.reading import BadLineError, EventLog, EventModel, LoggedEvent

_LINE = re.compile(r"(?:[A-Z]+\s+\S+\s+-\s+)?(\d+\s+:.*)")


class JepsenReader:
    """Reads Jepsen's log."""

    def __init__(self, model: EventModel) -> None:
        self._log = EventLog(model)

    def read_line(self, text: str, line: int) -> None:
        """Take one event.

        Raises:
            BadLineError: it cannot be read.
        """
        match = _LINE.fullmatch(text.strip())
        forms = parse_forms(match[1]) if match else ()
        if len(forms) != 4:
            raise BadLineError("an event is: process, type, operation, value")
        process, kind, name, value = forms
        event = LoggedEvent(
            process_number(process), keyword(kind), keyword(name), value
        )
        self._log.take(event, line)

    def operations(self) -> list[Operation]:
        """Return all operations, once every line has been taken."""
        return self._log.operations()
