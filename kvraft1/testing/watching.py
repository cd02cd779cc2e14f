"""The rules of the service over a test of lab 4."""

from __future__ import annotations

from tester1.cluster.config import Config
from tester1.contact.kv_messages import NO_SNAPSHOTS
from tester1.rules.service.watch import watch_service

__all__ = ["watch"]


def watch(config: Config, maxraftstate: int) -> None:
    """Have the rules watch a test whose servers are told this `maxraftstate`."""
    watch_service(
        config.court,
        maxraftstate=None if maxraftstate == NO_SNAPSHOTS else maxraftstate,
        simulated=config.runtime.simulated,
    )
