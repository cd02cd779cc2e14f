"""A failed run once more, for its events.

A run that nobody looks at records nothing. When a simulated run has failed, it is
therefore done once more from its seed with its facts kept, and those are shown
if it ends in the very same failure.
"""

from __future__ import annotations

from collections.abc import Callable

from labrt import Fact, Facts, Runaway, Runtime
from labrt.texts import message_of, without_addresses
from tester1.lab import Lab
from tester1.session.divergence import unrepeated
from tester1.session.unattended import unattended

__all__ = ["replay"]


def replay(
    lab: Lab,
    error: BaseException,
    test: Callable[[], object],
    make_runtime: Callable[[Facts], Runtime],
) -> list[Fact] | None:
    """The events of the run that failed with `error`; None if it does not repeat.

    Then `lab.unrepeated` says where the two runs part. `make_runtime` makes the runtime
    of the same run, which keeps its facts.
    """
    if isinstance(error, KeyboardInterrupt):
        return []  # it is no part of the run (and a failure only under `--pdb`)
    # The first runtime is kept for its course, with which this one is compared.
    facts, first = Facts(most=None), lab.runtime
    lab.replay(make_runtime(facts))
    try:
        with unattended():
            lab.run(test)
    except KeyboardInterrupt:
        raise
    except BaseException as again:
        # Whatever it is: it has no place to go but here, since pytest is in the middle
        # of the report on the first run.
        if _is_same(again, error):
            return lab.kept_facts()
    lab.unrepeated = unrepeated(first, lab.runtime, facts.kept)
    return None


def _is_same(one: BaseException, other: BaseException) -> bool:
    # By name: a class that the test itself defines is made again by the repetition.
    same_kind = type(one).__qualname__ == type(other).__qualname__
    if isinstance(one, Runaway) and isinstance(other, Runaway):
        # When its processor time is over, a loop is at any of its lines.
        return one.worlds == other.worlds
    return same_kind and _message(one) == _message(other)


def _message(error: BaseException) -> str:
    return without_addresses(message_of(error))
