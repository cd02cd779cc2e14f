"""The tester's side of the clerks: a proxy for each, over one client program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kvraft1.rpc import Err
from labrt import Facts
from tester1.cluster.client_program import ClientProgram
from tester1.cluster.config import Config
from tester1.contact import kv_messages as kvtestrpc
from tester1.contact.clients import Clnt
from tester1.facts.kinds import ClerkCalled, ClerkReturned
from tester1.hosts.interface import Program


class ClerkProxy:
    """A clerk of the solution, and its access to the network.

    Its calls take as long as the clerk's own: for ever, if no server ever answers.
    """

    def __init__(
        self, program: ClientProgram, clnt: Clnt, facts: Facts | None = None
    ) -> None:
        self.clnt = clnt
        self._program = program
        self._facts = facts

    def get(self, key: str) -> kvtestrpc.ClerkGetReply:
        """Call `Get` of the clerk."""
        args = kvtestrpc.ClerkGetArgs(self.clnt.name, key)
        call = self._called("Get", key)
        reply = self._program.call(kvtestrpc.CLERK_GET, args, kvtestrpc.ClerkGetReply)
        self._returned(call, "Get", key, reply.err, reply.value, reply.version)
        return reply

    def put(self, key: str, value: str, version: int) -> Err:
        """Call `Put` of the clerk."""
        args = kvtestrpc.ClerkPutArgs(self.clnt.name, key, value, version)
        call = self._called("Put", key, value, version)
        reply = self._program.call(kvtestrpc.CLERK_PUT, args, kvtestrpc.ClerkPutReply)
        self._returned(call, "Put", key, reply.err)
        return Err(reply.err)

    def _called(
        self, operation: str, key: str, value: str = "", version: int = 0
    ) -> int:
        if self._facts is None:
            return 0
        return self._facts.emit(
            ClerkCalled(
                clerk=self.clnt.name,
                operation=operation,
                key=key,
                value=value,
                version=version,
            )
        )

    def _returned(
        self,
        call: int,
        operation: str,
        key: str,
        err: str,
        value: str = "",
        version: int = 0,
    ) -> None:
        if self._facts is None:
            return
        self._facts.emit(
            ClerkReturned(
                clerk=self.clnt.name,
                operation=operation,
                key=key,
                err=err,
                value=value,
                version=version,
                cause=call,
            )
        )


class ClerkPool:
    """All clerks of one test; they live in one client program, as in the course."""

    def __init__(self, config: Config, servers: Sequence[str]) -> None:
        self._config = config
        self._servers = list(servers)
        self._program = config.start_client(
            Program("kvraft1.testing.inside_clerks:start_clerks"), "clerks"
        )

    def make(self, reachable: Iterable[str] | None = None) -> ClerkProxy:
        """A clerk of all servers that can reach those named, or (None) every one."""
        if reachable is None:
            clnt = self._config.make_client()
        else:
            clnt = self._config.make_client_to(reachable)
        # Only the name is sent: the program has got its clients from the tester and
        # finds this one among them.
        args = kvtestrpc.MakeClerkArgs(clnt.name, self._servers)
        self._program.call(kvtestrpc.MAKE_CLERK, args, kvtestrpc.Nothing)
        return ClerkProxy(self._program, clnt, self._config.runtime.facts)

    def delete(self, clerk: ClerkProxy) -> None:
        """Forget a clerk and remove its end points from the network."""
        args = kvtestrpc.ClerkArgs(clerk.clnt.name)
        # In this order: no clerk is left that could use an end point which is gone.
        self._program.call(kvtestrpc.DELETE_CLERK, args, kvtestrpc.Nothing)
        self._config.delete_client(clerk.clnt)
