"""Runs of batches: what is to be done, where, and how, each in a process of its own.

`jobs` are what is to be done and what comes back, `submission` and `version` say of
what. `dispatch` hands jobs to one of the `executors`; on each machine a `pool` has warm
processes, each a `worker`, which forks for every run. In the fork `one_run` does it,
and `watch` sees to its end from outside. `precompile` saves the forks work.
"""
