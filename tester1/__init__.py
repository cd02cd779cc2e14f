"""The tester of the labs: test environment, linearizability checker, command line."""
