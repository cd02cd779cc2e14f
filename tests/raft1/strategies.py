"""Hypothesis strategies for logs, and the settings that go with them."""

from __future__ import annotations

from hypothesis import strategies as st

from raft1.log import Log, LogEntry

TERMS = st.integers(1, 6)


@st.composite
def entries(draw: st.DrawFn, *, max_size: int = 12) -> list[LogEntry]:
    """Entries of terms that do not decrease; each command is unique in its list."""
    terms = sorted(draw(st.lists(TERMS, max_size=max_size)))
    return [LogEntry(term, f"t{term}i{i + 1}") for i, term in enumerate(terms)]


@st.composite
def related_logs(draw: st.DrawFn) -> tuple[Log, Log]:
    """A leader's and a follower's log, with the log matching property between them.

    They share a prefix. Behind it, one of them may go on in the prefix's last term;
    otherwise no term is in both tails, as if different leaders had written them. Both
    logs may begin behind a snapshot that ends within the prefix.
    """
    shared = draw(entries())
    last_term = shared[-1].term if shared else 1
    goes_on = draw(st.sampled_from([0, 1]))
    logs = []
    for parity in (0, 1):
        same = [last_term] * (draw(st.integers(0, 4)) if goes_on == parity else 0)
        steps = draw(st.lists(st.integers(last_term, last_term + 5), max_size=12))
        newer = [2 * step + parity for step in sorted(steps) if step > last_term]
        tail = [LogEntry(term, f"{parity}:{term}") for term in same + newer]
        logs.append(trimmed(shared + tail, draw(st.integers(0, len(shared)))))
    return logs[0], logs[1]


def trimmed(whole: list[LogEntry], base_index: int) -> Log:
    """A log of these entries, of which a snapshot covers the first `base_index`."""
    log = Log(whole)
    log.compact(base_index)
    return log
