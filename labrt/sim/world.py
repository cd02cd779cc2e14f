"""A simulated world: one incarnation of one program, in this process.

It has modules of its own, a random stream of its own, and the tasks that its code
started. When it is killed, the tasks never run again and nothing that they held
can block or change anything outside.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast, final

from labrt.errors import WorldKilled
from labrt.loading.loader import Compiler, Loader, Sources, precompile
from labrt.ordered import rewriting, sets
from labrt.ordered.identity import Identities
from labrt.sim.active import active
from labrt.sim.instrument import GUARD, IS_DEAD, LINE, compile_library, compile_source
from labrt.sim.kernel import Kernel
from labrt.sim.output import WorldStream
from labrt.sim.refusals import no_input
from labrt.sim.tasks import SimTask
from labrt.streams import derive
from labrt.texts import harmless, without_addresses

_COMPILERS: dict[bool, Compiler] = {
    lines: partial(compile_source, lines=lines) for lines in (False, True)
}


def precompile_simulated(path: Path, *, preempt_lines: bool) -> None:
    """Compile a file for worlds, so that processes forked from this one need not."""
    precompile(path, _COMPILERS[preempt_lines])


def simulated_sources(*, preempt_lines: bool) -> Sources:
    """The sources of one run's worlds."""
    return Sources(_COMPILERS[preempt_lines])


class SupportsWrite(Protocol):
    """What `print` writes to."""

    def write(self, text: str, /) -> object:
        """Take some text."""


@final
class SimWorld:
    """One incarnation of a program under a `SimRuntime`.

    `name` stays the same over a program's incarnations, `key` does not. `substitute`
    says which module the world gets for a name, `output` takes each line that it
    prints, and `on_kill` is told when its tasks have ended.
    """

    def __init__(
        self,
        runtime: Kernel,
        name: str,
        incarnation: int,
        roots: Sequence[Path],
        packages: Collection[str] | None,
        *,
        sources: Sources,
        substitute: Callable[[SimWorld, str, str], ModuleType | None],
        output: Callable[[str], None],
        on_kill: Callable[[SimWorld], None],
    ) -> None:
        # Outlives the world, like everything that its modules were given; what they may
        # still do with it, a killed task never gets to.
        self.runtime = runtime
        self.name = name
        self.incarnation = incarnation
        self.key = f"{name}#{incarnation}"
        self.alive = True
        # From the incarnation's key: how much another world draws changes nothing here.
        self.random = random.Random(derive(runtime.seed, f"world {self.key}"))
        # Oldest first, since they are killed in this order.
        self.tasks: dict[SimTask, None] = {}
        self._output = output
        self._on_kill = on_kill
        self._streams: dict[str, WorldStream] = {}
        self._threads = 0
        identities = Identities()
        self.loader = Loader(
            self.key,
            roots,
            packages,
            substitute=partial(substitute, self),
            names={
                "print": self._print,
                **sets.NAMES,
                "id": identities.id,
                "hash": identities.hash,
                "repr": identities.repr,
                **rewriting.NAMES,
                rewriting.HASH: identities.hash,
                "exit": sys.exit,
                "input": no_input("input"),
                "license": no_input("license"),
                "quit": sys.exit,
                GUARD: self._guard,
                IS_DEAD: self._is_dead,
                LINE: self._line,
            },
            sources=sources,
            compile_library=compile_library,
            thread=self._current_task,
            gate=runtime.future,
        )
        # As attributes of the world: the modules that are made for it ask for no more.
        self.builtins = self.loader.builtins
        self.find = self.loader.imports.find
        self.fresh_library_module = self.loader.fresh_library_module
        self.modules = self.loader.modules
        self.owns = self.loader.owns
        self.path = self.loader.path
        self.shorten = self.loader.shorten

    @property
    def stdout(self) -> WorldStream:
        """The standard output; its lines get the time and the world's name."""
        return self._stream("<stdout>")

    @property
    def stderr(self) -> WorldStream:
        """The standard error; its lines go where those of the output go."""
        return self._stream("<stderr>")

    def _stream(self, name: str) -> WorldStream:
        # Most worlds print nothing.
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = WorldStream(name, self._print_line)
        return stream

    def load(self, module: str) -> ModuleType:
        """Import `module` as the world's code would and return it."""
        return self.loader.load(module)

    def adopt(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A copy of a function that imports as the world's code does."""
        return self.loader.adopt(function)

    def kill(self) -> None:
        """End the world at this instant; its tasks never run again."""
        if not self.alive:
            return
        # While the world may still print: a line without an end is shown as well.
        for stream in self._streams.values():
            stream.finish()
        # Before the tasks are unwound: their `finally` blocks look at it, and do
        # nothing.
        self.alive = False
        self.runtime.kill_tasks(list(self.tasks))
        self.tasks.clear()
        self._on_kill(self)
        self.loader.unload()

    def count_thread(self) -> int:
        """The running number of a new thread, for its name."""
        self._threads += 1
        return self._threads

    def _current_task(self) -> SimTask:
        return self.runtime.current

    def _print_line(self, text: str) -> None:
        if self.alive:
            # What reads it next may be a terminal, a file or a hash.
            self._output(harmless(without_addresses(text)))

    def _print(
        self,
        *values: object,
        sep: str | None = None,
        end: str | None = None,
        file: SupportsWrite | None = None,
        flush: bool = False,
    ) -> None:
        if file is None:
            # What the world's code has put there, if it has imported `sys` at all.
            system = self.modules.get("sys")
            file = self.stdout if system is None else system.stdout
        target = file
        print(*values, sep=sep, end=end, file=target)
        if flush:
            getattr(target, "flush", int)()

    # What the instrumented code calls.

    def _guard(self) -> None:
        if not self.alive:
            raise WorldKilled

    def _is_dead(self) -> bool:
        return not self.alive

    def _line(self) -> None:
        runtime = self.runtime
        runtime.countdown -= 1
        if runtime.countdown <= 0:
            runtime.preempt()

    def __repr__(self) -> str:
        return f"<world {self.key}{'' if self.alive else ', killed'}>"


def current_world() -> SimWorld | None:
    """The world of the running task, None outside every world."""
    return cast(SimWorld | None, active().current.world)


def living_worlds(kernel: Kernel) -> list[SimWorld]:
    """The worlds of a run that have not been killed, the oldest first."""
    # The kernel knows no more of them than that tasks are at home there.
    return cast(list[SimWorld], list(kernel.homes))
