"""The command-line options of the pytest plugin, and what they mean together."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tester1.discovery import ARTIFACTS, Choice, artifacts_of, choose, find_lab, to_name
from tester1.hosts.modes import UnavailableMode, check_available, warning
from tester1.lab import Mode, Preempt, RunOptions
from tester1.session.seeds import draw_seed
from tester1.solution import CodeUnderTest, SolutionError

__all__ = ["Settings", "add_options"]

_LAST_SEED = "raftlab/seed"
_WORKER_SEED = "raftlab_seed"


@dataclass(frozen=True, slots=True)
class Settings:
    """What one session of pytest, or one run of a batch, runs lab tests with."""

    options: RunOptions
    seed: int
    seeds: int = 1
    solution: Path | None = None
    traced: bool = False
    artifacts: Path | None = None
    seed_origin: str = ""
    brief: bool = False
    """Whether failures are only told, not explained: nobody reads the report."""
    solution_line: str = ""
    """The line that says whose code runs."""
    place: Path | None = None
    """Where the solution is for whoever repeats a run, if `solution` is a copy."""
    command: str = ""
    """What repeats the session's only run, if that is not a call of pytest."""

    @classmethod
    def of(cls, config: pytest.Config) -> Settings:
        """Read the options; raises `pytest.UsageError` for what cannot be done."""
        options = RunOptions(
            Mode(config.getoption("raftlab_mode")),
            Preempt(config.getoption("raftlab_preempt")),
            rules=not config.getoption("raftlab_no_rules"),
        )
        choice = _solution(config)
        traced = bool(config.getoption("raftlab_trace_events"))
        artifacts = _artifacts(config, traced=traced)
        seed, origin = _seed(config)
        seeds = int(config.getoption("raftlab_seeds"))
        settings = cls(
            options,
            seed,
            seeds,
            choice.folder,
            traced,
            artifacts,
            origin,
            solution_line=choice.line,
            command=config.getini("raftlab_command"),
        )
        try:
            settings.check()
        except UnavailableMode as error:
            raise pytest.UsageError(str(error)) from None
        return settings

    def check(self) -> None:
        """Raise `UnavailableMode` or `SolutionError` for what cannot be done."""
        check_available(self.options)
        CodeUnderTest.of(self.solution)

    def header(self) -> str:
        """The lines that say whose code this session tests, and how."""
        parts = [f"mode {self.options.mode}", f"seed {self.seed}{self.seed_origin}"]
        if self.seeds > 1:
            parts.append(f"{self.seeds} seeds a test")
        if self.options.preempt is not Preempt.NONE:
            parts.append(f"preempt {self.options.preempt}")
        if not self.options.rules:
            parts.append("no rules")
        header = f"{self.solution_line}\nraftlab: {', '.join(parts)}"
        caution = warning(self.options.mode)
        return header if caution is None else f"{header}\nraftlab: warning: {caution}"

    def repeating(self, seed: int, here: Path) -> list[str]:
        """The options that run one test exactly so again, for a command in `here`."""
        return self.options.words(seed, to_name(self.solution, here))


def add_options(parser: pytest.Parser) -> None:
    """Add the plugin's options to pytest's.

    Raises `pytest.UsageError` if another plugin claims one of them.
    """
    # Each `dest` begins with our name: pytest keeps the values of all plugins' options
    # in one namespace.
    group = parser.getgroup("raftlab", "raftlab: Raft and key/value labs")
    _add(
        group,
        "--mode",
        dest="raftlab_mode",
        choices=[str(mode) for mode in Mode],
        default=str(Mode.SIM),
        help="run servers in simulation (default) or as processes",
    )
    _add(
        group,
        "--seed",
        dest="raftlab_seed",
        type=_at_least(0),
        metavar="N",
        help="repeat the run that had this seed (default: draw one)",
    )
    _add(
        group,
        "--seeds",
        dest="raftlab_seeds",
        type=_at_least(1),
        default=1,
        metavar="K",
        help="run each lab test under K seeds, which follow from the run's seed",
    )
    _add(
        group,
        "--solution",
        dest="raftlab_solution",
        metavar="DIR",
        help="test DIR/raft1 and DIR/kvraft1; what is missing there is the "
        "reference's (default: the lab that this folder is in, else the reference)",
    )
    _add(
        group,
        "--preempt",
        dest="raftlab_preempt",
        choices=[str(preempt) for preempt in Preempt],
        default=str(Preempt.NONE),
        help="line: let threads be switched out before any statement of the solution",
    )
    _add(
        group,
        "--no-rules",
        dest="raftlab_no_rules",
        action="store_true",
        help="do not watch the rules of Raft: only what the course's tests check fails",
    )
    _add(
        group,
        "--trace-events",
        dest="raftlab_trace_events",
        action="store_true",
        help="write the events of every lab test to a file (--trace is pytest's own)",
    )
    _add(
        group,
        "--artifacts",
        dest="raftlab_artifacts",
        metavar="DIR",
        help=f"folder for traces and timelines (traces: {ARTIFACTS}, in a lab at its "
        "root)",
    )
    parser.addini("raftlab_solution", "what --solution is by default", "string", "")
    parser.addini(
        "raftlab_command", "what repeats the only run, in its report", "string", ""
    )
    parser.addini("raftlab_artifacts", "what --artifacts is by default", "string", "")


