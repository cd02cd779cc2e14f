"""A Raft in one file."""
