"""Key/value servers with one mistake each, as students make them."""

from __future__ import annotations

from tests.mutating import Mutant

STALE_READS = Mutant(
    "a server that believes it leads answers Gets from its own store",
    "kvraft1/server.py",
    right="        reply = self._submit(args, GetReply)\n",
    wrong=(
        "        _, leads = self.raft().GetState()\n"
        "        reply = self._store.get(args.Key) if leads else None\n"
    ),
)

LOST_UPDATE = Mutant(
    "a Put is acknowledged when it is in the leader's log, not when it is committed",
    "kvraft1/server.py",
    right="        reply = self._submit(args, PutReply)\n",
    wrong=(
        "        import threading\n"
        "\n"
        "        _, leads = self.raft().GetState()\n"
        "        entry = self._store.get(args.Key)\n"
        "        if leads and entry.Version == args.Version:\n"
        "            later = threading.Thread(target=self._rsm.Submit, args=(args,))\n"
        "            later.start()\n"
        '            return PutReply("OK")\n'
        "        reply = self._submit(args, PutReply)\n"
    ),
)

DUPLICATE_APPLY = Mutant(
    "the server that took a request performs it a second time, for the reply",
    "kvraft1/rsm/rsm.py",
    right="        return ticket.outcome\n",
    wrong=(
        "        err, reply = ticket.outcome\n"
        "        return err, self._sm.DoOp(req) if err == OK else reply\n"
    ),
)

EQUAL_IS_OWN = Mutant(
    "a waiter knows its operation by the request alone",
    "kvraft1/rsm/rsm.py",
    right="        op = Op(self._me, random.getrandbits(62), req)\n",
    wrong="        op = Op(self._me, sum(repr(req).encode()), req)\n",
)

VERSION_UNCHECKED = Mutant(
    "a Put replaces whatever version the key has",
    "kvraft1/store.py",
    right=(
        "        if entry is not None and version != entry.Version:\n"
        "            return ErrVersion\n"
        "        self._entries[key] = Entry(value, version + 1)\n"
    ),
    wrong=(
        "        if entry is not None:\n"
        "            version = entry.Version\n"
        "        self._entries[key] = Entry(value, version + 1)\n"
    ),
)

NEWER_VERSION_PERFORMED = Mutant(
    "a Put at a version that the key has yet to reach is performed",
    "kvraft1/store.py",
    right="        if entry is not None and version != entry.Version:\n",
    wrong="        if entry is not None and version < entry.Version:\n",
)

CREATES_AT_ANY_VERSION = Mutant(
    "a Put creates a missing key whatever its version",
    "kvraft1/store.py",
    right="        if entry is None and version != 0:\n",
    wrong="        if False:\n",
)

NO_KEY_NO_VERSION = Mutant(
    "a missing key has version 0, and answers ErrVersion to all others",
    "kvraft1/store.py",
    right="            return ErrNoKey\n        if entry is not None and",
    wrong="            return ErrVersion\n        if entry is not None and",
)

NEVER_CERTAIN = Mutant(
    "a clerk says ErrMaybe to every ErrVersion, of its first try as well",
    "kvraft1/client.py",
    right="    return ErrMaybe if resent and answer == ErrVersion else answer\n",
    wrong="    return ErrMaybe if answer == ErrVersion else answer\n",
)

CERTAIN_AFTER_RESENDING = Mutant(
    "a clerk says ErrVersion although an earlier copy may have been performed",
    "kvraft1/client.py",
    right="    return ErrMaybe if resent and answer == ErrVersion else answer\n",
    wrong="    return answer\n",
)

STUBBORN_GETS = Mutant(
    "a clerk that gets goes on asking the same server, whatever it says",
    "kvraft1/client.py",
    right="            self._move_on(refused=reply is not None)\n",
    wrong=(
        '            if method == "KVServer.Put":\n'
        "                self._move_on(refused=reply is not None)\n"
    ),
)

WRONG_WAITER = Mutant(
    "whoever waits for an index gets the reply of whatever is applied there",
    "kvraft1/rsm/pending.py",
    right="        if place.op_id == op_id:\n",
    wrong="        if place.op_id:\n",
)

STUCK_SUBMITS = Mutant(
    "Submits wait for ever when their index is taken or the leadership lost",
    "kvraft1/rsm/rsm.py",
    right="    for ticket in tickets:\n        ticket.done.set()\n",
    wrong="    for _ in tickets:\n        pass\n",
)

END_UNNOTICED = Mutant(
    "Submits that wait when the apply channel is closed wait for ever",
    "kvraft1/rsm/rsm.py",
    right=(
        "            self._stopped = True\n"
        "            _dismiss(self._pending.close())\n"
        "            self._someone_waits.notify()\n"
    ),
    wrong="            self._stopped = True\n",
)

SNAPSHOT_NOT_RESTORED = Mutant(
    "a restarted server does not load its snapshot",
    "kvraft1/rsm/rsm.py",
    right="        if snapshot:\n            sm.Restore(snapshot)\n",
    wrong="",
)

SNAPSHOT_NOT_ADOPTED = Mutant(
    "a snapshot from the leader is not loaded into the service",
    "kvraft1/rsm/rsm.py",
    right="        self._sm.Restore(message.Snapshot)\n",
    wrong="",
)

LOG_NOT_TRIMMED = Mutant(
    "no snapshot is ever taken",
    "kvraft1/rsm/trigger.py",
    right="        return self._limit != NO_LIMIT\n",
    wrong="        return False\n",
)

SNAPSHOT_UNASKED = Mutant(
    "snapshots are taken although there is no limit to the log",
    "kvraft1/rsm/trigger.py",
    right="        self._limit = maxraftstate\n",
    wrong="        self._limit = abs(maxraftstate)\n",
)

MUTANTS = {name: one for name, one in [*vars().items()] if isinstance(one, Mutant)}
"""All of them, by the names that they have here."""
