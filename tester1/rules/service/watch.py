"""Watches the RSM and the key/value service: all of its rules together."""

from __future__ import annotations

from typing import Final

from tester1.rules.court import Court
from tester1.rules.service.clerks import Clerks
from tester1.rules.service.requests import Requests
from tester1.rules.service.stores import Stores
from tester1.rules.service.submits import Submits
from tester1.rules.service.trimming import Trimming

__all__ = ["watch_service"]

WAIT_LIMIT_S: Final = 3.0
"""How long a Submit may go on waiting that nothing can come of, in seconds."""
PROCESS_WAIT_LIMIT_S: Final = 10.0
"""The same in processes, which have to wait for a processor as well."""


def watch_service(
    court: Court | None, *, maxraftstate: int | None, simulated: bool
) -> None:
    """Have the service's rules watch the run, unless there is no court.

    `maxraftstate` is None if servers must not take snapshots; `simulated` is whether
    time is virtual.
    """
    if court is None:
        return
    requests = Requests()
    # Before the clerks, which ask it: it has to hear first of what is performed.
    snapshots = maxraftstate is not None
    stores = Stores(court, requests, snapshots=snapshots, simulated=simulated)
    limit = WAIT_LIMIT_S if simulated else PROCESS_WAIT_LIMIT_S
    Submits(court, requests, stores, limit=limit)
    Clerks(court, requests, stores)
    if maxraftstate is not None:
        Trimming(court, maxraftstate)
