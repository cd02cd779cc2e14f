"""What the network does to messages: every constant, and every decision.

`Faults` holds the constants. `Decider` takes the decisions: it is the only place
that says whether a message is lost and how late it comes.

A decision is a function of the run's seed, the link, the method and the message's
running number among the messages of that method on that link, and of nothing else.
No generator is shared: one more call somewhere leaves the decisions about all others
as they were, and it does not matter in which order decisions are taken. The function
is splitmix64's finalizer over a counter: the seed of a flow comes from a hash, once,
and every draw after that is a few multiplications.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from labrt import derive

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15  # splitmix64's increment, 2**64 over the golden ratio

# A message owns one value of its flow's counter for each question that may be asked
# about it. A question keeps its place for good: another order would change every run
# of every seed, and so would one more question.
_QUESTIONS = 11
(
    _REQUEST_HOP,
    _REPLY_HOP,
    _SHORT_DELAY,
    _REQUEST_DROP,
    _REPLY_DROP,
    _UNDELIVERABLE,
    _REORDER,
    _REORDER_SPREAD,
    _REORDER_DELAY,
    _SLOW_REQUEST_HOP,
    _SLOW_REPLY_HOP,
) = (question * _GOLDEN for question in range(_QUESTIONS))

_HOP_STEPS = 1 << 53  # hop delays have the resolution of a float


@dataclass(frozen=True, slots=True)
class Faults:
    """The network's constants. Times are whole milliseconds unless they say seconds.

    A delay of `n` ms stands for a uniform integer draw out of `0 .. n - 1`.
    """

    short_delay_ms: int = 27
    """Delay of each request, unreliable network only."""
    request_drop_per_mille: int = 100
    """Chance that a request is lost, unreliable network only."""
    reply_drop_per_mille: int = 100
    """Chance that a reply is lost, unreliable network only."""
    undeliverable_ms: int = 100
    """Time until a call fails that has no server to go to."""
    long_delay_ms: int = 7000
    """The same while long delays are on."""
    reorder_chance: tuple[int, int] = (600, 900)
    """Chance, as hits out of tries, that long reordering holds a reply back."""
    reorder_base_ms: int = 200
    """Least time that a reply is held back."""
    reorder_spread_ms: int = 2000
    """On top of it comes a uniform `0..X` ms, X itself uniform below this."""
    hop_delay: tuple[float, float] = (100e-6, 500e-6)
    """Travel time of a request, and of a reply, in seconds; simulation only."""
    slow_hop_per_mille: int = 5
    """Chance that a request, or a reply, is slow; reliable network, simulation only."""
    slow_hop_delay: tuple[float, float] = (5e-3, 30e-3)
    """Travel time of one that is slow, in seconds: others of its link overtake it."""

    def __post_init__(self) -> None:
        delays = (
            self.short_delay_ms,
            self.undeliverable_ms,
            self.long_delay_ms,
            self.reorder_spread_ms,
        )
        if min(delays) < 1 or self.reorder_base_ms < 0:
            raise ValueError(f"a delay needs at least one choice: {self}")
        if not 0 <= self.request_drop_per_mille <= 1000:
            raise ValueError(f"request drop not in 0..1000: {self}")
        if not 0 <= self.reply_drop_per_mille <= 1000:
            raise ValueError(f"reply drop not in 0..1000: {self}")
        if not 0 <= self.reorder_chance[0] <= self.reorder_chance[1]:
            raise ValueError(f"reorder chance over one: {self}")
        if not 0 <= self.slow_hop_per_mille <= 1000:
            raise ValueError(f"slow hops not in 0..1000: {self}")
        if not 0 <= self.hop_delay[0] <= self.hop_delay[1]:
            raise ValueError(f"hop delay is no range of seconds: {self}")
        if not 0 <= self.slow_hop_delay[0] <= self.slow_hop_delay[1]:
            raise ValueError(f"slow hop delay is no range of seconds: {self}")


class Flow:
    """The messages of one method on one link, numbered from 1 as they are sent.

    By method as well as by link, so that a solution which sends one kind of message
    more often finds the network as it was for the others.
    """

    __slots__ = ("link", "method", "seed", "sent", "source", "target")

    def __init__(self, seed: int, link: str, method: str) -> None:
        self.link = link
        # A link is named after its ends, `server-0-1>server-0-2`, where it has two.
        self.source, _, self.target = link.partition(">")
        self.method = method
        self.seed = derive(seed, f"{link} {method}")
        self.sent = 0

    def key_of(self, number: int) -> int:
        """The key of message `number`, from which all its draws follow."""
        # Not yet cut to 64 bits: `draw` does that, once the question is added.
        return self.seed + number * (_QUESTIONS * _GOLDEN)


def draw(key: int, question: int, choices: int) -> int:
    """The answer to a question about a message, uniform in `0 .. choices - 1`."""
    word = (key + question) & _MASK
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    # The upper half of the product, not a remainder: it is as uniform, and Python has
    # integers wide enough.
    return ((word ^ (word >> 31)) * choices) >> 64


class Decision(Enum):
    """What is decided about a request or a reply."""

    DELIVER = "deliver"
    DROP = "drop"
    HOLD_BACK = "hold back"
    """Long reordering: it is delivered late, whatever happens to the server."""


class Decider:
    """Takes the decisions of one network, from its constants and messages' keys."""

    __slots__ = ("_hop", "_hops", "_slow_hop", "faults")

    def __init__(self, faults: Faults, *, hops: bool) -> None:
        self.faults = faults
        # On the wall clock the machine takes its own time for a message. Only in
        # simulation would it travel in none.
        self._hops = hops and faults.hop_delay[1] > 0
        self._hop = _steps_of(faults.hop_delay)
        self._slow_hop = _steps_of(faults.slow_hop_delay)

    def undeliverable(self, key: int, *, long_delays: bool) -> float:
        """The seconds until a call without a server fails."""
        faults = self.faults
        choices = faults.long_delay_ms if long_delays else faults.undeliverable_ms
        return draw(key, _UNDELIVERABLE, choices) / 1000

    def request(self, key: int, reliable: bool) -> tuple[float, Decision]:
        """The delay of a request in seconds, and what becomes of it then."""
        if reliable:
            delay = self._travel(key, _REQUEST_HOP, _SLOW_REQUEST_HOP)
            return delay, Decision.DELIVER
        faults = self.faults
        delay = draw(key, _SHORT_DELAY, faults.short_delay_ms) / 1000
        if draw(key, _REQUEST_DROP, 1000) < faults.request_drop_per_mille:
            # After the short delay, as in the course: the caller does not learn of a
            # loss sooner than of an answer.
            return delay, Decision.DROP
        return delay + self._travel(key, _REQUEST_HOP), Decision.DELIVER

    def reply(
        self, key: int, reliable: bool, reordering: bool
    ) -> tuple[float, Decision]:
        """The delay of a reply in seconds, and what becomes of it."""
        faults = self.faults
        # Lost before held back, as in the course: both chances are then the stated
        # ones, the second of what is left.
        if not reliable and draw(key, _REPLY_DROP, 1000) < faults.reply_drop_per_mille:
            return 0.0, Decision.DROP
        hop = self._travel(key, _REPLY_HOP, _SLOW_REPLY_HOP if reliable else None)
        if reordering:
            hits, tries = faults.reorder_chance
            if draw(key, _REORDER, tries) < hits:
                return hop + self._held_back(key), Decision.HOLD_BACK
        return hop, Decision.DELIVER

    def _held_back(self, key: int) -> float:
        # A draw below a draw, as in the course: the shorter delays are the likelier.
        faults = self.faults
        most = draw(key, _REORDER_SPREAD, faults.reorder_spread_ms)
        extra = draw(key, _REORDER_DELAY, most + 1)
        return (faults.reorder_base_ms + extra) / 1000

    def _travel(self, key: int, question: int, is_slow: int | None = None) -> float:
        """The seconds of a hop; without `is_slow`, the question, it is not slow."""
        if not self._hops:
            return 0.0
        start, step = self._hop
        # An unreliable network holds requests up anyway, for about as long.
        if (
            is_slow is not None
            and draw(key, is_slow, 1000) < self.faults.slow_hop_per_mille
        ):
            start, step = self._slow_hop
        return start + draw(key, question, _HOP_STEPS) * step


def _steps_of(seconds: tuple[float, float]) -> tuple[float, float]:
    """Where a range of delays starts, and how far a step in it goes."""
    start, end = seconds
    return start, (end - start) / _HOP_STEPS
