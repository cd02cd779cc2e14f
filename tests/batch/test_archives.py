"""Submissions as archives: honest ones are read like folders, others do no harm."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tester1.batch.errors import SubmissionError
from tester1.batch.grading import archives
from tester1.batch.grading.archives import is_archive, plain_name, read_archive
from tester1.batch.runs.submission import read_folder
from tests.batch import samples

TAR_MODES = {
    ".tar": "w",
    ".tar.gz": "w:gz",
    ".tgz": "w:gz",
    ".tar.bz2": "w:bz2",
    ".tar.xz": "w:xz",
}


def refuse(path: Path) -> str:
    """The line with which an archive is refused, without its name."""
    with pytest.raises(SubmissionError) as refusal:
        read_archive(path, "anna")
    prefix, _, line = str(refusal.value).partition(f"{path}: ")
    assert prefix == ""
    assert "\n" not in line
    return line


def make_zip(
    path: Path, members: Iterable[tuple[str | zipfile.ZipInfo, bytes]]
) -> Path:
    """A zip archive with these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def make_tar(path: Path, members: Iterable[tuple[str, bytes]], mode: str = "w") -> Path:
    """A tar archive with these files."""
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        # The stubs want to know the mode beforehand.
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def add_special(path: Path, kind: bytes, name: str) -> Path:
    """A tar archive with a member that is no file."""
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo(name)
        member.type = kind
        member.linkname = "/etc/passwd"
        archive.addfile(member)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An honest submission."""
    made = samples.write(tmp_path / "anna", samples.REFERENCE)
    (made / "raft1/log.py").write_text("x = 1\n")
    (made / "README").write_text("mine")
    return made


def test_zip(folder: Path) -> None:
    """A zip archive of a folder is the folder."""
    path = make_zip(
        folder.with_suffix(".zip"),
        [
            (str(file.relative_to(folder.parent)), file.read_bytes())
            for file in folder.rglob("*")
            if file.is_file()
        ],
    )
    assert read_archive(path, "anna").digest == read_folder(folder, "anna").digest


@pytest.mark.parametrize("suffix", TAR_MODES)
def test_tar(folder: Path, suffix: str) -> None:
    """So is a tar archive, however it is compressed."""
    path = folder.with_name(f"anna{suffix}")
    with tarfile.open(path, TAR_MODES[suffix]) as archive:  # type: ignore[call-overload]
        archive.add(folder, "lab")  # the stubs want to know the mode beforehand
    assert is_archive(path)
    assert plain_name(path) == "anna"
    assert read_archive(path, "anna").digest == read_folder(folder, "anna").digest


def test_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    """Reading an archive leaves no file behind."""
    path = make_zip(tmp_path / "anna.zip", [("raft1/raft.py", b"x")])
    before = sorted(tmp_path.rglob("*"))
    read_archive(path, "anna")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "name",
    ["../raft1/raft.py", "/etc/cron.d/raft1/x.py", "raft1/../../x.py", "C:/raft1/x.py"],
)
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_path_traversal(
    tmp_path: Path,
    make: Callable[[Path, Iterable[tuple[str, bytes]]], Path],
    name: str,
) -> None:
    """A name that leads out of the archive makes it unusable."""
    suffix = "zip" if make is make_zip else "tar"
    path = make(tmp_path / f"a.{suffix}", [("raft1/raft.py", b""), (name, b"")])
    assert refuse(path) == f"names a file outside of itself: {name!r}"


def test_backslashes_are_slashes(tmp_path: Path) -> None:
    """What an archive from Windows means by its names is what counts."""
    path = make_zip(tmp_path / "a.zip", [("raft1\\raft.py", b"x")])
    assert read_archive(path, "a").files == {"raft1/raft.py": b"x"}
    path = make_zip(tmp_path / "b.zip", [("..\\raft1\\raft.py", b"x")])
    assert refuse(path).startswith("names a file outside of itself")


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_special_files_in_tar(tmp_path: Path, kind: bytes) -> None:
    """Links and devices are no submission, save in a folder that does not count."""
    path = add_special(tmp_path / "a.tar", kind, "raft1/raft.py")
    assert refuse(path) == "raft1/raft.py is a link or a device; hand in plain files"
    path = add_special(tmp_path / "b.tar", kind, ".venv/bin/python")
    assert refuse(path).startswith("holds no solution")


def test_links_in_zip(tmp_path: Path) -> None:
    """A link in a zip archive is found by its mode."""
    link = zipfile.ZipInfo("raft1/raft.py")
    link.external_attr = 0o120777 << 16
    path = make_zip(tmp_path / "a.zip", [(link, b"/etc/passwd")])
    assert refuse(path) == "raft1/raft.py is a link or a device; hand in plain files"


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.bz2", ".tar.xz"])
def test_bomb_in_tar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """Unpacking ends at a bound, wherever the data is."""
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 1 << 20)
    path = make_tar(
        tmp_path / f"a{suffix}", [("filler", bytes(3 << 20))], TAR_MODES[suffix]
    )
    assert path.stat().st_size < 10_000
    assert refuse(path) == "unpacks to more than 1 MiB"


def test_bomb_in_zip(tmp_path: Path) -> None:
    """A file is read to its bound, whatever the archive says about it."""
    path = make_zip(tmp_path / "a.zip", [("raft1/raft.py", bytes(100 << 20))])
    assert path.stat().st_size < 200_000
    assert refuse(path) == "raft1/raft.py is larger than 1 MiB"


def test_large_files_that_do_not_count(tmp_path: Path) -> None:
    """What is not read is no bomb."""
    members = [("video.mp4", bytes(100 << 20)), ("raft1/raft.py", b"x")]
    assert read_archive(make_zip(tmp_path / "a.zip", members), "a").files


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_too_many_members(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path, Iterable[tuple[str, bytes]]], Path],
) -> None:
    """There is an end to lists of files, too."""
    monkeypatch.setattr(archives, "MAX_MEMBERS", 10)
    suffix = "zip" if make is make_zip else "tar"
    path = make(tmp_path / f"a.{suffix}", [(f"{i}.txt", b"") for i in range(11)])
    assert refuse(path) == "holds more than 10 files"


def test_two_files_of_one_name(tmp_path: Path) -> None:
    """Which one would count is nobody's guess."""
    path = make_tar(
        tmp_path / "a.tar", [("raft1/raft.py", b"1"), ("./raft1/raft.py", b"")]
    )
    assert refuse(path) == "holds raft1/raft.py twice"


