"""Reading submissions out of archives that nobody trusts.

An archive is never unpacked on a disk: its Python files are read into memory, up to
the bounds of a submission, and the rest is passed over. What only an attack or an
accident puts into an archive (names that lead out of it, links, devices, more data than
it says) makes the whole archive unusable, with one line that says why.
"""

from __future__ import annotations

import bz2
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Final, Protocol

from tester1.batch.errors import SubmissionError
from tester1.batch.runs.submission import (
    MAX_FILE_BYTES,
    Collector,
    Submission,
    from_files,
)

__all__ = ["is_archive", "plain_name", "read_archive"]

MAX_ARCHIVE_BYTES: Final = 32 << 20
MAX_UNPACKED_BYTES: Final = 128 << 20
"""How far a tar archive is read; what stands in front of a file has to be unpacked."""
MAX_MEMBERS: Final = 20_000

_SUFFIXES: Final = (
    *(".zip", ".tar", ".tar.gz", ".tgz"),
    *(".tar.bz2", ".tbz2", ".tar.xz", ".txz"),
)
_MAX_MEMORY: Final = 128 << 20
"""What unpacking may need, which for .xz the archive decides."""
_CHUNK: Final = 1 << 16


def is_archive(path: Path) -> bool:
    """Whether a file is one that `read_archive` is for, by its name."""
    return path.name.lower().endswith(_SUFFIXES)


def plain_name(path: Path) -> str:
    """The name of an archive without what says that it is one."""
    name = path.name
    found = [suffix for suffix in _SUFFIXES if name.lower().endswith(suffix)]
    return name[: -max(map(len, found))] if found else name


def read_archive(path: Path, name: str) -> Submission:
    """The solution in an archive. Raises `SubmissionError` if it is unusable."""
    if not is_archive(path):
        raise SubmissionError(
            f"{path}: is no archive that can be read; hand in a folder, .zip or .tar.gz"
        )
    collector = Collector(str(path))
    try:
        # Before it is opened: the index of a zip archive is read as a whole.
        if path.stat().st_size > MAX_ARCHIVE_BYTES:
            collector.refuse(f"is larger than {MAX_ARCHIVE_BYTES >> 20} MiB")
        if path.name.lower().endswith(".zip"):
            _read_zip(path, collector)
        else:
            _read_tar(path, collector)
    except (
        # What the readers of the standard library raise for damaged data.
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        lzma.LZMAError,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        if isinstance(error, SubmissionError):
            raise
        raise SubmissionError(f"{path}: is a broken archive: {error}") from None
    except OSError as error:
        # What unpacks says so without a number where the data is damaged.
        problem = "is a broken archive" if error.errno is None else "cannot be read"
        raise SubmissionError(f"{path}: {problem}: {error.strerror or error}") from None
    return from_files(name, collector.files, str(path))


def _read_zip(path: Path, collector: Collector) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            collector.refuse(f"holds more than {MAX_MEMBERS} files")
        for member in members:
            # Some programs on Windows write their own separators.
            name = member.filename.replace("\\", "/")
            # Asked about every member, since it refuses the archive for a bad name of
            # any.
            wanted = collector.wants(name)
            if not _is_plain(member.external_attr >> 16):
                collector.refuse_special(name)
            if not wanted or member.is_dir():
                continue
            if member.flag_bits & 1:
                collector.refuse(f"{name} is encrypted; hand in a plain archive")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                collector.refuse(f"{name} is compressed in an unusual way")
            # Not by the size that the archive gives: it unpacks to what it unpacks to.
            with archive.open(member) as file:
                collector.add(name, file.read(MAX_FILE_BYTES + 1))


def _is_plain(mode: int) -> bool:
    """Whether a file's mode is that of a file or a folder, or says nothing."""
    # It is 0 where the packing program knows no modes of Unix.
    return stat.S_IFMT(mode) in (0, stat.S_IFREG, stat.S_IFDIR)


def _read_tar(path: Path, collector: Collector) -> None:
    with path.open("rb") as packed:
        stream = _Unpacked(packed, collector)
        # Read as a stream: nothing that the archive says makes it seek.
        with tarfile.open(fileobj=stream, mode="r|", errorlevel=2) as archive:
            # Empty members cost nothing but time, of which they could take without end.
            for number, member in enumerate(archive):
                if number >= MAX_MEMBERS:
                    collector.refuse(f"holds more than {MAX_MEMBERS} files")
                _take_member(archive, member, collector)


def _take_member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, collector: Collector
) -> None:
    wanted = collector.wants(member.name)
    if not (member.isreg() or member.isdir()):
        collector.refuse_special(member.name)
    if wanted and member.isreg():
        file = archive.extractfile(member)
        assert file is not None, "a regular file has contents"
        # One byte more than is allowed, by which `add` sees that it is too large.
        collector.add(member.name, file.read(MAX_FILE_BYTES + 1))


class _Decompressor(Protocol):
    """What unpacks a stream piece by piece."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Plain:
    """The decompressor of what is not compressed."""

    eof = False
    needs_input = True

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """The data as it is: never more than a chunk."""
        return data


class _Gzip:
    """The decompressor of gzip, with the interface of the others."""

    def __init__(self) -> None:
        self._gzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._gzip.eof

    @property
    def needs_input(self) -> bool:
        """Whether all that it was given is unpacked."""
        return not self._gzip.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Up to so many bytes of what these data, and those before, unpack to."""
        return self._gzip.decompress(self._gzip.unconsumed_tail + data, max_length)


def _decompressor(magic: bytes) -> _Decompressor:
    """What unpacks a file that begins so."""
    if magic.startswith(b"\x1f\x8b"):
        return _Gzip()
    if magic.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    if magic.startswith(b"\xfd7zXZ"):
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_MEMORY)
    return _Plain()


class _Unpacked(io.RawIOBase):
    """A tar archive as a stream, unpacked; ends a reader who unpacks too much."""

    def __init__(self, packed: io.BufferedReader, collector: Collector) -> None:
        self._packed = packed
        self._collector = collector
        self._decompressor = _decompressor(packed.peek(8)[:8])
        self._data = bytearray()
        self._left = MAX_UNPACKED_BYTES

    def read(self, size: int = -1) -> bytes:
        """The next bytes, as of a file: fewer than asked for only at the end."""
        if size < 0:
            size = MAX_UNPACKED_BYTES
        while len(self._data) < size and self._more():
            pass
        data = bytes(self._data[:size])
        del self._data[:size]
        return data

    def _more(self) -> bool:
        """Unpack a bit; False at the end."""
        source = self._decompressor
        if source.eof:
            return False
        # Piece by piece: a few bytes of a bomb may unpack to gigabytes, so the size of
        # what comes out is limited at every step, not what goes in.
        packed = b""
        if source.needs_input:
            packed = self._packed.read(_CHUNK)
            if not packed and isinstance(source, _Plain):
                return False
            if not packed:
                raise EOFError("its end is missing")
        plain = source.decompress(packed, _CHUNK)
        self._left -= len(plain)
        if self._left < 0:
            limit = MAX_UNPACKED_BYTES >> 20
            self._collector.refuse(f"unpacks to more than {limit} MiB")
        self._data += plain
        return True
