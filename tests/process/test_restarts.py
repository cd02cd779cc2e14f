"""What a solution pickles before a crash it reads after it, in both modes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Raftlab, raftlab
from tests.mutating import Mutant

__all__ = ["raftlab"]

# A Raft that wraps whatever it saves into an object of a class of its own.
PICKLING = """
import pickle
from dataclasses import dataclass

@dataclass
class Saved:
    state: bytes
    kind: type

class Entry:
    pass

class Pickled:
    def __init__(self, persister):
        self._persister = persister

    def Save(self, state, snapshot):
        self._persister.Save(pickle.dumps(Saved(state, Entry)), snapshot)

    def ReadRaftState(self):
        data = self._persister.ReadRaftState()
        if not data:
            return b""
        saved = pickle.loads(data)
        assert type(saved) is Saved and saved.kind is Entry
        print("read", len(saved.state))
        return saved.state

    def __getattr__(self, name):
        return getattr(self._persister, name)

def Make(peers, me, persister, applyCh):
    return _make(peers, me, Pickled(persister), applyCh)

def _make("""


@pytest.mark.parametrize("mode", ["sim", "process"])
def test_pickles_of_the_solutions_classes(
    raftlab: Raftlab, tmp_path: Path, mode: str
) -> None:
    """An object comes back as one of the present incarnation's class."""
    mutant = Mutant("pickles", "raft1/raft.py", "\ndef Make(", PICKLING)
    solution = mutant.write(tmp_path / "solution")
    test = ["test", "TestPersist13C", "-n", "1", "--solution", solution]
    ended = raftlab(*test, "--mode", mode)
    assert (ended.status, ended.err) == (0, ""), ended.out
