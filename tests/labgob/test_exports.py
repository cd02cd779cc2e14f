"""The front door of the package."""

from __future__ import annotations

import labgob


def test_exports() -> None:
    """Adding a public name is a decision, not an accident."""
    assert sorted(labgob.__all__) == [
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
    assert all(hasattr(labgob, name) for name in labgob.__all__)
