"""labgob: typed and safe encoding, the course's layer over Go's `gob` in Python.

Values are dataclasses and plain Python data. What is decoded is of the type asked for,
or DecodeError is raised; decoding runs no code but the constructors of dataclasses that
were asked for or registered, whatever the bytes say.

    buffer = io.BytesIO()
    encoder = labgob.NewEncoder(buffer)
    encoder.Encode(term)
    encoder.Encode(log)
    ...
    decoder = labgob.NewDecoder(buffer.getvalue())
    term = decoder.Decode(int)
    log = decoder.Decode(list[LogEntry])

`codec` encodes and decodes one value. How a type is carried is a `plan`, which
`compiler` makes of its annotations, from the kinds in `scalars`, `containers`,
`records`, `unions` and `dynamic` (what is declared `Any`). `reading` decodes by it and
`build` makes records again. Each plan has a fast path and an exact one; `falls` counts
how often the fast path has given up. `descriptions` tells what messages hold to those
who have no types for them.
"""

from labgob.codec import decode, encode
from labgob.errors import DecodeError, EncodeError
from labgob.register import Register, RegisterName
from labgob.registry import Registry, current_registry, use_registry_source
from labgob.stream import Decoder, Encoder, NewDecoder, NewEncoder
from labgob.warnings import error_count

__all__ = [
    "DecodeError",
    "Decoder",
    "EncodeError",
    "Encoder",
    "NewDecoder",
    "NewEncoder",
    "Register",
    "RegisterName",
    "Registry",
    "current_registry",
    "decode",
    "encode",
    "error_count",
    "use_registry_source",
]
