"""One run of one test: how it is done, what it leaves behind, and how it is undone.

A `Lab` is made by the pytest plugin for one run of one test. It says
how the run is done (mode, seed, solution) and collects what the report of the run
needs afterwards: result lines, written files, and the annotations, which tell the last
fault. Whatever a test starts is put on `undo`, so that it is taken down however the
test ends.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final

from labrt import Fact, Facts, Runtime, Waiting
from labrt.loading.modulenames import world_module
from tester1.facts.kinds import TaskWaits, Waited
from tester1.facts.names import is_testers_thread
from tester1.solution import is_on_top
from tester1.teardown import do_all
from tester1.timeline.annotations import Annotation, Annotations

__all__ = [
    "Lab",
    "LabFailure",
    "Mode",
    "Preempt",
    "RunFailure",
    "RunOptions",
    "StateAtEnd",
    "file_stem",
]


_LONGEST_NAME: Final = 160
_SUSPICIOUS_WAIT_S: Final = 1.0
"""From how long on a wait for a lock is worth telling, in seconds."""


class Mode(StrEnum):
    """Where the servers of a test run."""

    SIM = "sim"
    PROCESS = "process"


class Preempt(StrEnum):
    """Where the simulation may switch a thread out besides where it blocks."""

    NONE = "none"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run is done, apart from its seed."""

    mode: Mode = Mode.SIM
    preempt: Preempt = Preempt.NONE
    rules: bool = True
    """Whether the rules of Raft and of the service are watched."""

    def words(self, seed: int, solution: str | Path | None) -> list[str]:
        """The options of a command that does this very run again.

        The commands are pytest's and `raftlab replay`; what is theirs by default is
        left out. `solution` is the solution's folder, None for the reference.
        """
        words = ["--seed", str(seed)]
        if self.mode is not Mode.SIM:
            words += ["--mode", self.mode]
        if solution is not None:
            words += ["--solution", str(solution)]
        if self.preempt is not Preempt.NONE:
            words += ["--preempt", self.preempt]
        if not self.rules:
            words.append("--no-rules")
        return words


@dataclass(frozen=True, slots=True)
class StateAtEnd:
    """How things stood when a test ended: the time, who was stuck, facts so far."""

    time: float
    stuck: tuple[str, ...]
    facts: int


@dataclass(frozen=True, slots=True)
class RunFailure:
    """How a run failed: what is told of it, and the programs that it is about."""

    text: str
    servers: Sequence[str] = ()
    hints: Sequence[tuple[str, Sequence[int]]] = ()
    """What may have led to it: in words, and the numbers of the facts that show it."""


class LabFailure(AssertionError):
    """A test found that the solution breaks a rule; the message says which.

    `servers` are those that the failure is about, by their numbers or by the names of
    programs; empty if it is about all of them, or about none.
    """

    def __init__(self, message: str = "", *, servers: Iterable[int | str] = ()) -> None:
        super().__init__(message)
        self.servers = tuple(servers)


