"""Labs 4A to 4C: a replicated state machine and the key/value service on top of it.

The reference solution is `rsm/`, `server.py`, `client.py` and what they import
(`rpc.py`, `store.py`); it is ordinary threaded Python that knows nothing about tests.
Everything else belongs to the tests: the services that the tester puts into servers
and clients (`rsm_host.py` with `counter.py`, `kv_host.py`, `clerk_host.py`), and the
scaffolds the tests are written with (`rsm_scaffold.py`; `scaffold.py`, `kvtest.py`,
`clerks.py`, `oplog.py`).
"""
