"""Frames: what is sent is what is read, and nothing else can be read."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.hosts.process import frames
from tester1.hosts.process.frames import (
    Frame,
    FrameError,
    FrameReader,
    Kind,
    encode_frame,
)

METHODS = st.text(max_size=40)
FRAMES = st.builds(
    Frame,
    st.sampled_from(list(Kind)),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**32 - 1),
    METHODS,
    st.binary(max_size=300),
)


def encoded(frame: Frame) -> bytes:
    """The bytes of a frame."""
    return encode_frame(
        Kind(frame.kind),
        frame.tag,
        frame.data,
        target=frame.target,
        method=frame.method,
    )


@given(st.lists(FRAMES, max_size=6), st.lists(st.integers(1, 60), min_size=1))
def test_frames_survive_any_cutting_of_the_stream(
    sent: list[Frame], cuts: list[int]
) -> None:
    """What arrives in pieces of any size is the frames that were sent, in order."""
    stream = b"".join(encoded(frame) for frame in sent)
    reader = FrameReader()
    received: list[Frame] = []
    step = 0
    while stream:
        size = cuts[step % len(cuts)]
        received.extend(reader.feed(stream[:size]))
        stream = stream[size:]
        step += 1
    assert received == sent


@given(st.binary(min_size=1, max_size=200))
def test_garbage_is_no_frame_or_an_error(garbage: bytes) -> None:
    """No bytes whatever do anything but make frames or raise FrameError."""
    reader = FrameReader()
    try:
        found = list(reader.feed(garbage))
    except FrameError:
        return
    assert sum(len(encoded(frame)) for frame in found) <= len(garbage)


@pytest.mark.parametrize("length", [frames.MAX_FRAME + 1, 2**32 - 1, 0, 13])
def test_an_impossible_length_is_refused_at_once(length: int) -> None:
    """A length is judged when it is read, before anything is kept for it."""
    with pytest.raises(FrameError, match=f"{length} bytes"):
        list(FrameReader().feed(struct.pack("<I", length)))


@pytest.mark.parametrize(
    ("kind", "name_length", "name", "complaint"),
    [
        (99, 0, b"", "kind 99"),
        (Kind.CALL, 5, b"Raft", "within its method"),
        (Kind.CALL, 2, b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_malformed_frame_is_refused(
    kind: int, name_length: int, name: bytes, complaint: str
) -> None:
    """Each field is checked, and the error names what is wrong with it."""
    body = struct.pack("<BQIB", kind, 1, 0, name_length) + name
    with pytest.raises(FrameError, match=complaint):
        list(FrameReader().feed(struct.pack("<I", len(body)) + body))


def test_what_no_reader_takes_is_not_sent() -> None:
    """The bounds hold on the sending side, too."""
    with pytest.raises(FrameError, match="at most"):
        encode_frame(Kind.CALL, 1, bytes(frames.MAX_FRAME))
    with pytest.raises(FrameError, match="method name"):
        encode_frame(Kind.CALL, 1, method="m" * 256)
