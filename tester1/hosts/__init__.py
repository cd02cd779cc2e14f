"""Where programs under test run: the interface, and one host for each mode.

`interface` is all that who starts programs knows. `worlds` runs them in the tester's
own process, under virtual time; `process/` runs each in a process of its own. `modes`
says which mode is made of what, `loading` finds a program in the solution, and
`persister` is the stand-in for a server's disk.
"""
