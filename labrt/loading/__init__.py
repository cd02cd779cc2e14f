"""Modules of a world's own: found, compiled, executed, and told from the process's."""