def _add(group: pytest.OptionGroup, name: str, **attributes: Any) -> None:
    """Add an option. Raises `pytest.UsageError` if another plugin has it."""
    try:
        group.addoption(name, **attributes)
    except (ValueError, argparse.ArgumentError):
        raise pytest.UsageError(
            f"raftlab's {name} is an option of another pytest plugin as well; leave "
            "that one out of sessions with lab tests: -p no:NAME (pytest "
            "--trace-config lists the plugins)"
        ) from None


def share_seed(worker: dict[str, object], seed: int) -> None:
    """Have a pytest-xdist worker use the controller's seed."""
    worker[_WORKER_SEED] = seed


def _seed(config: pytest.Config) -> tuple[int, str]:
    """The seed of the session, and where it comes from if that needs saying.

    Whoever repeats the last failures (`--lf`, `--ff`) means those very runs, so they
    get the last session's seed.
    """
    # A worker must not draw: all of them run under the seed in the controller's header.
    worker: Mapping[str, object] | None = getattr(config, "workerinput", None)
    if worker is not None:
        return int(str(worker[_WORKER_SEED])), ""
    chosen = config.getoption("raftlab_seed")
    if chosen is not None:
        return int(chosen), ""
    # With defaults: these options, and the cache, are a plugin's of pytest's that can
    # be switched off.
    repeating = config.getoption("lf", False) or config.getoption("failedfirst", False)
    cache = getattr(config, "cache", None)
    if repeating and cache is not None:
        last = cache.get(_LAST_SEED, None)
        if last is not None:
            return int(last), " of the last run"
    return draw_seed(), ""


def remember_seed(config: pytest.Config, seed: int) -> None:
    """Keep the seed for a later `--lf`; workers leave that to their controller."""
    cache = getattr(config, "cache", None)
    if cache is not None and not hasattr(config, "workerinput"):
        cache.set(_LAST_SEED, seed)


def _solution(config: pytest.Config) -> Choice:
    """Whose code to test; raises `pytest.UsageError` if it is none that can be."""
    here = config.invocation_params.dir
    given = config.getoption("raftlab_solution")
    folder = _folder(config, "raftlab_solution")
    if given is None and folder is not None and _in_configured_lab(config):
        folder = None
    try:
        return choose(folder, here)
    except SolutionError as error:
        named = "" if folder is None else "--solution: "
        raise pytest.UsageError(f"{named}{error}") from None


def _artifacts(config: pytest.Config, *, traced: bool) -> Path | None:
    """Where traces and timelines go, if that is said or has to be."""
    here = config.invocation_params.dir
    given = config.getoption("raftlab_artifacts")
    folder = _folder(config, "raftlab_artifacts")
    # Only traces need a folder: without one, a timeline goes to a temporary file.
    found = traced if folder is None else given is None and _in_configured_lab(config)
    return artifacts_of(here) if found else folder


def _in_configured_lab(config: pytest.Config) -> bool:
    """Whether pytest was called in the lab of its file, or in one further down.

    The file marks a lab. It speaks for those who are outside of it, too, but not for
    those who are in another lab further down.
    """
    here = config.invocation_params.dir
    lab = None if config.inipath is None else find_lab(here)
    return (
        lab is not None
        and config.inipath is not None
        and (here / lab).resolve().is_relative_to(config.inipath.parent)
    )


def _folder(config: pytest.Config, name: str) -> Path | None:
    """The folder that an option names, or else a line of the configuration file.

    A path in a file is meant from there, wherever pytest was started.
    """
    value = config.getoption(name)
    if value is not None:
        return Path(value)
    configured: str = config.getini(name)
    if not configured or config.inipath is None:
        return None
    folder = config.inipath.parent / configured
    # As the option would name it: a failure prints it in the command that repeats the
    # run from where pytest was started.
    return Path(os.path.relpath(folder, config.invocation_params.dir))


def _at_least(lowest: int) -> Callable[[str], int]:
    """Converts an option's text to a number that is not below `lowest`."""

    def number(text: str) -> int:
        # Not left to `int`, which takes signs, blanks and underscores as well.
        if not text.isdecimal() or int(text) < lowest:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number of at least {lowest}"
            )
        return int(text)

    return number
