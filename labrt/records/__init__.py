"""Dataclasses for worlds: the standard library's, made without what takes long."""
