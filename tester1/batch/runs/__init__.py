"""Runs of batches: what is to be done, where, and how, each in a process of its own."""
