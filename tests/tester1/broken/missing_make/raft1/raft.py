"""A solution that has no `Make`."""


class Raft:
    """A Raft that nobody can make."""


def make(peers, me, persister, applyCh):
    return Raft()
