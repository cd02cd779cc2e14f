"""The base of what the labs' tests are written with: a network of servers under test.

A `LabTest` is a context manager around one `Config`. What its block does is the test;
how it is left decides how the test ends. The rules are the same for all labs:

- Nothing was raised: the test is ended by `Config.finish`, which judges its time limit
  and prints the result line; only then is it a pass. If that fails, it fails the test.
- A failure was raised: it goes on, and no result line is printed. Nothing else is
  judged any more, since it could only hide what came first.
- Ctrl-C was raised: it goes on like a failure, and goes before any. The timeline calls
  the test interrupted, not failed.
- In every case all is taken down, once, and the timeline is written then. What fails on
  the way down is told with the failure, or is the failure if there was none.
- A passing test shows the history that it has checked last. A failing one shows a
  history only if that is what fails: the check that finds it writes it, with the place.
  A history that has passed its check would tell the reader that all is well.

A test whose constructor raises never gets to its block. Whoever runs the tests takes it
down, as any `Config` that is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Generic, NoReturn, Self, TypeVar

from labrt import Task
from tester1.cluster.config import Config

if TYPE_CHECKING:
    from tester1.porcupine.model import Result

T = TypeVar("T")

__all__ = [
    "ELECTION_TIMEOUT_S",
    "NO_LEADER_PAUSE_S",
    "Background",
    "LabTest",
    "growing_pauses",
]

ELECTION_TIMEOUT_S: Final = 1.0
"""How long the tests allow for an election, in seconds (the course's E)."""

NO_LEADER_PAUSE_S: Final = 0.050
"""The rest before all servers are asked again, when none of them led, in seconds."""

_WAIT_ROUNDS: Final = 30
_FIRST_WAIT_S: Final = 0.010
_LONG_WAIT_S: Final = 1.0


class Background(Generic[T]):
    """Calls that run side by side, as tasks; made by `LabTest.spawn_all`."""

    def __init__(
        self, config: Config, calls: Sequence[Callable[[], T]], name: str
    ) -> None:
        # By position: the calls end in any order.
        self._results: dict[int, T] = {}
        self._tasks = [
            config.spawn(self._run, i, call, name=f"{name} {i}" if name else "")
            for i, call in enumerate(calls)
        ]

    def results(self) -> list[T]:
        """What the calls return, in their order; waits for all of them."""
        for task in self._tasks:
            task.join()
        # All there: a call that raises ends the run, not just its task.
        return [self._results[i] for i in range(len(self._tasks))]

    def _run(self, position: int, call: Callable[[], T]) -> None:
        self._results[position] = call()


class LabTest:
    """One test with its servers, which are those of `config`; a context manager.

    `name` is the test's name on its timeline.
    """

    def __init__(self, config: Config, name: str) -> None:
        self.config = config
        self.runtime = config.runtime
        self.random = config.random
        self.annotations = config.annotations
        self.group = config.group()
        # What a check of the whole history has found last, if the test makes any.
        self.checked: Result | None = None
        # The timeline begins here: what came before was the start of the servers.
        self.annotations.test(name, self.group.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.config.finish(error, checked=self.checked)

    # Stretches, time and tasks

    def begin(self, title: str) -> None:
        """Begin a stretch of the test that gets a result line of its own."""
        self.config.begin(title)

    def end(self) -> None:
        """End the stretch that was begun last; the end of the block ends the last."""
        self.config.end()

    def now(self) -> float:
        """The time of the run, in seconds."""
        return self.config.now()

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.config.sleep(seconds)

    def spawn(
        self, function: Callable[..., object], *args: object, name: str = ""
    ) -> Task:
        """Run `function(*args)` as a task of the test; if it raises, the test fails.

        The task is called `name`, or like the function.
        """
        return self.config.spawn(function, *args, name=name)

    def spawn_all(
        self, calls: Iterable[Callable[[], T]], name: str = ""
    ) -> Background[T]:
        """Make all `calls` at once, each as a task; ask for their results later."""
        return Background(self.config, list(calls), name)

    def concurrently(self, calls: Iterable[Callable[[], T]], name: str = "") -> list[T]:
        """Make all `calls` at once, wait for them, and return their results."""
        return self.spawn_all(calls, name).results()

    # Verdicts

    def passed(self, what: str, details: str) -> None:
        """Put a check that has passed on the timeline."""
        self.annotations.checker_success(what, details)

    def fail(self, what: str, message: str, *, servers: Iterable[int] = ()) -> NoReturn:
        """Put a check that has failed on the timeline, and end the test.

        `servers` are those that the failure is about: their events are shown.
        """
        self.annotations.checker_failure(what, message)
        self.config.fatal(message, servers=servers)

    def require(
        self, condition: bool, message: str, *, servers: Iterable[int] = ()
    ) -> None:
        """End the test as failed unless `condition` holds; see `fail`."""
        if not condition:
            self.fail("requirement not met", message, servers=servers)

    # Faults. Each is on the timeline the moment it is done, so that whoever reads of a
    # failure sees what the servers went through.

    def connect(self, *servers: int) -> None:
        """Attach `servers` to the network again."""
        for server in servers:
            self.group.connect_one(server)
        self.annotations.connection(self.group.get_connected())

    def disconnect(self, *servers: int) -> None:
        """Cut `servers` off from every server, themselves included."""
        for server in servers:
            self.group.disconnect_all(server)
        self.annotations.connection(self.group.get_connected())

    def partition(self, first: Sequence[int], second: Sequence[int]) -> None:
        """Cut the servers into two parts; clients reach whom they could before."""
        self.group.partition(first, second)
        self.annotations.two_partitions(first, second)

    def cut_link(self, source: int, target: int) -> None:
        """Cut `source` off from `target`, which goes on reaching `source`.

        What `source` has called and waits for fails, as when it is disconnected.
        """
        self.group.enable_link(source, target, False)
        self.annotations.link_cut(source, target)

    def mend_link(self, source: int, target: int) -> None:
        """Let `source` reach `target` again, after `cut_link`."""
        self.group.enable_link(source, target, True)
        self.annotations.links_healed([(source, target)])

    def hold_links(self, *links: tuple[int, int]) -> None:
        """Keep all calls on these links, each (source, target), on their way."""
        for source, target in links:
            self.group.hold_link(source, target)
        self.annotations.links_held(links)

    def release_links(self, *links: tuple[int, int]) -> None:
        """Let the calls go on that are held on these links, and those to come."""
        for source, target in links:
            self.group.release_link(source, target)
        self.annotations.links_healed(links)

    def crash_all(self) -> None:
        """Crash all servers; only their disks survive."""
        self.group.shutdown()
        self.annotations.shutdown_all()

    def restart_all(self) -> None:
        """Start all servers from their disks and attach them."""
        self.group.start_servers()
        self.annotations.restart_all()


def growing_pauses() -> Iterator[float]:
    """The pauses of the course's long waits, in seconds: some half a minute in all.

    Ten milliseconds first, doubled until they are longer than a second: what comes
    soon is noticed soon, and a long wait asks the servers no more than once a second.
    """
    pause_s = _FIRST_WAIT_S
    for _ in range(_WAIT_ROUNDS):
        yield pause_s
        if pause_s < _LONG_WAIT_S:
            pause_s *= 2
