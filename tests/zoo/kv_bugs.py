"""Key/value services with a mistake, in the RSM, in the server, or in the clerk."""

from __future__ import annotations

from typing import Final

from tests.zoo.specimens import CLERK_FILE, RSM_FILE, SERVER_FILE, Bug, changes


def _bug(
    file: str,
    rule: str,
    parts: str,
    name: str,
    *texts: str,
    likely: str = "",
    also: tuple[str, ...] = (),
) -> Bug:
    """A bug in one file, from right and wrong lines in turn."""
    return Bug(
        name,
        changes(file, texts),
        tuple(parts.split()),
        rule=rule,
        also=also,
        likely=tuple(likely.split()),
    )


_MAYBE: Final = """
        if reply.Err == ErrVersion and tries > 1:
            # An earlier try may have been performed.
            return ErrMaybe
        return reply.Err
    """
_TRY: Final = """
            reply = self.call("KVServer.Put", args, PutReply)
            tries += 1
    """
_SUBMIT_PUT: Final = """
        err, reply = self.rsm.Submit(args)
        if err != OK:
            return PutReply(err)
    """
_SUBMIT_GET: Final = """
        err, reply = self.rsm.Submit(args)
        if err != OK:
            return GetReply("", 0, err)
    """
_NO_KEY: Final = """
            if args.Version != 0:
                return PutReply(ErrNoKey)
            self.table[args.Key] = (args.Value, 1)
    """
_WAIT: Final = """
        pending.done.wait()
        return pending.outcome
    """
_TELL: Final = """
                if pending.op == op:
                    pending.outcome = OK, result
                self.let_go(message.CommandIndex)
    """
_OUTGROWN: Final = """
        if self.rf.PersistBytes() > self.maxraftstate:
            self.rf.Snapshot(index, self.sm.Snapshot())
    """
_LET_GO: Final = """
                    is_old = pending.term < term
                    if is_old or (pending.term == term and not is_leader):
                        self.let_go(index)
    """

CLERK_BUGS: Final = [
    _bug(
        CLERK_FILE,
        "ErrMaybe only after a repeat",
        "4B",
        "a clerk makes every ErrVersion an ErrMaybe",
        _MAYBE,
        """
        if reply.Err == ErrVersion:
            return ErrMaybe
        return reply.Err
        """,
    ),
    _bug(
        CLERK_FILE,
        "ErrMaybe only after a repeat",
        "4B",
        "a clerk passes ErrVersion on, however often it has asked",
        _MAYBE,
        "return reply.Err",
        likely="test_unreliable_4B",
    ),
    _bug(
        CLERK_FILE,
        "ErrMaybe only after a repeat",
        "4B",
        "a clerk counts the servers that refused, and not the replies that were lost",
        _TRY,
        """
            reply = self.call("KVServer.Put", args, PutReply)
            if reply is not None:
                tries += 1
        """,
        likely="test_unreliable_4B",
    ),
    _bug(
        CLERK_FILE,
        "",
        "4B",
        "a clerk believes that who refused a Put has not got it in its log",
        _TRY,
        """
            reply = self.call("KVServer.Put", args, PutReply)
            if reply is None or reply.Err != ErrWrongLeader:
                tries += 1
        """,
    ),
    _bug(
        CLERK_FILE,
        "ErrMaybe only after a repeat",
        "4B",
        "a clerk begins to count again with each server",
        """
                break
            self.try_next()
        """,
        """
                break
            self.try_next()
            tries = 0
        """,
        likely="test_unreliable_4B",
    ),
    _bug(
        CLERK_FILE,
        "ErrMaybe only after a repeat",
        "4B",
        "a clerk counts on from one Put to the next",
        "tries = 0",
        "tries = self.tries",
        """
        if reply.Err == ErrVersion and tries > 1:
        """,
        """
        self.tries = tries
        if reply.Err == ErrVersion and tries > 1:
        """,
        """
        self.servers = servers
        """,
        """
        self.servers = servers
        self.tries = 0
        """,
    ),
    _bug(
        CLERK_FILE,
        "ErrMaybe only after a repeat",
        "4B",
        "a clerk says ErrMaybe as soon as a reply is lost",
        _TRY,
        """
            reply = self.call("KVServer.Put", args, PutReply)
            if reply is None:
                return ErrMaybe
            tries += 1
        """,
    ),
    _bug(
        CLERK_FILE,
        "OK only if performed",
        "4B",
        "a clerk takes ErrVersion to a repeated Put for its own success",
        _MAYBE,
        """
        if reply.Err == ErrVersion and tries > 1:
            return Err("OK")
        return reply.Err
        """,
        likely="test_unreliable_4B",
        also=("ErrMaybe only after a repeat",),
    ),
    _bug(
        CLERK_FILE,
        "OK only if performed",
        "4B",
        "a clerk that has asked ten times in vain believes in the best",
        _TRY,
        """
            reply = self.call("KVServer.Put", args, PutReply)
            tries += 1
            if tries > 10:
                return Err("OK")
        """,
    ),
    _bug(
        CLERK_FILE,
        "",
        "4B",
        "a clerk that gets asks the same server for ever",
        """
                return reply.Value, reply.Version, reply.Err
            self.try_next()
        """,
        """
                return reply.Value, reply.Version, reply.Err
        """,
        likely="test_one_partition_4B",
    ),
    _bug(
        CLERK_FILE,
        "",
        "4B",
        "a clerk passes ErrWrongLeader on",
        """
            if reply is not None and reply.Err != ErrWrongLeader:
                break
        """,
        """
            if reply is not None:
                break
        """,
    ),
    _bug(
        CLERK_FILE,
        "",
        "4B",
        "a clerk waits 100 ms before each request",
        """
        args = PutArgs(key, value, version)
        """,
        """
        import time

        time.sleep(0.1)
        args = PutArgs(key, value, version)
        """,
        likely="test_speed_4B",
    ),
]

