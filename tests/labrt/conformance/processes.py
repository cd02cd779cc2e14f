"""A `subprocess` whose processes are worlds of the same simulation.

Tests that start a Python of their own mostly want what happens at an interpreter's
end: threads joined, exit handlers called, output complete. A program given with
`-c` runs in a world of its own; its end is spelt out in `_interpret`. Whatever
else is asked of a process (its memory, its signals, another program) is refused.
"""

from __future__ import annotations

import gc
import io
import subprocess as real
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from labrt import NotSimulable, SimRuntime
from labrt.sim.world import SimWorld

PROGRAM = "program"


class Captured(io.TextIOWrapper):
    """A standard stream of a world that keeps what it is given."""

    def __init__(self) -> None:
        self._kept = io.BytesIO()
        super().__init__(self._kept, "utf-8", write_through=True)

    def kept(self) -> bytes:
        """What has been written."""
        return self._kept.getvalue()


class ExitHandlers:
    """An `atexit` that is called, since these worlds do end."""

    def __init__(self) -> None:
        self._handlers: list[tuple[Callable[..., object], Any, Any]] = []

    def module(self) -> ModuleType:
        """Make the module."""
        module = ModuleType("atexit")
        module.__dict__.update(register=self.register, unregister=self.unregister)
        return module

    def register(self, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Add a handler."""
        self._handlers.append((function, args, named))
        return function

    def unregister(self, function: Callable[..., Any]) -> None:
        """Remove a handler."""
        self._handlers = [entry for entry in self._handlers if entry[0] != function]

    def run(self, report: Callable[[], None]) -> None:
        """Call the handlers, the last one first."""
        while self._handlers:
            function, args, named = self._handlers.pop()
            try:
                function(*args, **named)
            except Exception:
                report()


# A program may ask whether it is one; a world's module has another name.
_AS_MAIN = '__name__ = "__main__"\n'

MakeWorld = Callable[[SimRuntime, str, Sequence[Path]], SimWorld]


class Interpreter:
    """One Python program in a world of its own, from its start to its exit status."""

    def __init__(self, runtime: SimRuntime, make_world: MakeWorld, source: str) -> None:
        self.returncode: int | None = None
        self.out, self.err = Captured(), Captured()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        (folder / f"{PROGRAM}.py").write_text(_AS_MAIN + source)
        self._world = make_world(runtime, "python", [folder])
        self._exit = ExitHandlers()
        self._world.modules["atexit"] = self._exit.module()
        # Set when all is over: the main thread counts as ended before that.
        self.ended = runtime.future()
        runtime.spawn(self._interpret, name="MainThread", world=self._world)

    def end(self) -> None:
        """Take the world away, with whatever still runs in it."""
        self._world.kill()
        self._folder.cleanup()

    def _interpret(self) -> None:
        with self._folder:
            self._run()
        self.ended.set()

    def _run(self) -> None:
        """Run the program, then do what an interpreter does at its end."""
        load = self._world.load
        for name, stream in (("stdout", self.out), ("stderr", self.err)):
            vars(load("sys")).update({name: stream, f"__{name}__": stream})
        status = self._status_of(lambda: load(PROGRAM))
        self._status_of(load("threading")._shutdown)
        self._exit.run(lambda: traceback.print_exc(file=self.err))
        self._forget_program()
        self.returncode = status

    def _forget_program(self) -> None:
        """Let the program's objects go, while what they refer to is still there."""
        if self._world.modules.pop(PROGRAM, None):
            del sys.modules[f"{PROGRAM}@{self._world.key}"]
            gc.collect()

    def _status_of(self, step: Callable[[], object]) -> int:
        try:
            step()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        except Exception:
            traceback.print_exc(file=self.err)
            return 1
        return 0


def run_in_subinterpreter(
    runtime: SimRuntime, make_world: MakeWorld, source: str
) -> int | None:
    """Run a program with modules of its own and return its status."""
    interpreter = Interpreter(runtime, make_world, source)
    interpreter.ended.wait()
    interpreter.end()
    return interpreter.returncode


def subprocess_module(runtime: SimRuntime, make_world: MakeWorld) -> ModuleType:
    """Make a world's `subprocess`."""

    class Popen:
        """A Python program that has been started."""

        def __init__(self, command: Sequence[str], **options: Any) -> None:
            self.args = command
            self._one_stream = options.get("stderr") == real.STDOUT
            self._interpreter = Interpreter(runtime, make_world, _program(command))

        @property
        def returncode(self) -> int | None:
            return self._interpreter.returncode

        def wait(self, timeout: float | None = None) -> int | None:
            if not self._interpreter.ended.wait(timeout):
                raise real.TimeoutExpired(self.args, timeout or 0)
            return self.returncode

        def communicate(self, *_: object) -> tuple[bytes, bytes]:
            self.wait()
            out, err = self._interpreter.out.kept(), self._interpreter.err.kept()
            return (out + err, b"") if self._one_stream else (out, err)

        def kill(self) -> None:
            self._interpreter.end()

        def __enter__(self) -> Popen:
            return self

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            trace: TracebackType | None,
        ) -> None:
            self.wait()

    def check_call(command: Sequence[str], **options: Any) -> int:
        with Popen(command) as process:
            status = process.wait()
        if status:
            raise real.CalledProcessError(status, command)
        return 0

    module = ModuleType("subprocess")
    module.__dict__.update(
        PIPE=real.PIPE,
        STDOUT=real.STDOUT,
        DEVNULL=real.DEVNULL,
        CalledProcessError=real.CalledProcessError,
        Popen=Popen,
        check_call=check_call,
        _cleanup=lambda: None,
    )
    return module


def _program(command: Sequence[str]) -> str:
    """The source that a command line asks Python to run."""
    if command[0] != sys.executable or "-c" not in command:
        raise NotSimulable(f"a world can start python -c only, not {command}")
    return command[command.index("-c") + 1]
