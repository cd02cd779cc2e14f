"""The rules of the replicated state machine and of the key/value service."""
