"""Puts hooks around the RSM, the state machine and the Raft of the program it is in.

It has to be imported before the solution's modules, which take `Make` and `MakeRSM`
from where they are defined: from here on they find others in that place, which put the
hooks around what they make. What hooks do is in `tester1.contact.hooks`.
"""

from __future__ import annotations

import threading

import raft1.raft
from raft1.raftapi import ApplyChannel, ApplyMsg
from tester1.contact.hooks import Hooks
from tester1.contact.services import TesterClient

_hooks = Hooks(ApplyChannel, ApplyMsg, threading.get_ident)


def observe(tester: TesterClient) -> None:
    """Tell `tester`, if it listens, what is done in this program from now on."""
    _hooks.listen(tester)


def _put_hooks() -> None:
    # A solution that lacks one of them is told so where the name is missed.
    _hooks.put_around(vars(raft1.raft), "Make", _hooks.make_raft)
    # Not before `Make` is replaced, which these modules take as well.
    import kvraft1.rsm

    _hooks.put_around(vars(kvraft1.rsm), "MakeRSM", _hooks.make_rsm)


_put_hooks()
