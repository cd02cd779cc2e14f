"""The module `gc` of a world: what it sets is its own, and changes nothing outside."""

from __future__ import annotations

import gc
from types import ModuleType
from typing import Any

from labrt.sim.collector import collect
from labrt.sim.modules.copies import copy_of
from labrt.sim.world import SimWorld, living_worlds


def make_module(world: SimWorld) -> ModuleType:
    """Make the `gc` module of one world: its settings are the world's own."""
    settings: dict[str, Any] = {"enabled": True, "threshold": (700, 10, 10), "debug": 0}

    def collect_now(generation: int = 2) -> int:
        if not 0 <= generation <= 2:
            raise ValueError("invalid generation")
        # Whose garbage it is nobody knows, so all of it goes, and how much there was
        # is not told: it depends on the rest of the process.
        collect(living_worlds(world.runtime))
        return 0

    def set_threshold(*thresholds: int) -> None:
        settings["threshold"] = (
            *thresholds[:3],
            *settings["threshold"][len(thresholds) :],
        )

    return copy_of(
        gc,
        callbacks=[],
        collect=collect_now,
        disable=lambda: settings.update(enabled=False),
        enable=lambda: settings.update(enabled=True),
        freeze=lambda: None,
        get_count=lambda: (0, 0, 0),
        get_debug=lambda: settings["debug"],
        get_freeze_count=lambda: 0,
        get_stats=lambda: [
            {"collections": 0, "collected": 0, "uncollectable": 0} for _ in range(3)
        ],
        get_threshold=lambda: settings["threshold"],
        isenabled=lambda: settings["enabled"],
        set_debug=lambda flags: settings.update(debug=flags),
        set_threshold=set_threshold,
        unfreeze=lambda: None,
    )
