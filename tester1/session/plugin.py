"""The pytest plugin: runs lab tests in simulation and reports them.

A lab test is a test function that uses the fixture `lab`, directly or through another
fixture. Its body is the main task of a runtime of its own; fixtures and everything
else of pytest stay outside. What the plugin adds to pytest's own report:

- a passed test shows its result line in the word of its status;
- a failed test is explained by `tester1.session.failure_report`, where the way of the
  failure is.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final

import pytest

from labrt.texts import harmless
from tester1.hosts.modes import make_facts, make_runtime
from tester1.lab import Lab
from tester1.session.divergence import disturb_memory
from tester1.session.failure_report import explain, prepare
from tester1.session.interrupts import Interrupts, is_lab_test
from tester1.session.ordering import deal, steal_work
from tester1.session.places import seek_below_root
from tester1.session.reports import make_harmless, without_files
from tester1.session.run_reference import run_by
from tester1.session.seeds import run_seed, seed_id, several_seeds, without_seed
from tester1.session.settings import Settings, add_options, remember_seed, share_seed
from tester1.session.trace_file import write_trace
from tester1.suites import OURS, course_name
from tester1.timeline.page import shows_all

_SETTINGS: Final = pytest.StashKey[Settings]()
_INTERRUPTS: Final = pytest.StashKey[Interrupts]()
_FROZEN: Final = pytest.StashKey[bool]()
_RESULT: Final = "raftlab result"
_WARNING: Final = "raftlab warning"
_MOST_WARNINGS: Final = 3


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--mode`, `--seed` and the others."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read the options; what cannot be done is an error of usage."""
    # First of all: only what is made after it comes to lie elsewhere.
    disturb_memory()
    # Here as well as in our own configuration: a wheel's suites are run from anywhere.
    config.addinivalue_line(
        "markers", f"{OURS}: a test of the labs that the course does not have"
    )
    seek_below_root(config)
    settings = Settings.of(config)
    use_settings(config, settings)
    remember_seed(config, settings.seed)
    config.stash[_INTERRUPTS] = Interrupts()
    config.pluginmanager.register(config.stash[_INTERRUPTS])


def use_settings(config: pytest.Config, settings: Settings) -> None:
    """Run lab tests with other settings from here on, as a batch does for each run."""
    config.stash[_SETTINGS] = settings


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(
    config: pytest.Config,
) -> Generator[None, object, object]:
    """Choose how workers of pytest-xdist share the tests, before xdist does."""
    steal_work(config)
    return (yield)


def pytest_report_header(config: pytest.Config) -> str:
    """Say in which mode and with which seed this session runs."""
    return config.stash[_SETTINGS].header()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the session's seed to a worker of pytest-xdist."""
    share_seed(node.workerinput, node.config.stash[_SETTINGS].seed)