SERVER_BUGS: Final = [
    _bug(
        SERVER_FILE,
        "OK only if performed",
        "4B",
        "a Put is acknowledged when it is submitted, and performed later",
        _SUBMIT_PUT,
        """
        import threading

        _, leads = self.rsm.Raft().GetState()
        _, version = self.table.get(args.Key, ("", 0))
        if leads and version == args.Version:
            threading.Thread(target=self.rsm.Submit, args=(args,)).start()
            return PutReply(OK)
        err, reply = self.rsm.Submit(args)
        if err != OK:
            return PutReply(err)
        """,
    ),
    _bug(
        SERVER_FILE,
        "OK only if performed",
        "4B",
        "a Put of which the server does not know what became is acknowledged",
        _SUBMIT_PUT,
        """
        _, leads = self.rsm.Raft().GetState()
        err, reply = self.rsm.Submit(args)
        if err != OK:
            return PutReply(OK if leads else err)
        """,
        likely="test_persist_partition_unreliable_linearizable_4B",
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "a Put replaces whatever version there is",
        """
        if args.Version != version:
            return PutReply(ErrVersion)
        """,
        "",
        likely="test_concurrent_4B",
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "a Put with a version that is still to come is performed",
        """
        if args.Version != version:
            return PutReply(ErrVersion)
        """,
        """
        if args.Version < version:
            return PutReply(ErrVersion)
        """,
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "a Put with a version that is over is performed",
        """
        if args.Version != version:
            return PutReply(ErrVersion)
        """,
        """
        if args.Version > version:
            return PutReply(ErrVersion)
        """,
        likely="test_concurrent_4B",
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "a missing key is made at any version",
        _NO_KEY,
        "self.table[args.Key] = (args.Value, args.Version + 1)",
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "a missing key answers ErrVersion to a version above 0",
        _NO_KEY,
        """
            if args.Version != 0:
                return PutReply(ErrVersion)
            self.table[args.Key] = (args.Value, 1)
        """,
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "a new key has version 0",
        _NO_KEY,
        """
            if args.Version != 0:
                return PutReply(ErrNoKey)
            self.table[args.Key] = (args.Value, 0)
        """,
        likely="test_basic_4B",
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "a Put does not raise the version",
        "self.table[args.Key] = (args.Value, version + 1)",
        "self.table[args.Key] = (args.Value, version)",
        likely="test_basic_4B",
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "a Put raises the version by two",
        "self.table[args.Key] = (args.Value, version + 1)",
        "self.table[args.Key] = (args.Value, version + 2)",
        likely="test_basic_4B",
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "versions are counted for all keys together",
        "self.table[args.Key] = (args.Value, version + 1)",
        """
        newest = max(version for _, version in self.table.values())
        self.table[args.Key] = (args.Value, newest + 1)
        """,
        likely="test_persist_partition_unreliable_linearizable_4B",
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "a Put that is refused leaves its value",
        """
        if args.Version != version:
            return PutReply(ErrVersion)
        """,
        """
        if args.Version != version:
            self.table[args.Key] = (args.Value, version)
            return PutReply(ErrVersion)
        """,
        likely="test_concurrent_4B",
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4B",
        "a Put of another version is not performed, and answers OK",
        """
        if args.Version != version:
            return PutReply(ErrVersion)
        """,
        """
        if args.Version != version:
            return PutReply(OK)
        """,
        likely="test_concurrent_4B",
        also=("OK only if performed",),
    ),
    _bug(
        SERVER_FILE,
        "versions",
        "4C",
        "a snapshot has the values without their versions",
        """
        self.table = labgob.NewDecoder(data).Decode(dict[str, tuple[str, int]])
        """,
        """
        old = labgob.NewDecoder(data).Decode(dict[str, tuple[str, int]])
        self.table = {key: (value, 1) for key, (value, _) in old.items()}
        """,
        likely="test_snapshot_rpc_4C test_snapshot_recover_4C",
    ),
    _bug(
        SERVER_FILE,
        "",
        "4B",
        "a server that believes it leads answers Gets from its own table",
        _SUBMIT_GET,
        """
        _, leads = self.rsm.Raft().GetState()
        err, reply = (OK, self.get(args)) if leads else ("ErrWrongLeader", None)
        if err != OK:
            return GetReply("", 0, err)
        """,
        likely="test_one_partition_4B",
    ),
    _bug(
        SERVER_FILE,
        "",
        "4B",
        "every server answers Gets from its own table",
        _SUBMIT_GET,
        "reply = self.get(args)",
        likely="test_one_partition_4B test_concurrent_4B",
    ),
    _bug(
        SERVER_FILE,
        "",
        "4B",
        "a Get reads the table before it is submitted",
        _SUBMIT_GET,
        """
        early = self.get(args)
        err, reply = self.rsm.Submit(args)
        if err == OK:
            reply = early
        if err != OK:
            return GetReply("", 0, err)
        """,
        likely="test_persist_partition_unreliable_linearizable_4B",
    ),
    _bug(
        SERVER_FILE,
        "",
        "4B",
        "the server that took a request performs it a second time, for the reply",
        _SUBMIT_PUT,
        """
        err, reply = self.rsm.Submit(args)
        if err == OK:
            reply = self.DoOp(args)
        if err != OK:
            return PutReply(err)
        """,
        likely="test_basic_4B",
        also=("versions",),
    ),
    _bug(
        SERVER_FILE,
        "",
        "4B",
        "a Get of a missing key answers an empty value",
        'return GetReply("", 0, ErrNoKey)',
        'return GetReply("", 0, OK)',
        likely="test_basic_4B",
    ),
    _bug(
        SERVER_FILE,
        "",
        "4C",
        "a snapshot lists every request that was finished",
        """
        labgob.NewEncoder(buffer).Encode(self.table)
        """,
        """
        encoder = labgob.NewEncoder(buffer)
        encoder.Encode(self.table)
        encoder.Encode(self.finished)
        """,
        """
        self.table: dict[str, tuple[str, int]] = {}
        """,
        """
        self.finished: list[str] = []
        self.table: dict[str, tuple[str, int]] = {}
        """,
        """
        assert isinstance(req, PutArgs)
        return self.put(req)
        """,
        """
        self.finished.append(f"{req.Key}={req.Value} at {req.Version}")
        return self.put(req)
        """,
        likely="test_snapshot_size_4C",
    ),
    _bug(
        SERVER_FILE,
        "",
        "4C",
        "a snapshot leaves out what was put last",
        "labgob.NewEncoder(buffer).Encode(self.table)",
        "labgob.NewEncoder(buffer).Encode(dict(list(self.table.items())[:-1]))",
        likely="test_snapshot_rpc_4C",
    ),
]

