"""The Raft labs: the interface, the reference solution and what tests it.

`raftapi` is the interface that every solution shares with the tester. The reference is
`raft` (threads, timers and RPCs) around `core` (all decisions, as a step machine). What
the core is made of, in the order in which it reads best:

- `log`: the entries, by index;
- `rpc`: what peers say to each other;
- `election` and `quorum`: who may lead, who does, and what is committed;
- `storage`: what a peer keeps, and what of it survives a crash;
- `progress` and `leadership`: what a leader knows of its followers and sends to them.

Around the core, `senders` make the calls and `applier` serves the service. What tests
solutions is in `testing/`.
"""
