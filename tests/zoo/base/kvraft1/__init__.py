"""A key/value service on top of a Raft."""
