"""The bookkeeping of waiting Submits: who is answered, who is lost, and when."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from kvraft1.rsm.pending import PendingSubmits


def three_waiters() -> PendingSubmits[str]:
    """Commands 11, 12 and 13 at indices 1 to 3, the last one of a later term."""
    pending: PendingSubmits[str] = PendingSubmits()
    for index, term, name in (1, 1, "a"), (2, 1, "b"), (3, 2, "c"):
        assert pending.add(name, index=index, term=term, op_id=10 + index) == []
    return pending


def test_the_command_at_its_index_is_answered() -> None:
    """The waiter of an applied command is answered, and nobody else is disturbed."""
    pending = three_waiters()
    assert pending.applied(1, 11) == ("a", [])
    assert pending.applied(4, 99) == (None, [])
    assert len(pending) == 2


def test_another_command_at_the_index_loses_the_whole_term() -> None:
    """Entries of the same or an older term behind a replaced one are gone, too."""
    assert three_waiters().applied(1, 99) == (None, ["a", "b"])
    assert three_waiters().applied(3, 99) == (None, ["c", "a", "b"])


def test_an_index_given_out_again_loses_who_had_it() -> None:
    """A leader that starts a command at an old index has lost what was there."""
    pending = three_waiters()
    assert pending.add("d", index=2, term=5, op_id=50) == ["b", "c"]
    assert pending.applied(2, 50) == ("d", [])


def test_lost_leadership_ends_the_wait_of_its_terms_only() -> None:
    """Not leading in a term ends it; leading in it ends all earlier ones."""
    assert three_waiters().leadership(1, is_leader=True) == []
    assert three_waiters().leadership(1, is_leader=False) == ["a", "b"]
    assert three_waiters().leadership(2, is_leader=True) == ["a", "b"]
    assert three_waiters().leadership(2, is_leader=False) == ["a", "b", "c"]


def test_a_snapshot_hides_what_it_covers() -> None:
    """Nobody learns what was applied at an index that arrived in a snapshot."""
    assert three_waiters().snapshot(2) == ["a", "b"]


@dataclass
class Ledger:
    """Follows what happens to waiters, who are their own command's number."""

    pending: PendingSubmits[int] = field(default_factory=PendingSubmits)
    waiting: dict[int, int] = field(default_factory=dict)
    released: list[int] = field(default_factory=list)

    def release(self, waiters: list[int]) -> None:
        """These have been handed back."""
        self.released += waiters
        for waiter in waiters:
            del self.waiting[waiter]

    def step(self, action: str, index: int, term: int, op_id: int) -> None:
        """Let one thing happen."""
        match action:
            case "add":
                self.waiting[op_id] = index
                lost = self.pending.add(op_id, index=index, term=term, op_id=op_id)
                assert op_id not in lost
                self.release(lost)
            case "applied":
                at_index = [op for op, k in self.waiting.items() if k == index]
                answered, lost = self.pending.applied(index, op_id)
                assert answered == (op_id if op_id in at_index else None)
                self.release(lost if answered is None else [answered, *lost])
            case "leadership":
                self.release(self.pending.leadership(term, is_leader=index % 2 == 0))
            case "snapshot":
                self.release(self.pending.snapshot(index))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "applied", "leadership", "snapshot"]),
        st.integers(1, 6),
        st.integers(1, 4),
        st.integers(0, 40),
    ),
    max_size=40,
)


@given(STEPS)
def test_every_waiter_is_handed_back_exactly_once(
    steps: list[tuple[str, int, int, int]],
) -> None:
    """Whatever happens, nobody is forgotten, told twice, or given another's reply."""
    ledger = Ledger()
    added: set[int] = set()
    for action, index, term, op_id in steps:
        if action == "add" and op_id in added:
            continue
        if action == "add":
            added.add(op_id)
        ledger.step(action, index, term, op_id)
        assert len(ledger.pending) == len(ledger.waiting)
    ledger.release(ledger.pending.close())
    assert not ledger.waiting
    assert sorted(ledger.released) == sorted(added)
