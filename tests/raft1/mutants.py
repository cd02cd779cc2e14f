"""Rafts with one mistake each: what goes wrong in labs, and what the paper warns of."""

from __future__ import annotations

from tests.mutating import Mutant

# Elections.

LONGER_LOG_WINS = Mutant(
    "the longer log is taken for the more up to date, whatever its last term",
    "raft1/election.py",
    right="    return (last_term, last_index) >= (than_term, than_index)\n",
    wrong="    return last_index >= than_index\n",
)

ANY_LOG_WINS = Mutant(
    "votes do not depend on the candidate's log",
    "raft1/election.py",
    right="    return (last_term, last_index) >= (than_term, than_index)\n",
    wrong="    return True\n",
)

VOTES_TWICE = Mutant(
    "a peer votes for every candidate of a term",
    "raft1/election.py",
    right="    return up_to_date and voted_for in (None, candidate)\n",
    wrong="    return up_to_date\n",
)

HALF_ELECTS = Mutant(
    "half of the group is enough to win an election",
    "raft1/quorum.py",
    right="        return len(self._granted_by) >= majority_of(self._peers)\n",
    wrong="        return len(self._granted_by) >= self._peers // 2\n",
)

FIXED_TIMEOUT = Mutant(
    "all peers have the same election timeout",
    "raft1/election.py",
    right="    return ELECTION_TIMEOUT_MIN_S + spread * random()\n",
    wrong="    return ELECTION_TIMEOUT_MIN_S\n",
)

DEAF_LEADER = Mutant(
    "a leader does not step down when a reply shows a newer term",
    "raft1/core.py",
    right="        if reply is not None and reply.Term > term:\n",
    wrong="        if self._leadership is None and reply is not None "
    "and reply.Term > term:\n",
)

DEAF_TO_LEADERS = Mutant(
    "a leader refuses what another leader sends, in whatever term",
    "raft1/core.py",
    right="        self._follow(args.Term, now)\n        # Step 2 of figure 2",
    wrong=(
        "        if self._leadership is not None:\n"
        "            return AppendEntriesReply(state.current_term, Success=False)\n"
        "        self._follow(args.Term, now)\n        # Step 2 of figure 2"
    ),
)

DEAF_CANDIDATE = Mutant(
    "a candidate takes no notice of a newer term in a reply",
    "raft1/core.py",
    right="        if reply is not None and reply.Term > term:\n",
    wrong="        if self._ballot is None and reply is not None "
    "and reply.Term > term:\n",
)

OLD_LEADER_OBEYED = Mutant(
    "an AppendEntries of an older term is accepted",
    "raft1/core.py",
    right=(
        "        if args.Term < state.current_term:\n"
        "            return AppendEntriesReply(state.current_term, Success=False)\n"
        "        self._follow(args.Term, now)\n"
    ),
    wrong=(
        "        if self._leadership is not None and args.Term <= state.current_term:\n"
        "            return AppendEntriesReply(state.current_term, Success=False)\n"
        "        self._follow(args.Term, now)\n"
    ),
)

OLD_VOTES_COUNTED = Mutant(
    "votes for an earlier candidacy count in a later one",
    "raft1/core.py",
    right="        elif request.Term == term:\n",
    wrong=(
        "        elif request.Term == term or (\n"
        "            isinstance(request, RequestVoteArgs)\n"
        "            and self._ballot is not None\n"
        "        ):\n"
    ),
)

# Replication.

COUNTS_OLD_TERMS = Mutant(
    "a leader commits entries of older terms by counting copies (figure 8)",
    "raft1/quorum.py",
    right="    if index > commit_index and log.term_at(index) == term:\n",
    wrong="    if index > commit_index:\n",
)

TRUSTS_OLD_MATCHES = Mutant(
    "a leader goes on from the match_index of its last leadership",
    "raft1/core.py",
    right=(
        "        self._leadership = Leadership("
        "self.state, self._me, self._others(), now)\n"
    ),
    wrong=(
        "        old = getattr(self, '_led', None)\n"
        "        self._leadership = self._led = Leadership("
        "self.state, self._me, self._others(), now)\n"
        "        for peer in self._others() if old else ():\n"
        "            match_index = old.progress_of(peer).match_index\n"
        "            self._led.progress_of(peer).match_index = match_index\n"
    ),
)

HALF_COMMITS = Mutant(
    "an entry is committed when half of the group has it",
    "raft1/quorum.py",
    right="    return ordered[majority_of(len(ordered)) - 1]\n",
    wrong="    return ordered[max(0, majority_of(len(ordered)) - 2)]\n",
)

