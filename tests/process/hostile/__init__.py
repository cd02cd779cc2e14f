"""Submissions that mean harm; each is a folder for `--solution`."""
