"""What the tester adds to the facts of a run, and files of facts.

`kinds` has what happens at servers, clerks and the test itself, `file` writes and reads
a run's facts. Whoever explains a run reads these, and keeps no record of its own.
"""
