"""What untrusted code runs in: processes that are confined, bounded and supervised.

It knows nothing of servers, tests or batches. Whoever starts processes for untrusted
code, the hosts of `--mode process` and the workers of batches, does it by these rules.

A process that is to run such code is cut `loose` from its parent's files (`terminal`).
Then it has to `confine` itself: to the `limits`, by `landlock` and by `seccomp`. It may
write to a folder of the `workspace`. Whoever has started it reads what it prints as
`output`, and ends it and learns of its end by `endings`.
"""
