"""What tests solutions of lab 3; no part of it can be replaced by a solution.

`inside` runs in the servers, on top of the code under test. The rest runs in the
tester: `scaffold` is what the tests are written with, on top of `leaders` and
`cluster`, and `applied` judges what the servers apply.
"""
