"""What the page believes of a server is what the server has.

The servers of these runs print what they save. Between two saves what a server has to
remember does not change, so what it has shown by then must be a part of that.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labrt import Fact
from tester1.facts.names import number_of
from tester1.rules.messages import Calls
from tester1.view.states import ServerState, States, index_offset
from tests.raft import test_3c, test_3d, test_ours
from tests.timeline.recorded import TRUTHFUL, Saved, record, truths

SEED = 4
TESTS = (
    test_3c.test_persist_2_3C,
    test_ours.test_figure_8_by_steps_3C,
    test_3c.test_unreliable_churn_3C,
    test_3d.test_snapshot_install_un_crash_3D,
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[list[Fact]]:
    """Runs with crashes, partitions, lost messages and snapshots."""
    solution = TRUTHFUL.write(tmp_path_factory.mktemp("truthful"))
    return record(TESTS, SEED, solution)


def moments(facts: list[Fact]) -> Iterator[tuple[ServerState, Saved]]:
    """Each server just before it saves, with what it had saved last."""
    calls = Calls(facts)
    states = States(calls, index_offset(facts, calls) or 0)
    printed = {truth.at: truth for truth in truths(facts)}
    last: dict[str, Saved] = {}
    for at, fact in enumerate(facts):
        truth = printed.get(at)
        if truth is not None:
            known = states.servers.get(truth.server)
            if known is not None and truth.server in last:
                yield known, last[truth.server]
            last[truth.server] = truth
        states.take(fact)


def test_no_entry_is_made_up(runs: list[list[Fact]]) -> None:
    """Every entry that is known is in the log, with that term, and none lies behind."""
    compared = 0
    for facts in runs:
        for known, saved in moments(facts):
            first, last = min(saved.terms), max(saved.terms)
            for index, entry in known.log.items():
                if index >= first and entry.term is not None:
                    assert saved.terms.get(index) == entry.term, (known.server, index)
                    compared += 1
            assert known.end is None or known.end <= last, known.server
    assert compared > 50_000


def test_nearly_all_is_known(runs: list[list[Fact]]) -> None:
    """A log is known to its end, unless nobody was told of its last entries."""
    ends = [
        (known.end, max(saved.terms))
        for facts in runs
        for known, saved in moments(facts)
    ]
    equal = sum(known == end for known, end in ends)
    assert equal > 0.95 * len(ends)


def test_a_vote_is_the_one_that_was_saved(runs: list[list[Fact]]) -> None:
    """In the term that a server is known to be in, its vote is known or unknown."""
    votes = 0
    for facts in runs:
        for known, saved in moments(facts):
            if known.voted is not None and known.term == saved.term:
                assert int(number_of(known.voted)) == saved.voted
                votes += 1
    assert votes > 100
