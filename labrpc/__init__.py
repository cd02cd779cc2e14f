"""The simulated network of the labs, and remote procedure calls over it.

`MakeNetwork` makes a network, `MakeEnd` an end point to call from, `MakeServer`
and `MakeService` something to call. The operations have the course's names.

`end` and `server` are the two sides of a call, `handlers` what a server has to say to
it, `network` who is connected to whom. `transit` is the way of a message in between,
and `faults` the one place that decides what becomes of it.
"""

from labrpc.dispatch import Dispatch, Dispatcher, OnDone
from labrpc.end import ClientEnd
from labrpc.errors import (
    EncodingError,
    HandlerError,
    HandlerSignatureError,
    LabrpcError,
    TypeMismatchError,
    UnknownMethodError,
    UsageError,
)
from labrpc.faults import Faults
from labrpc.network import MakeNetwork, Network
from labrpc.server import MakeServer, MakeService, Server, Service

__all__ = [
    "ClientEnd",
    "Dispatch",
    "Dispatcher",
    "EncodingError",
    "Faults",
    "HandlerError",
    "HandlerSignatureError",
    "LabrpcError",
    "MakeNetwork",
    "MakeServer",
    "MakeService",
    "Network",
    "OnDone",
    "Server",
    "Service",
    "TypeMismatchError",
    "UnknownMethodError",
    "UsageError",
]
