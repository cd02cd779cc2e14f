"""Named random streams: every decision of a run comes from the seed and a name.

A stream's numbers depend on nothing but the run's seed and the stream's name, so
that drawing more numbers for one purpose leaves every other purpose's numbers as
they were, and an edit in one place does not reshuffle a whole run.
"""

from __future__ import annotations

import hashlib
import random


def derive(seed: int, name: str) -> int:
    """The 64-bit number that belongs to `name` under `seed`.

    It is the same in every process, whatever `PYTHONHASHSEED` says.
    """
    # A number has no space in it: no two pairs make the same text.
    text = f"{seed} {name}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


class Streams:
    """The named generators of one run, each made when it is first asked for."""

    __slots__ = ("_seed", "_streams")

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._streams: dict[str, random.Random] = {}

    def get(self, name: str) -> random.Random:
        """The generator called `name`; one name is one generator."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = random.Random(derive(self._seed, name))
        return stream
