"""The rules of Raft, and of the service on top, watched from outside in every run.

A rule is decided from facts alone: messages, saves, what servers apply and what they
are asked directly. The first law is that no correct solution is ever accused, whatever
its style; the second, that a finding names servers, terms, indices and times, and what
had been promised.

`findings` has what a broken rule is, `court` where findings go, `names` and `reading`
how a solution's own messages are read. The rooms `raft` and `service` watch a run, a
module for each topic; `hints` looks back at one that has failed.
"""