COMMITS_WHOLE_LOG = Mutant(
    "a follower commits what its log holds, verified or not",
    "raft1/core.py",
    right="            state.commit_index, min(args.LeaderCommit, args.last_index)\n",
    wrong="            state.commit_index, min(args.LeaderCommit, log.last_index)\n",
)

ALWAYS_TRUNCATES = Mutant(
    "an AppendEntries cuts off all that is behind it",
    "raft1/log.py",
    right="            if index <= self.base_index or self.has(index, entry.term):\n",
    wrong="            if index <= self.base_index:\n",
)

HEARTBEAT_TRUNCATES = Mutant(
    "even a heartbeat cuts off all that is behind it",
    "raft1/log.py",
    right="        for offset, entry in enumerate(entries):\n",
    wrong=(
        "        self._truncate(max(prev_index, self.base_index) + 1)\n"
        "        for offset, entry in enumerate(entries):\n"
    ),
)

NEVER_TRUNCATES = Mutant(
    "entries that contradict the leader's stay",
    "raft1/log.py",
    right="            self._truncate(index)\n",
    wrong="",
)

NO_CONSISTENCY_CHECK = Mutant(
    "a follower takes entries whose predecessor it has with another term",
    "raft1/progress.py",
    right="    if prev_index <= log.base_index or log.has(prev_index, prev_term):\n",
    wrong="    if prev_index <= log.last_index:\n",
)

MATCHES_OWN_LOG = Mutant(
    "a follower that accepts is believed to have the leader's whole log",
    "raft1/leadership.py",
    right="        if progress.accepted(request.last_index):\n",
    wrong="        if progress.accepted(self._log.last_index):\n",
)

ONE_STEP_BACK = Mutant(
    "a leader backs up by one entry at a time",
    "raft1/progress.py",
    right="        guess = resume_at(log, prev_index, conflict)\n",
    wrong="        guess = prev_index\n",
)

SENDS_TWICE = Mutant(
    "every message is sent twice",
    "raft1/leadership.py",
    right="        progress.in_flight += 1\n",
    wrong=(
        "        progress.in_flight += 2\n"
        "        request = self._next_request(progress, now)\n"
        "        self._outbox.append(Envelope(peer, request))\n"
    ),
)

HEARTBEAT_STORM = Mutant(
    "heartbeats every 10 ms",
    "raft1/leadership.py",
    right="HEARTBEAT_S = 0.1\n",
    wrong="HEARTBEAT_S = 0.01\n",
)

APPLIES_UNDER_LOCK = Mutant(
    "the service is served under Raft's lock",
    "raft1/applier.py",
    right=(
        "                for message in messages:\n"
        "                    self._offer(message)\n"
    ),
    wrong=(
        "                with self._lock:\n"
        "                    for message in messages:\n"
        "                        self._offer(message)\n"
    ),
)

# Persistence.

VOTE_NOT_SAVED = Mutant(
    "the vote is not saved",
    "raft1/storage.py",
    right="        fields = (state.current_term, state.voted_for, log.base_index)\n",
    wrong="        fields = (state.current_term, None, log.base_index)\n",
)

TERM_NOT_SAVED = Mutant(
    "the term is not saved",
    "raft1/storage.py",
    right="        fields = (state.current_term, state.voted_for, log.base_index)\n",
    wrong="        fields = (0, state.voted_for, log.base_index)\n",
)

TERM_SAVED_WITH_VOTES = Mutant(
    "a newer term is saved with the next vote or entry",
    "raft1/storage.py",
    right="        if log.unsaved_from > log.last_index and fields == self._saved:\n",
    wrong="        if log.unsaved_from > log.last_index and (\n"
    "            fields == self._saved or state.voted_for is None\n"
    "        ):\n",
)

LOG_SAVED_WITH_VOTES = Mutant(
    "the log is saved when the term or the vote changes, not when it does itself",
    "raft1/storage.py",
    right="        if log.unsaved_from > log.last_index and fields == self._saved:\n",
    wrong="        if fields == self._saved:\n",
)

SAVES_TOO_LATE = Mutant(
    "the state is saved by the timer, later than replies depend on it",
    "raft1/raft.py",
    right=(
        "        self._storage.save(core.state)\n"
        "        for envelope in core.take_outbox():\n"
    ),
    wrong=(
        "        if threading.current_thread().name == 'raft-timer':\n"
        "            self._storage.save(core.state)\n"
        "        for envelope in core.take_outbox():\n"
    ),
)

