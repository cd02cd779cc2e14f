"""The randomness of a simulated world: all of it comes from the world's stream."""

from __future__ import annotations

import random as real_random
import uuid as real_uuid
from collections.abc import Callable
from types import ModuleType
from typing import Any

from labrt.sim.active import active
from labrt.sim.modules.copies import copy_of, rebound_copy
from labrt.sim.world import SimWorld, current_world


def _entropy() -> int:
    """Draw what an unseeded generator is seeded with, from the world's stream."""
    runtime = active()
    world = current_world()
    source = world.random if world else runtime.stream("unseeded generators")
    return source.getrandbits(64)


class _Random(real_random.Random):
    """A generator that takes its seed from the world where Python asks the system."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Seed the generator; without a number, from the world's stream."""
        super().seed(_entropy() if a is None else a, version)


class _SystemRandom(_Random):
    """The system's randomness, which in a simulation is the world's."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Take a new seed from the world's stream, whatever `a` is."""
        super().seed(None)


for _kind in (_Random, _SystemRandom):
    # To its users, and in pickles, it is the library's.
    _kind.__name__ = _kind.__qualname__ = _kind.__name__[1:]
    _kind.__module__ = "random"


def make_random(world: SimWorld) -> ModuleType:
    """Make the `random` module of one world, with a shared generator of its own."""
    generator = _Random(world.random.getrandbits(64))
    module = copy_of(
        real_random,
        Random=_Random,
        SystemRandom=_SystemRandom,
        _urandom=urandom(world),
        _inst=generator,
    )
    # `random.random` and the others are methods of the one shared generator.
    shared = real_random._inst
    for name, value in vars(real_random).items():
        if getattr(value, "__self__", None) is shared:
            setattr(module, name, getattr(generator, name))
    return module


def urandom(world: SimWorld) -> Callable[[int], bytes]:
    """The `os.urandom` of one world."""

    def draw(size: int, /) -> bytes:
        if size < 0:
            raise ValueError("negative argument not allowed")
        return world.random.randbytes(size)

    draw.__name__ = "urandom"
    return draw


def make_uuid(world: SimWorld) -> ModuleType:
    """Make the `uuid` module of one world.

    The class is the process's, since a UUID may be sent to others. The functions are
    the library's, over the world's clock and randomness and a made-up network card.
    """
    multicast = 1 << 40  # as the library marks a node that is no card's address
    return rebound_copy(
        real_uuid,
        __builtins__=world.builtins,
        # Not the system's own maker of UUIDs, which asks the wall clock and the card.
        _generate_time_safe=None,
        # No time was given away in this world yet, whatever the process did.
        **{name: None for name in vars(real_uuid) if name.startswith("_last_")},
        _node=world.random.getrandbits(48) | multicast,
        os=world.find("os"),
    )
