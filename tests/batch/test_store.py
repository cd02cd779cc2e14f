"""Results on disk: nothing that was told is lost, nothing that is half is believed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tester1.batch.errors import BatchError
from tester1.batch.results.store import Store
from tester1.batch.runs.jobs import Status
from tests.batch.records import failed, passed


class Header(msgspec.Struct, frozen=True):
    """What a batch of this test is."""

    title: str


HEADER = Header("a batch")


def test_results_come_back(tmp_path: Path) -> None:
    """Everything that was added is there when the batch goes on."""
    records = [passed(1), failed("wrong\nin two lines", 2), passed(3, wall_s=0.125)]
    with Store.create(tmp_path / "new" / "folder", HEADER) as store:
        for record in records:
            store.add(record)
    with Store.resume(tmp_path / "new" / "folder", Header) as store:
        assert store.header == HEADER
        assert list(store.records.values()) == records


def test_each_result_is_there_at_once(tmp_path: Path) -> None:
    """A result is in the file before `add` returns, so that SIGKILL cannot take it."""
    with Store.create(tmp_path, HEADER) as store:
        store.add(passed(1))
        assert (tmp_path / "runs.jsonl").read_text().count("\n") == 1


def test_a_line_that_was_cut_off(tmp_path: Path) -> None:
    """Half a result is none; what comes behind it is whole again."""
    with Store.create(tmp_path, HEADER) as store:
        store.add(passed(1))
        store.add(passed(2))
    runs = tmp_path / "runs.jsonl"
    runs.write_bytes(runs.read_bytes()[:-20])
    with Store.resume(tmp_path, Header) as store:
        assert [key.seed for key in store.records] == [1]
        store.add(passed(3))
    with Store.resume(tmp_path, Header) as store:
        assert [key.seed for key in store.records] == [1, 3]


def test_lost_runs_are_done_again(tmp_path: Path) -> None:
    """That a worker died is no result to go on with."""
    with Store.create(tmp_path, HEADER) as store:
        store.add(failed("gone", 1, Status.LOST))
        store.add(failed("wrong", 2))
    with Store.resume(tmp_path, Header) as store:
        assert [key.seed for key in store.records] == [2]


def test_one_batch_at_a_time(tmp_path: Path) -> None:
    """Two that write to one folder would spoil each other's results."""
    with (
        Store.create(tmp_path, HEADER),
        pytest.raises(BatchError, match=r"another batch is writing to .*; wait for it"),
    ):
        Store.resume(tmp_path, Header)
    Store.resume(tmp_path, Header).close()


def test_results_are_not_overwritten(tmp_path: Path) -> None:
    """A new batch needs a new folder."""
    Store.create(tmp_path, HEADER).close()
    with pytest.raises(BatchError, match=r"holds the results .* \(--resume\)"):
        Store.create(tmp_path, HEADER)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("batch.json", "{}", "is not what this command writes"),
        ("batch.json", "{", "is not what this command writes"),
        ("runs.jsonl", "{}\n", "runs.jsonl:1: is no result"),
    ],
)
def test_what_cannot_be_read(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    """Files that are not ours are refused, and left as they are."""
    Store.create(tmp_path, HEADER).close()
    (tmp_path / name).write_text(text)
    with pytest.raises(BatchError, match=problem):
        Store.resume(tmp_path, Header)
    assert (tmp_path / name).read_text() == text


def test_nothing_to_go_on_with(tmp_path: Path) -> None:
    """A folder without a batch is told from one with."""
    with pytest.raises(BatchError, match="holds no batch to go on with"):
        Store.resume(tmp_path, Header)


def test_unwritable(tmp_path: Path) -> None:
    """Where nothing can be written no batch begins."""
    (tmp_path / "file").touch()
    with pytest.raises(BatchError, match=r"cannot write to .*file/x: Not a directory"):
        Store.create(tmp_path / "file" / "x", HEADER)
