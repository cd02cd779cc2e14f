"""The Raft labs: the interface, the reference solution and what tests it.

`raftapi` is the interface that every solution shares with the tester. The reference is
`raft` (threads, timers and RPCs) around `core` (all decisions, as a step machine). The
core is put together from small parts: `log`, `election`, `progress`, `commit`,
`snapshots`, `leadership`, `state`, `rpc`; around it are `storage`, `couriers` and
`applier`. What tests solutions is in `testing/`.
"""
