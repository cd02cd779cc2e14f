"""What tests solutions of lab 4; no part of it can be replaced by a solution.

`inside_rsm` (with the `counter` that it replicates) and `inside_kv` run in the servers,
`inside_clerks` in the clients' program. The rest runs in the tester: the scaffolds
`rsm_scaffold` and `scaffold`, the latter on top of `kvtest`, with `clerk_proxies` for
clerks and the `oplog` of what they did.
"""
