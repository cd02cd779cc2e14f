"""Simulated threads against what `threading` documents, on programs nobody thought of.

A *program* (`language`) is a few threads, timers and jobs that share locks,
conditions, queues … and do everything on a grid of ticks, so that instants coincide. It
is made by hypothesis (`strategies`), rendered as ordinary Python (`render`), run in a
world under many seeds (`running`) and on real threads (`real`). What each operation
returned, and at which tick, is the *result*. A small model of the documentation
(`reference`) explores the interleavings and says whether a result is allowed
(`checking`).

`python -m tests.labrt.differential` is the long campaign (`campaign`). The tests run a
short one, and show by planted faults (`mutants`) that it finds what it is meant to.
"""
