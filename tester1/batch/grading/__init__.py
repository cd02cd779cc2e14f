"""A class: its submissions, rubric and grades, and the files that the grades are in.

`entries` are what was handed in, also as `archives`; the `rubric` says what counts, and
`grading` is the whole procedure, which makes `grades`. The `outputs` are `pages`,
`tables` and the formats of others, `junit` and `gradescope`.
"""
