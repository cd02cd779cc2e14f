"""The replicated state machine: a layer between a service and Raft."""

from kvraft1.rsm.rsm import MakeRSM
from kvraft1.rsm.statemachine import StateMachine

__all__ = ["MakeRSM", "StateMachine"]