# Collection


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each lab test `--seeds` many seeds."""
    settings = metafunc.config.stash[_SETTINGS]
    if settings.seeds > 1 and "lab" in metafunc.fixturenames:
        seeds = several_seeds(settings.seed, settings.seeds)
        metafunc.parametrize("lab", seeds, indirect=True, ids=map(seed_id, seeds))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let `-k` find a lab test by its name in the course, `TestFigure83C`."""
    if isinstance(item, pytest.Function) and is_lab_test(item):
        item.extra_keyword_matches.add(course_name(item.originalname))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Let the workers of pytest-xdist share what takes long on the wall clock."""
    deal(config, items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Set what pytest has made so far aside for the cycle collector.

    Every run of a test makes and drops whole programs; without this, each full
    collection in between walks over all of pytest and its tests as well.
    """
    if any(map(is_lab_test, session.items)):
        # What is garbage now would be kept for good.
        gc.collect()
        gc.freeze()
        session.config.stash[_FROZEN] = True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the collector back what it was not to look at."""
    if config.stash.get(_FROZEN, False):
        gc.unfreeze()


# Running


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Lab:
    """The environment of this run of this test."""
    settings = request.config.stash[_SETTINGS]
    return make_lab(settings, request.node, getattr(request, "param", settings.seed))


def make_lab(settings: Settings, item: pytest.Item, seed: int) -> Lab:
    """The environment of a run of a test under a seed."""
    # Without the seed in its brackets: the run's own seed derives from the name, and
    # has to be the same where `--seed` alone repeats the run.
    name = without_seed(item.nodeid, seed).partition("::")[2]
    solution = settings.solution
    # The picture of a test that passes has to be ready when it is over.
    everything = settings.traced or shows_all()
    facts = make_facts(settings.options, everything=everything)
    return Lab(
        make_runtime(settings.options, run_seed(seed, name), facts),
        settings.options.mode,
        seed,
        solution=None if solution is None else solution.resolve(),
        name=name,
        artifacts=settings.artifacts,
        rules=settings.options.rules,
        debugged=bool(item.config.getoption("usepdb", False)),
        about=functools.partial(_about, settings, name, seed),
    )


def _about(settings: Settings, name: str, seed: int) -> dict[str, object]:
    """What the files of a run say of it."""
    return run_by(settings, name, seed).to_json()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run the body of a lab test in its runtime, whoever calls it."""
    __tracebackhide__ = True
    lab = pyfuncitem.funcargs.get("lab")
    if not isinstance(lab, Lab):
        return (yield)
    # In its place, and not called here: fixtures, and plugins that replace the call, go
    # on working as with any test.
    body = pyfuncitem.obj
    pyfuncitem.obj = functools.wraps(body)(functools.partial(_run_body, lab, body))
    try:
        return (yield)
    except BaseException as error:
        leaving = _session_end(error)
        if leaving is not None:
            raise leaving from None
        raise
    finally:
        pyfuncitem.obj = body


def _session_end(error: BaseException | None) -> BaseException | None:
    """What ends the session, if a failure comes from that: `q` in a debugger."""
    while error is not None and not isinstance(error, pytest.exit.Exception):
        error = error.__cause__
    return error


def _run_body(lab: Lab, body: Callable[..., object], /, **arguments: object) -> object:
    __tracebackhide__ = True
    try:
        return lab.run(functools.partial(body, **arguments))
    finally:
        write_trace(lab)


# Reports


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report what the run of a lab test has left in its `Lab`."""
    lab = getattr(item, "funcargs", {}).get("lab")
    if call.when != "call" or not isinstance(lab, Lab):
        return (yield)
    # Before the `yield`, in which pytest reads the exception and its traceback.
    prepare(call, lab, whole=item.config.getoption("fulltrace"))
    report = yield
    # As properties: a worker of pytest-xdist sends those to its controller, and no
    # `Lab`.
    report.user_properties.extend((_RESULT, line) for line in lab.results)
    report.user_properties.extend((_WARNING, harmless(line)) for line in lab.warnings)
    if report.failed and call.excinfo is not None:
        assert isinstance(item, pytest.Function)
        settings = item.config.stash[_SETTINGS]
        report.sections = without_files(report.sections, lab.files)
        if settings.command:
            # Who has called this session for one run says where its files are.
            lab.files.clear()
        explain(
            report,
            item,
            lab,
            call.excinfo,
            settings=settings,
            interrupts=item.config.stash[_INTERRUPTS],
        )
    # Last, since `explain` quotes the solution as well.
    make_harmless(item.config, report)
    return report


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, tuple[str, Mapping[str, bool]]] | None:
    """Put the result lines of a passed lab test into the verbose word of its status."""
    # A test that passes although it is marked to fail keeps pytest's own word.
    if report.when != "call" or not report.passed or hasattr(report, "wasxfail"):
        return None
    results = [str(value) for name, value in report.user_properties if name == _RESULT]
    if not results:
        return None
    return "passed", ".", (f"PASSED  {'; '.join(results)}", {"green": True})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which files of passed tests could not be written; failed ones say it."""
    warnings = [
        str(value)
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == _WARNING
    ]
    for warning in warnings[:_MOST_WARNINGS]:
        terminalreporter.write_line(f"raftlab: {warning}", yellow=True)
    if len(warnings) > _MOST_WARNINGS:
        terminalreporter.write_line(
            f"raftlab: and {len(warnings) - _MOST_WARNINGS} more of these"
        )
