"""The rules of Raft: what they are, what they remember, and a module for each topic."""
