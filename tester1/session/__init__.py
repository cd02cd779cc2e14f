"""Lab tests in a session of pytest: options, seeds, runs, and the report of a failure.

`tester1.guest` is what every session of an environment loads; it loads `plugin` where
there are lab tests. The way of a failure enters here once, with the exception that has
left the test, and leaves with the report.
"""
