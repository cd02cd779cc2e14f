"""Lab tests in a session of pytest: options, seeds, runs, and the report of a failure.

`tester1.guest` is what every session of an environment loads; it loads `plugin` where
there are lab tests. Before the tests: `settings` (the options), `seeds`, and `ordering`
(how workers share them). The way of a failure enters `failure_report` once, with the
exception that has left the test, and leaves with the report. On it are `tracebacks`
(without the harness), `replay` (the run once more, `unattended`, for its events),
`divergence` (if it takes another course), `last_events` and `reports` (made harmless).
`interrupts` holds Ctrl-C back meanwhile, `trace_file` keeps events in a file, and
`run_reference` says which run a file or a printed command is of.
"""