RSM_BUGS: Final = [
    _bug(
        RSM_FILE,
        "answered by its own operation",
        "4A 4B",
        "whoever waits for an index gets the result of whatever is performed there",
        _TELL,
        """
                pending.outcome = OK, result
                self.let_go(message.CommandIndex)
        """,
        likely="test_leader_partition_4A test_many_partitions_many_clients_4B",
        also=("OK only if performed",),
    ),
    _bug(
        RSM_FILE,
        "answered by its own operation",
        "4A 4B",
        "a waiter knows its operation by the request alone",
        _TELL,
        """
                if pending.op.request == op.request:
                    pending.outcome = OK, result
                self.let_go(message.CommandIndex)
        """,
        likely="test_same_request_4A test_leader_partition_4A",
        also=("OK only if performed",),
    ),
    _bug(
        RSM_FILE,
        "answered by its own operation",
        "4A 4B",
        "operations are numbered, and each server begins with 1",
        """
        op = Op(self.me, random.getrandbits(62), req)
        """,
        """
        with self.lock:
            self.number = getattr(self, "number", 0) + 1
        op = Op(0, self.number, req)
        """,
        _TELL,
        """
                if pending.op.ident == op.ident:
                    pending.outcome = OK, result
                self.let_go(message.CommandIndex)
        """,
        likely="test_many_partitions_many_clients_4B",
        also=("OK only if performed",),
    ),
    _bug(
        RSM_FILE,
        "answered by its own operation",
        "4A 4B",
        "the result lies in one place for all, and is the last when it is fetched",
        _TELL,
        """
                self.result = result
                if pending.op == op:
                    pending.outcome = OK, result
                self.let_go(message.CommandIndex)
        """,
        _WAIT,
        """
        pending.done.wait()
        err, result = pending.outcome
        return err, self.result if err == OK else result
        """,
        likely="test_concurrent_4A test_concurrent_4B",
    ),
    _bug(
        RSM_FILE,
        "answered by its own operation",
        "4A 4B",
        "a Submit is done when its index is reached, by whatever that is",
        _WAIT,
        """
        while not pending.done.is_set():
            time.sleep(0.001)
            if self.applied >= index:
                return OK, self.result
        return pending.outcome
        """,
        """
        result = self.sm.DoOp(op.request)
        """,
        """
        result = self.sm.DoOp(op.request)
        self.applied, self.result = message.CommandIndex, result
        """,
        """
        self.closed = False
        if persister.SnapshotSize() > 0:
        """,
        """
        self.closed = False
        self.applied = 0
        if persister.SnapshotSize() > 0:
        """,
        likely="test_concurrent_4A test_concurrent_4B",
        also=("OK only if performed",),
    ),
    _bug(
        RSM_FILE,
        "answered by its own operation",
        "4A 4B",
        "the leader performs an operation as soon as Start has taken it",
        """
            pending = self.pending[index] = Pending(op, term)
        pending.done.wait()
        return pending.outcome
        """,
        """
            pending = self.pending[index] = Pending(op, term)
            result = self.sm.DoOp(req)
        pending.done.wait()
        err, _ = pending.outcome
        return err, result if err == OK else None
        """,
        likely="test_basic_4A test_basic_4B",
        also=("versions",),
    ),
    _bug(
        RSM_FILE,
        "OK only if performed",
        "4A 4B",
        "a Submit of which nobody knows what became returns OK",
        "self.outcome: tuple[Err, Any] = (ErrWrongLeader, None)",
        "self.outcome: tuple[Err, Any] = (OK, None)",
        likely="test_leader_partition_4A",
        also=("answered by its own operation",),
    ),
    _bug(
        RSM_FILE,
        "OK only if performed",
        "4A 4B",
        "a Submit that has waited for long enough returns OK",
        _WAIT,
        """
        if not pending.done.wait(0.8):
            return OK, None
        return pending.outcome
        """,
        likely="test_leader_partition_4A",
        also=("answered by its own operation",),
    ),
    _bug(
        RSM_FILE,
        "waiters are told",
        "4A 4B",
        "nobody looks whether the server still leads",
        "threading.Thread(target=rsm.watch, daemon=True).start()",
        "",
        likely="test_leader_partition_4A test_one_partition_4B",
    ),
    _bug(
        RSM_FILE,
        "waiters are told",
        "4A 4B",
        "a waiter is not told that another command was performed at its index",
        _TELL,
        """
                if pending.op == op:
                    pending.outcome = OK, result
                    self.let_go(message.CommandIndex)
        """,
        _LET_GO,
        "pass",
        likely="test_leader_partition_4A test_one_partition_4B",
    ),
    _bug(
        RSM_FILE,
        "waiters are told",
        "4A 4B",
        "a leader that was deposed and is elected again forgets its waiters",
        _LET_GO,
        """
                    if not is_leader:
                        self.let_go(index)
        """,
        """
            # An earlier leadership of this server has promised the index to another.
            self.let_go(index)
        """,
        "",
        _TELL,
        """
                if pending.op == op:
                    pending.outcome = OK, result
                    self.let_go(message.CommandIndex)
        """,
    ),
    _bug(
        RSM_FILE,
        "waiters are told",
        "4A 4B",
        "a Submit takes the place of another at the same index, which waits on",
        """
            # An earlier leadership of this server has promised the index to another.
            self.let_go(index)
        """,
        "",
        "WATCH_S = 0.05",
        "WATCH_S = 1.0",
    ),
    _bug(
        RSM_FILE,
        "waiters are told",
        "4A 4B",
        "the thread that lets waiters go ends when there are none",
        "while not self.closed:",
        "while self.pending:",
        likely="test_leader_partition_4A test_one_partition_4B",
    ),
    _bug(
        RSM_FILE,
        "waiters are told",
        "4A 4B",
        "the server looks every ten seconds whether it still leads",
        "WATCH_S = 0.05",
        "WATCH_S = 10.0",
        likely="test_leader_partition_4A test_one_partition_4B",
    ),
    _bug(
        RSM_FILE,
        "waiters are told",
        "4A 4B",
        "a Submit that lost its place tries again at the same server, for ever",
        _WAIT,
        """
        pending.done.wait()
        while pending.outcome[0] != OK:
            time.sleep(0.02)
            with self.lock:
                index, term, is_leader = self.rf.Start(op)
                if not is_leader:
                    continue
                pending = self.pending[index] = Pending(op, term)
            pending.done.wait()
        return pending.outcome
        """,
        likely="test_leader_partition_4A test_one_partition_4B",
    ),
    _bug(
        RSM_FILE,
        "waiters are told",
        "4C",
        "an installed snapshot leaves the waiters that it covers",
        """
        self.sm.Restore(message.Snapshot)
        with self.lock:
            for index in list(self.pending):
                if index <= message.SnapshotIndex:
                    self.let_go(index)
        """,
        "self.sm.Restore(message.Snapshot)",
        "WATCH_S = 0.05",
        "WATCH_S = 10.0",
        likely="test_snapshot_unreliable_recover_concurrent_partition_4C",
    ),
    _bug(
        RSM_FILE,
        "waiters are told",
        "4A 4B",
        "only the one that has waited longest is let go",
        """
                    if is_old or (pending.term == term and not is_leader):
                        self.let_go(index)
        """,
        """
                    if is_old or (pending.term == term and not is_leader):
                        self.let_go(index)
                    if index not in self.pending:
                        self.pending = {}
                        break
        """,
        likely="test_leader_partition_4A",
    ),
    _bug(
        RSM_FILE,
        "snapshots in time",
        "4C",
        "no snapshot is ever taken",
        _OUTGROWN,
        "",
        likely="test_snapshot_4C test_snapshot_size_4C",
    ),
    _bug(
        RSM_FILE,
        "snapshots in time",
        "4C",
        "a snapshot is taken at twenty times the limit",
        _OUTGROWN,
        """
        if self.rf.PersistBytes() > 20 * self.maxraftstate:
            self.rf.Snapshot(index, self.sm.Snapshot())
        """,
        likely="test_snapshot_4C test_snapshot_size_4C",
    ),
    _bug(
        RSM_FILE,
        "snapshots in time",
        "4C",
        "only the leader takes snapshots",
        _OUTGROWN,
        """
        _, leads = self.rf.GetState()
        if leads and self.rf.PersistBytes() > self.maxraftstate:
            self.rf.Snapshot(index, self.sm.Snapshot())
        """,
        likely="test_snapshot_4C test_snapshot_size_4C",
    ),
    _bug(
        RSM_FILE,
        "snapshots in time",
        "4C",
        "a snapshot is taken every 500 commands",
        _OUTGROWN,
        """
        if index % 500 == 0:
            self.rf.Snapshot(index, self.sm.Snapshot())
        """,
        likely="test_snapshot_4C test_snapshot_size_4C",
    ),
    _bug(
        RSM_FILE,
        "snapshots in time",
        "4C",
        "one snapshot is taken, and no other",
        _OUTGROWN,
        """
        if self.rf.PersistBytes() > self.maxraftstate and not self.has_snapshot:
            self.has_snapshot = True
            self.rf.Snapshot(index, self.sm.Snapshot())
        """,
        """
        self.closed = False
        if persister.SnapshotSize() > 0:
        """,
        """
        self.closed = False
        self.has_snapshot = False
        if persister.SnapshotSize() > 0:
        """,
        likely="test_snapshot_4C test_snapshot_size_4C",
    ),
    _bug(
        RSM_FILE,
        "",
        "4C",
        "a snapshot is handed to Raft with the index of the one before",
        _OUTGROWN,
        """
        if self.rf.PersistBytes() > self.maxraftstate:
            self.rf.Snapshot(self.snapshot_index, self.sm.Snapshot())
            self.snapshot_index = index
        """,
        """
        self.closed = False
        if persister.SnapshotSize() > 0:
        """,
        """
        self.closed = False
        self.snapshot_index = 0
        if persister.SnapshotSize() > 0:
        """,
        likely="test_snapshot_4C test_snapshot_size_4C",
    ),
    _bug(
        RSM_FILE,
        "snapshots of what is applied",
        "4C",
        "a snapshot is handed to Raft with the next index",
        _OUTGROWN,
        """
        if self.rf.PersistBytes() > self.maxraftstate:
            self.rf.Snapshot(index + 1, self.sm.Snapshot())
        """,
        likely="test_snapshot_4C",
    ),
    _bug(
        RSM_FILE,
        "",
        "4C",
        "a snapshot is made by another thread, later than its index says",
        _OUTGROWN,
        """
        if self.rf.PersistBytes() > self.maxraftstate:

            def work() -> None:
                time.sleep(0.005)
                self.rf.Snapshot(index, self.sm.Snapshot())

            threading.Thread(target=work, daemon=True).start()
        """,
        likely="test_snapshot_4C test_snapshot_recover_many_clients_4C",
    ),
    _bug(
        RSM_FILE,
        "",
        "4B",
        "snapshots are taken although there is no limit",
        """
        if self.maxraftstate == -1:
            return
        """,
        "",
        likely="test_basic_4B",
    ),
    _bug(
        RSM_FILE,
        "",
        "4C",
        "a restarted server does not read its snapshot",
        """
        if persister.SnapshotSize() > 0:
            sm.Restore(persister.ReadSnapshot())
        """,
        "",
        likely="test_snapshot_4C test_snapshot_recover_4C",
    ),
    _bug(
        RSM_FILE,
        "",
        "4C",
        "a snapshot from the leader is not read",
        """
        self.sm.Restore(message.Snapshot)
        with self.lock:
        """,
        "with self.lock:",
        likely="test_snapshot_rpc_4C",
    ),
    _bug(
        RSM_FILE,
        "",
        "4A 4B",
        "the reader performs what its own server submitted, and nothing else",
        """
        op = message.Command
        result = self.sm.DoOp(op.request)
        """,
        """
        op = message.Command
        result = self.sm.DoOp(op.request) if op.server == self.me else None
        """,
        likely="test_basic_4A",
    ),
    _bug(
        RSM_FILE,
        "",
        "4A 4B",
        "a Submit waits with the lock held",
        """
            pending = self.pending[index] = Pending(op, term)
        pending.done.wait()
        return pending.outcome
        """,
        """
            pending = self.pending[index] = Pending(op, term)
            pending.done.wait()
        return pending.outcome
        """,
        likely="test_basic_4A",
    ),
    _bug(
        RSM_FILE,
        "",
        "4A 4B",
        "a Submit looks every 100 ms whether its operation was performed",
        _WAIT,
        """
        while not pending.done.is_set():
            time.sleep(0.1)
        return pending.outcome
        """,
        likely="test_speed_4B",
    ),
]

KV_BUGS: Final = [*CLERK_BUGS, *SERVER_BUGS, *RSM_BUGS]
