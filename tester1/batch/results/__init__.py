"""What came of a batch's runs: stored, tallied, and shown while they go on.

A `batch` gives out jobs and takes results. The `store` keeps every record, so that a
batch can go on where it was ended; a `tally` sums up those of one test, with the
`confidence` that so many runs allow; `failures` writes what failed runs have left, and
the `board` shows how things stand.
"""
