"""A server that answers at once, and clients that note when their answers come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from labrpc import ClientEnd, Faults, MakeNetwork, Network, OnDone
from labrt import SimRuntime

MS = 1000


@dataclass
class Echo:
    """Answers each request with itself, or keeps it if told not to answer."""

    answering: bool = True
    received: list[bytes] = field(default_factory=list)
    waiting: list[OnDone] = field(default_factory=list)

    def dispatch(self, method: str, data: bytes, on_done: OnDone) -> None:
        """Take a request."""
        self.received.append(data)
        if self.answering:
            on_done(data)
        else:
            self.waiting.append(on_done)


@dataclass(frozen=True)
class Result:
    """How one request ended: its reply and the seconds that it took."""

    reply: bytes | None
    elapsed: float

    @property
    def ms(self) -> int:
        """The milliseconds that it took, which have to be whole."""
        ms = round(self.elapsed * MS)
        assert abs(self.elapsed * MS - ms) < 1e-6
        return ms


@dataclass
class EchoNet:
    """A network in front of one `Echo`, without hop delays unless given."""

    runtime: SimRuntime
    net: Network
    echo: Echo
    end: ClientEnd

    @classmethod
    def make(
        cls,
        runtime: SimRuntime,
        *,
        hop_delay: tuple[float, float] = (0.0, 0.0),
        faults: Faults | None = None,
    ) -> EchoNet:
        """Make it, with one end point called `end`."""
        net = MakeNetwork(runtime, hop_delay=hop_delay, faults=faults)
        echo = Echo()
        net.AddServer("echo", echo)
        made = cls(runtime, net, echo, net.MakeEnd("end"))
        net.Connect("end", "echo")
        net.Enable("end", True)
        return made

    def connect(self, name: Hashable, link: str | None = None) -> ClientEnd:
        """Make one more end point, connected and enabled."""
        end = self.net.MakeEnd(name, link)
        self.net.Connect(name, "echo")
        self.net.Enable(name, True)
        return end

    def send(self, data: bytes = b"x", end: ClientEnd | None = None) -> list[Result]:
        """Send one request; the list gets its result when it ends."""
        results: list[Result] = []
        started = self.runtime.now()

        def ended(reply: bytes | None) -> None:
            results.append(Result(reply, self.runtime.now() - started))

        (end or self.end).forward("Echo.Echo", data, ended)
        return results

    def send_many(self, count: int, *, seconds: float = 10.0) -> list[Result]:
        """Send requests at one instant and return how they ended, in their order."""
        sent = [self.send() for _ in range(count)]
        self.runtime.sleep(seconds)
        assert all(len(results) == 1 for results in sent), "one end each"
        return [results[0] for results in sent]


def run_echo(
    runtime: SimRuntime,
    main: Callable[[EchoNet], None],
    *,
    faults: Faults | None = None,
) -> None:
    """Run `main` with a fresh network."""
    runtime.run(lambda: main(EchoNet.make(runtime, faults=faults)))


def assert_uniform(draws: Iterable[int], choices: range) -> None:
    """Check by chi-square that draws are uniform over all of `choices`."""
    counts = Counter(draws)
    assert set(counts) <= set(choices)
    expected = counts.total() / len(choices)
    assert expected >= 5, "too few draws to judge"
    statistic = sum((counts[one] - expected) ** 2 / expected for one in choices)
    freedom = len(choices) - 1
    # Four standard deviations above the mean of the chi-square distribution.
    assert statistic < freedom + 4 * (2 * freedom) ** 0.5


def assert_share(hits: int, tries: int, chance: float) -> None:
    """Check that a share is within four standard deviations of its chance."""
    deviation = (tries * chance * (1 - chance)) ** 0.5
    assert abs(hits - tries * chance) < 4 * deviation
