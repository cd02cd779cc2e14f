"""Whatever happens to a network, no call is lost, doubled or miscounted."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from labrt import SimRuntime
from tests.labrpc.echo import Echo, EchoNet

NAMES = ("a", "b", "c")


@dataclass
class Driver:
    """Does random things to a network of three ends and one server."""

    echo: EchoNet
    ended: list[bytes | None] = field(default_factory=list)
    sent: int = 0

    def step(self, action: str, target: int) -> None:
        """Do one thing."""
        getattr(self, action)(target)

    def send(self, target: int) -> None:
        """Send a few requests, of one byte each."""
        name = NAMES[target % 3]
        for _ in range(3):
            self.sent += 1
            self.ends[name].forward("Echo.Echo", b"x", self.ended.append)

    def enable(self, target: int) -> None:
        """Enable or disable an end."""
        self.echo.net.Enable(NAMES[target % 3], target < 3)

    def restart(self, target: int) -> None:
        """Replace the server by one that answers, or by one that does not."""
        self.echo.echo = Echo(answering=target < 3)
        self.echo.net.AddServer("echo", self.echo.echo)

    def stop(self, target: int) -> None:
        """Delete the server."""
        self.echo.net.DeleteServer("echo")

    def switch(self, target: int) -> None:
        """Set the modes of the network."""
        self.echo.net.Reliable(bool(target & 1))
        self.echo.net.LongReordering(bool(target & 2))
        self.echo.net.LongDelays(bool(target & 4))

    def answer(self, target: int) -> None:
        """Answer all requests of the present server that wait, or refuse them."""
        for on_done in self.echo.echo.waiting:
            on_done(b"yy" if target < 3 else None)
        self.echo.echo.waiting.clear()

    def sleep(self, target: int) -> None:
        """Let time pass: less than a hop takes, or more."""
        self.echo.runtime.sleep(10.0 ** (target - 5))

    def __post_init__(self) -> None:
        self.ends = {name: self.echo.connect(name) for name in NAMES}


ACTIONS = ("send", "enable", "restart", "stop", "switch", "answer", "sleep")
steps = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5)), max_size=40)


@given(steps, st.integers(0, 1000))
def test_every_call_ends_once(script: list[tuple[str, int]], seed: int) -> None:
    """After the server is gone each call has ended, and the statistics add up."""
    runtime = SimRuntime(seed=seed)

    def main() -> Driver:
        echo = EchoNet.make(runtime, hop_delay=(100e-6, 500e-6))
        driver = Driver(echo)
        for action, target in script:
            driver.step(action, target)
        driver.answer(0)
        echo.net.DeleteServer("echo")
        runtime.sleep(10)
        return driver

    driver = runtime.run(main)
    net = driver.echo.net
    replies = sum(len(reply) for reply in driver.ended if reply is not None)
    assert len(driver.ended) == driver.sent
    assert net.GetTotalCount() == driver.sent
    assert net.GetTotalBytes() == driver.sent + replies
