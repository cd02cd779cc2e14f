"""What the key/value tests are made of: recorded operations, clients, and checks.

Steps, constants and messages are the course's; what its harness means but does not do
is done here. Rules that keep it honest:

- Every operation that a helper performs is in the log that the linearizability check
  sees; what has not returned is in it, too.
- A failure in a background task ends the test at once; nobody waits for a task that is
  gone. Clients that do not come to an end are ended by the time limit of the test.
- A wrong number of Puts is reported together with what the linearizability check says
  about the history, since that can name the operations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NoReturn, TypeAlias

from kvraft1.rpc import OK, Err, ErrMaybe, ErrVersion
from kvraft1.testing.clerk_proxies import ClerkPool, ClerkProxy
from kvraft1.testing.oplog import OperationLog
from labrt.runtime import Future
from tester1.cluster.config import Config
from tester1.cluster.testcase import LabTest
from tester1.contact.kv_messages import ClerkGetReply
from tester1.porcupine import (
    KvInput,
    KvModel,
    KvOp,
    KvOutput,
    Verdict,
    check,
)
from tester1.timeline.page import Outcome

CHECK_LIMIT_S: Final = 1.0
"""How long the linearizability check may take, in seconds of real time."""
PARTITION_HOLD_S: Final = 1.0
PARTITION_EXTRA_MS: Final = 200
CHECKING_CLIENT: Final = -1
"""The client number of a check that counts the Puts of others."""


@dataclass(frozen=True, slots=True)
class ClientResult:
    """How many Puts of a client were answered with OK, and how many with ErrMaybe."""

    n_ok: int = 0
    n_maybe: int = 0

    def __add__(self, other: ClientResult) -> ClientResult:
        return ClientResult(self.n_ok + other.n_ok, self.n_maybe + other.n_maybe)


@dataclass(frozen=True, slots=True)
class PutMark:
    """A value that says who has put it, and at which version."""

    client: int
    version: int

    def encode(self) -> str:
        """The mark as JSON text, with the course's field names."""
        return json.dumps({"Id": self.client, "V": self.version})

    @classmethod
    def decode(cls, text: str) -> PutMark | None:
        """The mark that `encode` made `text` of, or None."""
        try:
            fields = json.loads(text)
            return cls(int(fields["Id"]), int(fields["V"]))
        except (ValueError, TypeError, KeyError):
            return None


Client: TypeAlias = Callable[[int, ClerkProxy, Future], ClientResult]
"""Works as a client of that number until the future is done."""