LEADER_SAVES_NOTHING = Mutant(
    "a leader has its log on its disk only once it does not lead any more",
    "raft1/raft.py",
    right="        self._storage.save(core.state)\n        for",
    wrong=(
        "        if core.role is not Role.LEADER:\n"
        "            self._storage.save(core.state)\n"
        "        for"
    ),
)

FOLLOWER_SAVES_TERMS = Mutant(
    "a follower saves its log only together with a newer term or vote",
    "raft1/raft.py",
    right=(
        "            reply = self._core.append_entries(args, time.monotonic())\n"
        "            # As in RequestVote: the leader counts on what this reply "
        "acknowledges.\n"
        "            self._settle()\n"
    ),
    wrong=(
        "            save = self._storage.save\n"
        "            if args.Term == self._core.state.current_term:\n"
        "                self._storage.save = lambda state: None\n"
        "            reply = self._core.append_entries(args, time.monotonic())\n"
        "            self._settle()\n"
        "            self._storage.save = save\n"
    ),
)

# Snapshots.

LOG_NOT_TRIMMED = Mutant(
    "a snapshot does not shorten the log",
    "raft1/core.py",
    right="        if index <= state.log.base_index:\n            return\n",
    wrong="        return\n",
)

SNAPSHOT_NOT_SAVED = Mutant(
    "the snapshot is not saved with the log that it shortens",
    "raft1/storage.py",
    right="        snapshot = state.snapshot if log.base_index else None\n",
    wrong="        snapshot = None\n",
)

INSTALLED_NOT_SAVED = Mutant(
    "a snapshot from the leader is not saved",
    "raft1/raft.py",
    right=(
        "            reply = self._core.install_snapshot(args, time.monotonic())\n"
        "            self._settle()\n"
    ),
    wrong=(
        "            save = self._storage.save\n"
        "            self._storage.save = lambda state: None\n"
        "            reply = self._core.install_snapshot(args, time.monotonic())\n"
        "            self._settle()\n"
        "            self._storage.save = save\n"
        "            state = self._core.state\n"
        "            state.log.mark_saved()\n"
        "            self._storage._saved = ("
        "state.current_term, state.voted_for, state.log.base_index)\n"
    ),
)

SNAPSHOT_ROLLS_BACK = Mutant(
    "an old snapshot from the leader takes the service back",
    "raft1/core.py",
    right="        if index <= state.commit_index:\n",
    wrong="        if index <= state.log.base_index:\n",
)

SNAPSHOT_NOT_DELIVERED = Mutant(
    "a snapshot from the leader is not handed to the service",
    "raft1/core.py",
    right="        self._undelivered_snapshot = True\n",
    wrong="        state.last_applied = index\n",
)

SNAPSHOT_EMPTIES_LOG = Mutant(
    "a snapshot from the leader replaces entries that lie behind it",
    "raft1/log.py",
    right=(
        "        if self.has(index, term):\n"
        "            self.compact(index)\n"
        "            return\n"
    ),
    wrong="",
)

SNAPSHOT_NEVER_SENT = Mutant(
    "a follower that needs the snapshot gets heartbeats",
    "raft1/leadership.py",
    right="        return self._snapshot_for(progress, now)\n",
    wrong="        return self._append_args(self._log.base_index, [])\n",
)

SNAPSHOT_ALWAYS_INSTALLED = Mutant(
    "a follower installs every snapshot, however old it is",
    "raft1/core.py",
    right="        if index <= state.commit_index:\n",
    wrong="        if index < 1:\n",
)

SNAPSHOT_SAVED_FIRST = Mutant(
    "a snapshot is saved at once, the log that it shortens with the next change",
    "raft1/raft.py",
    right=(
        "                self._core.compact(index, snapshot)\n"
        "                self._settle()\n"
    ),
    wrong=(
        "                stored = self._storage._persister\n"
        "                stored.Save(stored.ReadRaftState(), snapshot)\n"
        "                self._core.compact(index, snapshot)\n"
    ),
)

APPLIES_FROM_THE_START = Mutant(
    "a restarted peer delivers from its first entry, behind no snapshot",
    "raft1/storage.py",
    right="            last_applied=header.base_index,\n",
    wrong="            last_applied=0,\n",
)

MUTANTS = {name: one for name, one in [*vars().items()] if isinstance(one, Mutant)}
"""All of them, by the names that they have here."""