def test_encrypted(tmp_path: Path) -> None:
    """The graders have no password."""
    path = make_zip(tmp_path / "a.zip", [("raft1/raft.py", b"x")])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert refuse(path) == "raft1/raft.py is encrypted; hand in a plain archive"


@pytest.mark.parametrize("suffix", [".zip", *TAR_MODES])
@pytest.mark.parametrize("damage", ["cut", "junk", "empty", "flipped"])
def test_damage(tmp_path: Path, suffix: str, damage: str) -> None:
    """Whatever has happened to an archive, one line says that it is broken."""
    path = tmp_path / f"anna{suffix}"
    data = bytes(range(256)) * 4000
    if suffix == ".zip":
        make_zip(path, [("raft1/raft.py", data[:90_000])])
    else:
        make_tar(path, [("raft1/raft.py", data[:90_000])], TAR_MODES[suffix])
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(
        {
            "cut": whole[: middle if suffix != ".tar" else 300],
            "junk": b"this is no archive at all" * 50,
            "empty": b"",
            "flipped": whole[:100] + bytes(~b & 255 for b in whole[100:]),
        }[damage]
    )
    assert refuse(path).startswith(("is a broken archive: ", "holds no solution"))


@pytest.mark.parametrize("name", ["anna.rar", "anna.7z", "anna.py"])
def test_other_files(tmp_path: Path, name: str) -> None:
    """What cannot be read at all is told so."""
    (tmp_path / name).write_bytes(b"Rar!")
    assert refuse(tmp_path / name).startswith("is no archive that can be read; hand in")