class KvTest(LabTest):
    """One key/value test, with the helpers of the course."""

    def __init__(self, config: Config, *, name: str, random_keys: bool = False) -> None:
        # Before the test begins on its timeline: all of its programs run by then.
        self._clerks = ClerkPool(config, config.group().server_names())
        super().__init__(config, name)
        self.random_keys = random_keys
        self.log = OperationLog(config.runtime)

    # Clerks

    def make_clerk(self) -> ClerkProxy:
        """A clerk that can reach every server."""
        return self._clerks.make()

    def make_clerk_to(self, servers: Iterable[int]) -> ClerkProxy:
        """A clerk that knows all servers, and can reach only these."""
        names = self.group.server_names()
        return self._clerks.make([names[server] for server in servers])

    def delete_clerk(self, clerk: ClerkProxy) -> None:
        """Forget a clerk."""
        self._clerks.delete(clerk)

    def connect_clerks(self, clerks: Iterable[ClerkProxy]) -> None:
        """Let these clerks reach every server."""
        for clerk in clerks:
            clerk.clnt.connect_all()

    # Recorded operations

    def get(self, clerk: ClerkProxy, key: str, client: int) -> ClerkGetReply:
        """Get `key`, recorded as an operation of `client`."""
        operation = self.log.begin(client, KvInput(KvOp.GET, key))
        reply = clerk.get(key)
        self.log.end(operation, KvOutput(reply.value, reply.version, reply.err))
        self.config.op_inc()
        return reply

    def put(
        self, clerk: ClerkProxy, key: str, value: str, version: int, client: int
    ) -> Err:
        """Put `key`, recorded as an operation of `client`."""
        operation = self.log.begin(client, KvInput(KvOp.PUT, key, value, version))
        err = clerk.put(key, value, version)
        self.log.end(operation, KvOutput(err=err))
        self.config.op_inc()
        return err

    def get_mark(self, clerk: ClerkProxy, key: str, client: int) -> tuple[PutMark, int]:
        """Get a key that holds a `PutMark`: (the mark, the key's version)."""
        reply = self.get(clerk, key, client)
        if reply.err != OK:
            self.fail(
                "Get failed",
                f"Get({key}) by client {client} returns error = {reply.err}",
            )
        mark = PutMark.decode(reply.value)
        if mark is None:
            self.fail(
                "unknown value",
                f"Get({key}) by client {client} returns a value that nobody has put: "
                f"{reply.value!r}",
            )
        return mark, reply.version

    def put_at_least_once(
        self, clerk: ClerkProxy, key: str, value: str, version: int, client: int = 0
    ) -> int:
        """Put until the answer is OK; returns the key's version after that.

        Nobody else may be writing the key: ErrMaybe then means that the Put was
        performed, and the value is put again at the next version.
        """
        start, first = self.annotations.timestamp(), version
        while True:
            err = self.put(clerk, key, value, version, client)
            # With a single writer, each of the three says that this version is taken.
            if err in (OK, ErrMaybe, ErrVersion):
                version += 1
            # At version 0 any other error is a reason to try again, as in the course.
            elif version != 0:
                self.fail("Put failed", f"Put {key} ver {version} err {err}")
            if err == OK:
                break
        self.annotations.info_interval(
            start, f"Put({key}, {value}) completes", f"version {first} -> {version}"
        )
        return version

    def check_get(self, clerk: ClerkProxy, key: str, value: str, version: int) -> None:
        """Get `key`, which must exist with exactly this value and version."""
        self.annotations.checker_begin(f"checking Get({key})")
        reply = self.get(clerk, key, client=0)
        if reply.err != OK:
            self.fail_with_history(f"Get({key}) returns error = {reply.err}")
        if (reply.value, reply.version) != (value, version):
            self.fail_with_history(
                f"Get({key}) returns ({reply.value}, {reply.version}) != "
                f"({value}, {version})"
            )
        self.passed("Get as expected", f"({value}, {version})")

    # Clients

    def spawn_clients_and_wait(
        self, n: int, seconds: float, client: Client
    ) -> list[ClientResult]:
        """Run `n` clients with a clerk each, for `seconds`; returns their results.

        A client comes to its end when it next looks at its stop signal.
        """
        stop = self.runtime.future()
        clerks = [self.make_clerk() for _ in range(n)]
        working = self.spawn_all(
            [partial(client, i, clerk, stop) for i, clerk in enumerate(clerks)],
            name="client",
        )
        self.sleep(seconds)
        stop.set()
        results = working.results()
        # Not before: a clerk that is deleted must not be in use.
        for clerk in clerks:
            self.delete_clerk(clerk)
        return results

    def one_client_put(
        self, client: int, clerk: ClerkProxy, keys: Sequence[str], stop: Future
    ) -> ClientResult:
        """Put to the first of `keys`, or to random ones, until told to stop."""
        versions = dict.fromkeys(keys, 0)
        total = ClientResult()
        while not stop.done:
            key = self.random.choice(keys) if self.random_keys else keys[0]
            versions[key], ok = self.one_put(client, clerk, key, versions[key])
            total += ClientResult(n_ok=1) if ok else ClientResult(n_maybe=1)
        return total

    def one_put(
        self, client: int, clerk: ClerkProxy, key: str, version: int
    ) -> tuple[int, bool]:
        """Put once, against competitors: (the version read back, whether it was OK).

        While the answer is ErrVersion, tries again with the version that it reads.
        False means ErrMaybe.
        """
        while True:
            mark = PutMark(client, version)
            err = self.put(clerk, key, mark.encode(), version, client)
            if err not in (OK, ErrVersion, ErrMaybe):
                self.fail(
                    "wrong error",
                    f"Wrong error {err}: client {client} Put({key}) at {version}",
                )
            # Others put meanwhile, so what is read need not be what was put. But if no
            # version lies between, it has to be.
            read, now = self.get_mark(clerk, key, client)
            if err == OK and now == version + 1 and read != mark:
                self.fail(
                    "wrong value",
                    f"Wrong value {read}: client {client} Put({key}) at version "
                    f"{version}, was answered OK, and reads version {now} with what "
                    f"client {read.client} has put at version {read.version}",
                )
            if err == ErrVersion and (read, now) == (mark, version + 1):
                # Either an equal Put of an earlier phase, or this one was performed.
                self.check_porcupine()
            version = now
            if err != ErrVersion:
                return version, err == OK

    # Faults

    def partitioner(self, stop: Future) -> None:
        """Cut the servers into two random parts, again and again, until told not to."""
        while not stop.done:
            # One part may be empty: then everybody is together for a while.
            parts: tuple[list[int], list[int]] = [], []
            for server in self.group.servers():
                parts[self.random.randrange(2)].append(server)
            self.partition(*parts)
            extra_ms = self.random.randrange(PARTITION_EXTRA_MS)
            self.sleep(PARTITION_HOLD_S + extra_ms / 1000)

    def connect_all(self) -> None:
        """Undo every partition."""
        self.group.connect_all()
        # A partition leaves all flags connected, so that they cannot tell its end.
        self.annotations.clear_failure()

    # Checks of the whole history

    def check_put_concurrent(
        self, clerk: ClerkProxy, key: str, total: ClientResult, *, strict: bool
    ) -> None:
        """Compare the version of `key` with `total`, the results of all its clients.

        The version counts the Puts that were performed: as many as were answered OK if
        `strict`, and otherwise no more than those and the ErrMaybes together.
        """
        _, version = self.get_mark(clerk, key, CHECKING_CLIENT)
        if strict and version != total.n_ok:
            problem = f"Reliable: Wrong number of puts: version {version} of {key}"
        elif version > total.n_ok + total.n_maybe:
            problem = f"Unreliable: Wrong number of puts: version {version} of {key}"
        else:
            return
        message = f"{problem} after {total.n_ok} OK and {total.n_maybe} ErrMaybe"
        self.fail_with_history(message)

    def fail_with_history(self, message: str) -> NoReturn:
        """End the test as failed, with what the whole history tells about it."""
        # On the timeline before the check, which writes it if the history is illegal.
        self.annotations.checker_failure("failed", message)
        self.check_porcupine(known=message)
        # The history alone shows nothing wrong, or could not be judged in time.
        self.config.fatal(message)

    def check_porcupine(
        self, *, timeout: float = CHECK_LIMIT_S, known: str = ""
    ) -> None:
        """Fail unless all operations so far are linearizable.

        A check that takes longer than `timeout` seconds counts as passed. `known` is
        what is known to be wrong already.
        """
        self.annotations.checker_begin("checking linearizability")
        history = self.log.history()
        self.checked = result = check(KvModel(), history, timeout=timeout)
        if result.verdict is Verdict.ILLEGAL:
            message = f"history is not linearizable: {result.reason}"
            self.annotations.checker_failure("not linearizable", message)
            # Now, with the history that fails: a timeline is written once, and the one
            # at the end of the test would have annotations only.
            self.config.visualizer.write(result, Outcome.FAILED)
            self.config.fatal(f"{known}; {message}" if known else message)
        if result.verdict is Verdict.UNKNOWN:
            print("info: linearizability check timed out, assuming history is ok")
        self.passed(
            "linearizable", f"{len(history)} operations, {result.verdict.value}"
        )