@dataclass(slots=True, repr=False)
class Lab:
    """What one run of one test is done with.

    `seed` is the number that `--seed` repeats this run with. `is_replay` marks the
    repetition of a run that has failed: it leaves no files behind. The fields from
    `results` on are filled by the run, and `unrepeated` by a repetition that ended in
    another way: it says where the two part.
    """

    runtime: Runtime
    mode: Mode
    seed: int
    solution: Path | None = None
    name: str = "test"
    artifacts: Path | None = None
    is_replay: bool = False
    rules: bool = True
    """Whether the rules of Raft are watched, if the runtime has facts."""
    debugged: bool = False
    """Whether a debugger waits for a failure."""
    about: Callable[[], Mapping[str, object]] = dict
    """What files that the run leaves say of it: JSON, for `raftlab replay`."""
    gaps: Callable[[], Sequence[str]] = tuple
    """What of the solution's messages the rules could not read."""
    annotations: list[Annotations] = field(init=False)
    """Those of each test environment of the run; the latest last."""
    undo: ExitStack = field(init=False)
    """What is to be taken down when the test is over: see `when_over`."""
    results: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """Files that were due and could not be written, a sentence each."""
    redraw: Callable[[Sequence[Fact], RunFailure], None] | None = None
    """Draws the page that was written last once more, with the facts of the run."""
    state_at_end: StateAtEnd | None = None
    unrepeated: str = ""
    _returns: _Returns = field(init=False)
    _waits_over: Callable[[], object] = field(init=False)

    def __post_init__(self) -> None:
        self._prepare()

    def _prepare(self) -> None:
        self.annotations = []
        self.undo = ExitStack()
        self._returns = _Returns()
        self._waits_over = int

    def solution_frames(self) -> list[FrameType]:
        """The frames of the solution's code that runs now, innermost first.

        For a debugger. Where one waits, that of a handler whose answer is judged is
        the one that has just returned.
        """
        own = [
            frame
            for frame in self.runtime.own_frames()
            if not is_on_top(Path(frame.f_code.co_filename))
        ]
        return own or self._returns.of_this_call()

    def new_annotations(self) -> Annotations:
        """The annotations of one more test environment of this run."""
        # Nearly every run has one. With several, each has a page of its own.
        made = Annotations(self.runtime.now, self.runtime.facts)
        self.annotations.append(made)
        return made

    @property
    def last_fault(self) -> Annotation | None:
        """The fault made last in this run, whether or not it has been healed since."""
        faults = (one.last_fault for one in reversed(self.annotations))
        return next((fault for fault in faults if fault is not None), None)

    def run(self, test: Callable[[], object]) -> object:
        """Run `test` as the main task of the runtime; returns what it returns.

        Whatever the test leaves behind is taken down before the runtime ends.
        """
        __tracebackhide__ = True

        def main() -> object:
            __tracebackhide__ = True
            # The picture is taken first: what is torn down is not part of it.
            with self.undo, ExitStack() as ending:
                ending.push(_exit(lambda error: do_all([self.end], error)))
                return test()

        facts = self.runtime.facts
        if facts is not None and facts.keeps:
            note = partial(_note_wait, facts)
            self._waits_over = self.runtime.follow_waits(note)
        debugged = self.debugged and not self.is_replay
        with self._returns.watching() if debugged else nullcontext():
            return self.runtime.run(main)

    def when_over(self, take_down: Callable[[BaseException | None], None]) -> None:
        """Have something taken down when the test is over, what came last first.

        `take_down` is given the failure so far, if there is one. What it raises itself
        is told only if there is none: see `tester1.teardown`.
        """
        self.undo.push(_exit(take_down))

    def end(self) -> None:
        """Take note of how things stand: the test's own part is over.

        The first call counts; what is torn down afterwards is not part of the picture.
        """
        if self.state_at_end is None:
            facts = self.runtime.facts
            if facts is not None and facts.keeps:
                self._waits_over()
                self._note_waits(facts)
            self.state_at_end = StateAtEnd(
                self.runtime.now(),
                tuple(self.runtime.stuck_locks(_SUSPICIOUS_WAIT_S)),
                0 if facts is None else facts.count,
            )

    def kept_facts(self) -> list[Fact]:
        """The facts that the run has kept, up to its end if that is reached.

        What is torn down afterwards would push it out of the last ones.
        """
        facts, end = self.runtime.facts, self.state_at_end
        kept = [] if facts is None else facts.kept
        return [fact for fact in kept if end is None or fact.number <= end.facts]

    def _note_waits(self, facts: Facts) -> None:
        """Have it among the facts how every thread stands."""
        for wait in self.runtime.waits():
            facts.emit(
                TaskWaits(
                    server=wait.world,
                    thread=wait.thread,
                    reason=wait.reason,
                    since=wait.since,
                    line=wait.line,
                )
            )

    def replay(self, runtime: Runtime) -> None:
        """Get ready for the same run once more, in a fresh runtime."""
        self.runtime = runtime
        self.is_replay = True
        self.state_at_end = None
        self._prepare()

    @property
    def file_stem(self) -> str:
        """The test's name and seed as the name of a file, without a suffix."""
        return file_stem(self.name, self.seed)

    def __repr__(self) -> str:
        return f"<lab: mode {self.mode}, seed {self.seed}>"


class _Returns:
    """Keeps the frame that has returned last from a world's code to the harness.

    An answer is judged when its handler has returned: the frame still has what it knew.
    """

    def __init__(self) -> None:
        self._last: FrameType | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take note of what returns meanwhile."""
        # Not by the trace, which is a debugger's: the solution may start one.
        old = sys.getprofile()
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(old)
            self._last = None

    def of_this_call(self) -> list[FrameType]:
        """The frame, if what has called it goes on now: empty, or that alone."""
        # Its caller may have come to its end as well, and that one's caller is here.
        outer = None if self._last is None else self._last.f_back
        callers = [outer, None if outer is None else outer.f_back]
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if self._last is not None and frame in callers:
                return [self._last]
            frame = frame.f_back
        return []

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        if event != "return" or world_module(frame) is None:
            return
        if frame.f_back is None or world_module(frame.f_back) is None:
            self._last = frame


def _note_wait(facts: Facts, wait: Waiting) -> None:
    """Have it among the facts that a thread of the solution has waited."""
    if not is_testers_thread(wait.thread):
        facts.emit(
            Waited(
                server=wait.world,
                thread=wait.thread,
                reason=wait.reason,
                since=wait.since,
                line=wait.line,
                times=wait.times,
            )
        )


def file_stem(test: str, seed: int) -> str:
    """What the files of a run are called, without a suffix."""
    # File systems allow 255 bytes, of which a suffix and a draft's mark take some.
    name = re.sub(r"[^A-Za-z0-9_.=-]+", "_", test)
    if len(name) > _LONGEST_NAME:
        digest = hashlib.sha256(test.encode(errors="surrogatepass"))
        name = f"{name[:_LONGEST_NAME]}-{digest.hexdigest()[:8]}"
    return f"{name}-{seed}"


def _exit(
    take_down: Callable[[BaseException | None], None],
) -> Callable[
    [type[BaseException] | None, BaseException | None, TracebackType | None], None
]:
    """What an `ExitStack` calls, of something that asks only for the failure."""
    return lambda kind, error, traceback: take_down(error)
