"""The zoo holds what its labels say, as far as a few seconds can tell.

What the tests find of it is a measurement: `python -m tests.zoo`.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.mutating import SuiteTest, run
from tests.raft import test_3a, test_3b, test_3d
from tests.zoo.__main__ import SOLUTIONS
from tests.zoo.healthy import VARIANTS
from tests.zoo.hunting import SLOWEST, TESTS, Effort, finders_of, hunt, runs_of
from tests.zoo.kv_bugs import KV_BUGS
from tests.zoo.races import RACES
from tests.zoo.raft_bugs import RAFT_BUGS
from tests.zoo.rules import KV_RULES, RAFT_RULES, RULE_WORDS, is_named
from tests.zoo.specimens import BASE, Bug, Change, Specimen

BUGS: list[Bug] = [*RAFT_BUGS, *RACES, *KV_BUGS]
SPECIMENS: list[Specimen] = [*BUGS, *VARIANTS]


@pytest.mark.parametrize("specimen", SPECIMENS, ids=[one.name for one in SPECIMENS])
def test_a_solution_can_be_made(specimen: Specimen) -> None:
    """Each place is in the base once, and what is made of it is Python, and changed."""
    sources = specimen.sources()
    originals = {file: (BASE / file).read_text() for file in sources}
    assert all(sources[file] != originals[file] for file in sources)
    assert sources or specimen.name == "the base itself"


def test_names_are_unique() -> None:
    """A name says which solution it is."""
    counts = Counter(one.name for one in SPECIMENS)
    assert [name for name, count in counts.items() if count > 1] == []


def test_no_two_are_the_same() -> None:
    """A mistake is counted once."""
    counts = Counter(str(sorted(one.sources().items())) for one in SPECIMENS)
    assert max(counts.values()) == 1


def test_each_rule_is_broken() -> None:
    """By one of the wrong solutions at least; and none breaks a rule unheard of."""
    assert {rule for bug in BUGS for rule in bug.rules} <= RULE_WORDS.keys()
    assert {bug.rule for bug in RAFT_BUGS} >= RAFT_RULES.keys()
    assert {bug.rule for bug in KV_BUGS} >= KV_RULES.keys()


def test_likely_finders_are_tests() -> None:
    """And tests of a part that the solution is shown to."""
    for bug in BUGS:
        assert set(bug.likely) <= TESTS.keys(), bug.name
        assert all(name.endswith(bug.parts) for name in bug.likely), bug.name
    assert set(SLOWEST) <= TESTS.keys()


def test_likely_finders_come_first() -> None:
    """Then what is quick, then what is slow; and no test comes twice."""
    bug = Bug("", (), ("3B", "3C"), likely=("test_reliable_churn_3C",))
    names = [test.__name__ for test in finders_of(bug, Effort())]
    assert names[0] == "test_reliable_churn_3C"
    assert names[-1] == "test_figure_8_unreliable_3C"
    assert len(set(names)) == len(names) == 23
    quick = finders_of(bug, Effort(is_quick=True))
    assert len(quick) == 21
    assert len(finders_of(bug, Effort(parts=("3B",)))) == 11


def test_races_are_run_with_switches() -> None:
    """Under every other seed; other wrong solutions never are."""
    effort = Effort(2, ("3A",))
    race, other = Bug("", (), ("3A",), is_race=True), Bug("", (), ("3A",))
    assert {options.preempt for _, _, options in runs_of(race, effort)} == {
        "none",
        "line",
    }
    assert {options.preempt for _, _, options in runs_of(other, effort)} == {"none"}


@pytest.mark.parametrize(
    "test",
    [
        test_3a.test_initial_election_3A,
        test_3b.test_rejoin_3B,
        test_3d.test_snapshot_install_3D,
    ],
    ids=lambda test: test.__name__,
)
def test_the_base_passes(test: SuiteTest) -> None:
    """It has no mistake that the quick tests would find in place of the one added."""
    assert run(test, 1, BASE) == ""


def test_the_service_of_the_base_passes() -> None:
    """On top of the Raft of the base."""
    assert run(TESTS["test_snapshot_4C"], 1, BASE) == ""
    assert run(TESTS["test_basic_4B"], 1, BASE) == ""


def test_a_hunt_ends_with_the_first_failure() -> None:
    """And tells which test it was, under which seed."""
    (bug,) = (bug for bug in RAFT_BUGS if bug.name.startswith("Start returns the"))
    finding = hunt(bug, Effort(4))
    assert finding.found
    assert finding.test == "test_basic_agree_3B"
    assert finding.failure
    assert finding.as_json()["runs"] == finding.runs


def test_a_hunt_for_nothing_finds_nothing() -> None:
    """Every test of the parts is run under every seed."""
    (base,) = (one for one in VARIANTS if not one.changes and not one.renamed)
    finding = hunt(base, Effort(2, ("3A",)))
    assert not finding.found
    assert finding.runs == 2 * len(finders_of(base, Effort(2, ("3A",))))


def test_a_rule_is_named_by_title_or_section() -> None:
    """In the first line of the failure: what is below is for the reader."""
    rules = ("commit own term only", "commit by majority")
    assert is_named(rules, "server 1 committed an entry of term 2 (section 5.4.2)")
    assert is_named(rules, "commit by majority: 2 of 5\nmore")
    assert not is_named(rules, "apply error\nsection 5.4.2")
    assert not is_named((), "section 5.4.2")


def test_a_place_that_is_not_there_once_is_refused(tmp_path: Path) -> None:
    """A specimen of a place that is gone does not pass for the base."""
    for right in "no such line", "self.persist()":
        change = Change("raft1/raft.py", right, "pass")
        specimen = Specimen("x", (change,), ("3A",))
        with pytest.raises(AssertionError, match=r"places in raft1/raft\.py"):
            specimen.write(tmp_path)


def test_what_replaces_a_place_stands_where_it_stood() -> None:
    """Lines have the depth that they have to the first, wherever that is."""
    change = Change("", "    one\n", "        two:\n            three\n    four")
    source = "\nif x:\n        one\n        end\n"
    made = "\nif x:\n        two:\n            three\n    four\n        end\n"
    assert change.made_in(source) == made


def test_all_solutions_can_be_asked_for() -> None:
    """By the command line's words."""
    assert len(SOLUTIONS["bugs"]) == len(BUGS)
    assert SOLUTIONS["healthy"] == VARIANTS
