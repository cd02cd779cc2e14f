"""The command line, `raftlab`: one module for each command, put together in `main`.

A command is a function whose annotations are its arguments. It does its work by calling
the packages below, prints results on standard output, and ends with the exit status
that `docs/command-line.md` promises. What cannot be done is an `InputError`: one line
on standard error that says what to do, and exit status 2.
"""
