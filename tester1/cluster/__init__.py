"""What a test holds in its hand: one network with its servers, clients and limits.

A test makes a `config.Config`. Servers come in groups (`group`), client programs are
`client_program`s, and `direct` calls reach both past the network. `results` are the
lines that a test prints. The labs' scaffolds are built on `testcase.LabTest`, which
says how a test ends.
"""
