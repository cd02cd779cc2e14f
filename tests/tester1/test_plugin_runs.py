"""The pytest plugin: which runs it does, under which seeds, with which options."""

from __future__ import annotations

import re
import shlex

import pytest

from tester1.facts.file import read_facts
from tests.tester1.conftest import InnerPytest

CHOICES = """
    from pathlib import Path
    import pytest

    def note(lab, text):
        with open("choices", "a") as file:
            print(text, lab.seed, lab.runtime.stream("test").random(), file=file)

    def test_a(lab):
        note(lab, "a")

    def test_figure_8_3C(lab):
        lab.runtime.sleep(1000)
        note(lab, "b")

    @pytest.mark.parametrize("n", [1, 2])
    def test_c(n, lab):
        note(lab, f"c{n}")
"""


@pytest.fixture
def choices(inner: InnerPytest) -> InnerPytest:
    """Tests that write down what they choose at random."""
    inner.file(CHOICES)
    return inner


def chosen(inner: InnerPytest, *arguments: str) -> list[str]:
    """What the tests chose in a run in which all of them passed, sorted."""
    file = inner.folder / "choices"
    file.write_text("")
    result = inner.run(*arguments)
    lines = file.read_text().splitlines()
    assert result.ret == pytest.ExitCode.OK
    return sorted(lines)


def test_header_names_a_drawn_seed(choices: InnerPytest) -> None:
    """A run without a seed draws one, prints it, and it repeats the run."""
    result = choices.run()
    (seed,) = re.findall(r"raftlab: mode sim, seed (\d+)\n", result.stdout.str())
    first = (choices.folder / "choices").read_text()
    assert chosen(choices, "--seed", seed) == sorted(first.splitlines())


def test_header_names_what_is_special(choices: InnerPytest) -> None:
    """Seeds, solution and preemption are in the header when they are not the usual."""
    options = "--seed 5 --seeds 2 --solution solution --preempt line"
    choices.run(*options.split()).stdout.fnmatch_lines(
        [
            f"solution: {choices.folder / 'solution'}",
            "raftlab: mode sim, seed 5, 2 seeds a test, preempt line",
        ]
    )


def test_same_seed_same_choices(choices: InnerPytest) -> None:
    """Neither the other tests nor their order change what a test's run does."""
    everything = chosen(choices, "--seed", "5")
    assert len(everything) == 4
    assert chosen(choices, "--seed", "5", "-k", "test_c", "-q") == everything[2:]
    backwards = [f"test_inner.py::test_{name}" for name in ("figure_8_3C", "a")]
    assert chosen(choices, "--seed", "5", *backwards) == everything[:2]
    others = chosen(choices, "--seed", "6")
    assert not {line.split()[2] for line in others} & {
        line.split()[2] for line in everything
    }


def test_drawn_seed_reaches_workers(choices: InnerPytest) -> None:
    """Every worker of pytest-xdist does the runs of the seed that the header names."""
    result = choices.run_apart("-n", "2")
    (seed,) = re.findall(r"raftlab: mode sim, seed (\d+)\n", result.stdout.str())
    in_workers = sorted((choices.folder / "choices").read_text().splitlines())
    assert in_workers == chosen(choices, "--seed", seed)


def test_several_seeds(choices: InnerPytest) -> None:
    """Each test runs under K seeds; the number in its id repeats that run alone."""
    result = choices.run("--seed", "5", "--seeds", "3", "-v", "-k", "test_c")
    result.assert_outcomes(passed=6, deselected=6)
    seeds = re.findall(
        r"::test_c\[(?:1-)?seed=(\d+)(?:-1)?\] PASSED", result.stdout.str()
    )
    assert seeds[0] == "5"
    assert len(set(seeds)) == 3
    lines = (choices.folder / "choices").read_text().splitlines()
    (wanted,) = [line for line in lines if line.startswith(f"c1 {seeds[2]} ")]
    assert chosen(choices, "--seed", seeds[2], "-k", "test_c and 1") == [wanted]


def test_tests_without_lab_are_left_alone(inner: InnerPytest) -> None:
    """They run as ever, once, outside every simulation."""
    inner.file(
        """
        import time

        def test_plain():
            assert time.monotonic() > 0
        """
    )
    inner.run("--seeds", "3").assert_outcomes(passed=1)


def test_course_names(choices: InnerPytest) -> None:
    """`-k` finds a test by the course's name for it, in the course's spelling."""
    choices.run("-k", "TestFigure83C").assert_outcomes(passed=1, deselected=3)
    choices.run("-k", "3C").assert_outcomes(passed=1, deselected=3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--mode other", "invalid choice: 'other'"),
        ("--seeds 0", "'0' is not a whole number of at least 1"),
        ("--seed x", "'x' is not a whole number of at least 0"),
        ("--preempt always", "invalid choice: 'always'"),
        ("--solution nowhere", "--solution: nowhere is not a folder"),
        ("--solution .", "holds no solution"),
        ("--solution solution/raft1", "did you mean solution?"),
    ],
)
def test_usage_errors(choices: InnerPytest, arguments: str, message: str) -> None:
    """What cannot be done is refused before any test, in one line."""
    result = choices.run(*shlex.split(arguments))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


def test_solution_is_what_runs(inner: InnerPytest) -> None:
    """`--solution DIR` is where the servers' code comes from."""
    inner.file(
        """
        from tests.tester1.counting import get, make_config

        def test_count(lab):
            with make_config(lab, 1) as config:
                assert get(config, 0) == 1
        """
    )
    inner.run("--solution", "solution").assert_outcomes(passed=1)
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("*LabFailure: server-0-0: no module named*counting*")


def test_preemption(inner: InnerPytest) -> None:
    """`--preempt line` finds a race between two statements that nothing else shows."""
    program = inner.folder / "solution" / "raft1" / "racing.py"
    program.write_text(
        """
import threading

def start(*args):
    total = [0]

    def add():
        for _ in range(10):
            seen = total[0]
            total[0] = seen + 1

    threads = [threading.Thread(target=add) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total[0] == 50, "lost an addition"
    return []
"""
    )
    inner.file(
        """
        from tester1.cluster.config import Config

        def test_race(lab):
            with Config(lab, 1, reliable=True, start="raft1.racing:start"):
                pass
        """
    )
    options = ["--solution", "solution", "--seed", "1", "--seeds", "5"]
    inner.run(*options).assert_outcomes(passed=5)
    result = inner.run(*options, "--preempt", "line", "-x")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("*lost an addition*")
    result.stdout.fnmatch_lines("repeat: pytest *--preempt line")


def test_traces(inner: InnerPytest) -> None:
    """`--trace-events` writes every test's events, one a line, to the artifacts."""
    inner.file(
        """
        from tests.tester1.counting import ask, make_config

        def test_x(lab):
            with make_config(lab, 2) as config:
                assert ask(config, 0, 1)
        """
    )
    options = ["--solution", "solution", "--seed", "5", "--trace-events"]
    inner.run(*options).assert_outcomes(passed=1)
    inner.run(*options, "--artifacts", "here").assert_outcomes(passed=1)
    trace = (inner.folder / "here" / "test_x-5.trace").read_text()
    assert trace == (inner.folder / "raftlab-artifacts" / "test_x-5.trace").read_text()
    facts = read_facts(inner.folder / "here" / "test_x-5.trace").facts
    kinds = [
        fact.kind for fact in facts if fact.kind not in ("healed", "cut", "network")
    ]
    assert kinds == [
        *("started", "started", "sent", "handed over", "saved", "answered"),
        *("delivered", "waited", "ended", "ended"),
    ]
