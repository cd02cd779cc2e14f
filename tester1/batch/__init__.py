"""Many runs, of a class's submissions or of one solution.

`runs/` does them, `results/` keeps and sums up what came of them, `grading/` makes
grades and files of that for a class. `testing` is what `raftlab test` does.
"""
