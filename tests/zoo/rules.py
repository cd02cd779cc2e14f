"""The rules that the wrong solutions break, and by which words a failure names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

RAFT_RULES: Final = {
    "one leader a term": r"5\.2",
    "one vote a term": r"5\.2",
    "majority elects": r"5\.2",
    "votes look at the log": r"5\.4\.1",
    "answers tell the term": r"5\.1",
    "newer terms depose": r"5\.1",
    "saved before answering": r"[Ff]igure 2",
    "remembered over a crash": r"5\.1",
    "log matching": r"5\.3",
    "leaders only append": r"5\.3",
    "acknowledged entries stay": r"5\.3",
    "leader completeness": r"5\.4\.3",
    "commit by majority": r"5\.3",
    "commit own term only": r"5\.4\.2",
    "follow the leader's commit": r"5\.3",
    "commit no further than verified": r"5\.3",
    "snapshots of what is applied": r"section 7",
    "snapshots never go back": r"section 7",
    "applied in order": r"applied in order",
    "state machine safety": r"5\.4\.3|apply error",
}
"""The safety rules of Raft: the section of the paper that a failure has to name."""

KV_RULES: Final = {
    "ErrMaybe only after a repeat": r"ErrMaybe only after a repeat",
    "OK only if performed": r"OK only if performed",
    "versions": r"versions?:",
    "answered by its own operation": r"answered by its own operation",
    "waiters are told": r"waiters are told|Submit after healing didn't return",
    "snapshots in time": r"snapshots in time|logs were not trimmed",
}
"""The rules of what stands on top of it. Where a check of the course looks at the same,
and has a shorter limit, its words are the first that are heard."""

RULE_WORDS: Final = {**RAFT_RULES, **KV_RULES}


def is_named(rules: Iterable[str], failure: str) -> bool:
    """Whether the first line of a failure names one of the rules, or its section."""
    first = failure.partition("\n")[0]
    return any(rule in first or re.search(RULE_WORDS[rule], first) for rule in rules)
