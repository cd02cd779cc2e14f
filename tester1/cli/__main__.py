"""`python -m tester1.cli` is `raftlab`."""

from tester1.cli.main import main

main()
