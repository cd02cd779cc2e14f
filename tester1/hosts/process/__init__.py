"""`--mode process`: every server is an operating-system process of its own.

The network, the clients' view of it and every decision of the test stay in the tester.
What runs apart is the code under test, which nobody trusts: it is confined, it reaches
the tester over one socket, and what comes from there is taken for data, never for code.

On the tester's side a `ProcessHost` (`host`) starts `ProcessProgram`s (`program`) from
a warm `fork_server`; one thread (`loop`) serves all their sockets (`frame_socket`) and
reads what they print. In the process, `child` confines itself (`tester1.sandbox`),
loads the solution, and answers over a `link`. Both sides share the `frames` and the
`state_file`.
"""
