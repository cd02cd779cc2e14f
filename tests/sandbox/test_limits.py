"""Limits come from the environment, or are what they usually are."""

from __future__ import annotations

import pytest

from tester1.sandbox.limits import Limits, LimitsError


def test_the_environment_changes_limits() -> None:
    """Each variable sets its own limit and leaves the others."""
    limits = Limits.of({"RAFTLAB_MEMORY_MIB": "64", "RAFTLAB_FSYNC": "1"})
    assert limits == Limits(memory_mib=64, fsync=True)
    assert limits.memory == 64 << 20
    assert Limits.of({}) == Limits()


@pytest.mark.parametrize("text", ["0", "-1", "lots", "1.5"])
def test_a_limit_that_is_no_number_is_an_error(text: str) -> None:
    """The message names the variable."""
    with pytest.raises(LimitsError, match="RAFTLAB_START_S="):
        Limits.of({"RAFTLAB_START_S": text})
