"""Labs 4A to 4C: a replicated state machine and the key/value service on top of it.

The reference solution is `rsm/`, `server.py`, `client.py` and what they import
(`rpc.py`, `store.py`); it is ordinary threaded Python that knows nothing about tests.
What tests solutions is in `testing/`.
"""
