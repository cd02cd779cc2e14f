"""A solution with a syntax error: the colon after `Make` is missing."""


def Make(peers, me, persister, applyCh)
    return None
