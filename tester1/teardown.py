"""Taking a test down, completely, whatever fails on the way.

Rules:

- every step is done, also after one that raises;
- the failure that came first is the one that is told. What fails later, on the way
  out, is added to it as a note: it may well be a consequence;
- Ctrl-C is Ctrl-C: it goes before every failure, whenever it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from labrt.texts import message_of, name_of

__all__ = ["do_all", "is_interrupt"]


def do_all(
    steps: Iterable[Callable[[], object]], error: BaseException | None = None
) -> None:
    """Do all steps, of a test that has failed with `error` or has not failed.

    Raises the first failure of a step if there was no `error`, and else nothing but
    `KeyboardInterrupt`: the caller is about to raise `error`, which is told the rest.
    """
    failures = [] if error is None else [error]
    for step in steps:
        try:
            step()
        except BaseException as failure:
            if failure is not error:
                failures.append(failure)
    if not failures:
        return
    # Ctrl-C or the first: what came later may well be its consequence.
    told = next(filter(is_interrupt, failures), failures[0])
    if not is_interrupt(told):  # of which pytest makes a heading, as it is
        for other in failures[1:]:
            told.add_note(f"besides: {name_of(other)}: {message_of(other)}")
    if told is not error:
        raise told


def is_interrupt(error: BaseException) -> bool:
    """Whether this is how Ctrl-C ends a run."""
    return isinstance(error, KeyboardInterrupt)
