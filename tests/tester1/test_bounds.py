"""Numbers of a solution's that are larger than any the course has."""

from __future__ import annotations

import pytest

from raft1.testing.applied import shortened
from tester1.contact.bounds import bounded, excess
from tester1.contact.raft_messages import StateReply

HUGE = 10**5000


@pytest.mark.parametrize("number", [0, -7, 2**63 - 1, -(2**63) + 1])
def test_numbers_of_64_bits_are_left_alone(number: int) -> None:
    """All that a Raft ever needs."""
    assert bounded(number) == number
    assert excess(StateReply(number, True)) == ""


@pytest.mark.parametrize("number", [2**63, -(2**64), HUGE], ids=["63", "64", "huge"])
def test_larger_ones_are_told_by_their_size(number: int) -> None:
    """No text can hold the longest of them, so it is not spelled out."""
    assert abs(bounded(number)) == 2**63 - 1
    said = excess(StateReply(number, True))
    bits = number.bit_length()
    assert said == f"a number of {bits} bits as term; 64 are the most"


def test_a_command_that_cannot_be_told_is_described() -> None:
    """A test whose command it is fails by its own message, and not by Python's."""
    assert shortened(HUGE) == "<int that is too long to be told>"
