"""A class: its submissions, rubric and grades, and the files that the grades are in."""
