"""What a simulated world sees of the standard library, a table and its modules.

`table` says for each module where it comes from. Made here are `threads` (`threading`),
`lowthreads` (`_thread`), `clocks` (`time`, `datetime`), `chance` (`random`, `uuid`),
`system` (`sys`, `os` and what acts on the process), `files`, `collection` (`gc`) and
what differs in a few names only (`library`). `copies` is how modules are made of
others.
"""
