"""A plugin for pytest with a fault: the fast path refuses what it should take."""

from __future__ import annotations

import os
from typing import Any

from labgob.errors import Misfit
from labgob.records import RecordPlan


def _refuse(self: RecordPlan, value: Any) -> Any:
    raise Misfit


# The one side, or the other, of the codec.
setattr(RecordPlan, os.environ["PLANTED_FALLS"], _refuse)
