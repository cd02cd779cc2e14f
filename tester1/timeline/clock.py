"""The clock of a visualization page: times of any unit as its whole nanoseconds.

A page's script has floats only, so a page counts from near its first time, and counts
no further than floats are exact. Times of a run are seconds, and stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from tester1.porcupine.model import NEVER, Time

MAX_OWN_CLOCK_S = 1e6
"""Times below this are taken as seconds since the run began, and shown as they are;
later ones (seconds since 1970, say) are shown as seconds after the first."""

MAX_PAGE_NS = 1 << 53
"""Beyond this a script's numbers are not whole; longer histories are drawn shorter."""

_SINCE_1970 = ((10**17, 1), (10**14, 10**3), (10**11, 10**6))
"""Times from which the first is taken for nanoseconds, microseconds, milliseconds since
1970, and how many nanoseconds the unit has. (As seconds, 10**11 is the year 5138.)"""


@dataclass(frozen=True, slots=True)
class PageClock:
    """What is subtracted from times, and how many nanoseconds their unit has."""

    origin: int
    unit_ns: Fraction

    @classmethod
    def of(cls, times: Iterable[Time]) -> PageClock:
        """The clock for a page with these times; infinite ones do not count."""
        finite = [time for time in times if -NEVER < time < NEVER]
        first, last = min(finite, default=0), max(finite, default=0)
        if first >= 0 and last < MAX_OWN_CLOCK_S:
            return cls(0, Fraction(10**9))
        origin = math.floor(first)
        unit = next((ns for least, ns in _SINCE_1970 if first >= least), 10**9)
        unit_ns = Fraction(unit)
        while (math.ceil(last) - origin) * unit_ns > MAX_PAGE_NS:
            unit_ns /= 10
        return cls(origin, unit_ns)

    def nanoseconds(self, time: Time) -> int:
        """A finite time in nanoseconds of the page."""
        # Exact arithmetic takes ten times as long, and a float has lost its digits.
        if isinstance(time, float) and self.unit_ns == 10**9:
            return round((time - self.origin) * 1e9)
        return round((Fraction(time) - self.origin) * self.unit_ns)

    @property
    def note(self) -> str:
        """What a reader has to know about the page's times; "" if nothing."""
        note = f"times are seconds after {self.origin}" if self.origin else ""
        a_second = 10**9 / self.unit_ns
        if a_second != 1:
            note += f"{', ' if note else ''}a second being {a_second} in the history"
        return note
