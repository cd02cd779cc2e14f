"""The replicated state machine, as the tester imports it."""

from kvraft1.rsm.rsm import MakeRSM

__all__ = ["MakeRSM"]
