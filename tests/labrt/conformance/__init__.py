"""CPython's own tests of threads, locks, queues and executors, run inside worlds.

The tests are the installed Python's, unchanged; where it has none they are skipped.
What cannot pass in a world is in `exceptions`, one reason a record.
"""
