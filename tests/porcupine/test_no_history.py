"""What is no history is refused in one sentence that says what it looks like."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import pytest

from tester1.porcupine import UnreadableHistoryError, read_history
from tester1.porcupine.formats import MODELS

PUT = '{"client": 1, "call": 1, "return": 2, "input": {"op": "put", "key": "x"}}'
EDN = "{:process 0, :type :invoke, :f :read, :value nil}"
FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "an empty file"),
    "blank": (b" \r\n\n", "an empty file"),
    "mark": (b"\xef\xbb\xbf", "an empty file"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0", "a PNG image"),
    "jpeg": (b"\xff\xd8\xff\xe0", "a JPEG image"),
    "gzip": (gzip.compress(EDN.encode()), "a file packed by gzip: unpack it first"),
    "zip": (b"PK\x03\x04\x14\0", "a zip archive: unpack it first"),
    "binary": (b"\x01\x02\0\x03", "binary data"),
    "utf-16": (EDN.encode("utf-16"), "text in UTF-16: save it as UTF-8"),
    "utf-16-le": (EDN.encode("utf-16-le"), "text in UTF-16: save it as UTF-8"),
    "utf-16-be": (PUT.encode("utf-16-be"), "text in UTF-16: save it as UTF-8"),
    "utf-32": (EDN.encode("utf-32"), "text in UTF-32: save it as UTF-8"),
    "latin-1": ("über".encode("latin-1"), "text that is not in UTF-8"),
    "html": (b"<!DOCTYPE html>\n<html>", "an HTML page"),
    "xml": (b'<?xml version="1.0"?>', "XML"),
    "script": (b"#!/bin/sh\necho\n", "a script"),
    "python": (Path(__file__).read_bytes(), "source code"),
    "clojure": (b"(ns a.b\n  (:require [c.d]))", "source code"),
    "go": (b"// A comment\npackage main\n", "source code"),
    "csv": (b"client,call,return\n1,2,3\n", "a table (CSV)"),
    "json": (b'{"name": 1, "valid": true}', "JSON, of something with name, valid"),
    "array": (f"[{PUT}]".encode(), "a JSON array: give each operation a line of its"),
    "pretty": (PUT.replace(", ", ",\n").encode(), "JSON over several lines: give each"),
    "deep": (b"[" * 100_000, "JSON over several lines"),
    "text": (b"It was\na dark night", "a text that begins with 'It was'"),
    "comment": (b"; nothing", "a text that begins with '; nothing'"),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", FILES)
def test_file_of_another_kind(tmp_path: Path, name: str, model: str) -> None:
    """The message says what it looks like, and what was expected."""
    content, description = FILES[name]
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UnreadableHistoryError) as error:
        read_history(file, model)
    message = str(error.value)
    assert message.startswith(f"{file}: this looks like {description}")
    assert f"; a history of the model {model} is in JSON Lines, one" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "description"), [(EDN, "EDN"), ("0 :invoke :read nil", "a log of Jepsen")]
)
def test_format_that_the_model_has_not(
    tmp_path: Path, text: str, description: str
) -> None:
    """Versioned stores have no format of Jepsen's."""
    file = tmp_path / "history"
    file.write_text(text)
    with pytest.raises(UnreadableHistoryError, match=f"looks like {description}; a hi"):
        read_history(file, "kv")


@pytest.mark.parametrize("text", ["[]", "()\n\n", " [ ; none\n] "])
def test_history_without_operations(tmp_path: Path, text: str) -> None:
    """A vector of nothing is a history, unlike a file of nothing."""
    file = tmp_path / "history"
    file.write_text(text)
    assert read_history(file, "register") == []


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(
    "text", [EDN, f"; comment\n[{EDN}\n]", "0 :invoke :read nil\n:nemesis :info :start"]
)
def test_marks_and_line_endings(
    tmp_path: Path, text: str, mark: str, ending: str
) -> None:
    """A file that Windows or an old Macintosh has written is the same history."""
    file = tmp_path / "history"
    file.write_bytes((mark + text.replace("\n", ending) + ending).encode())
    (operation,) = read_history(file, "register")
    assert operation.call == 1 + text.startswith(";")


def test_marked_json_lines(tmp_path: Path) -> None:
    """The byte order mark of JSON Lines is no part of the first one."""
    lines = [
        '{"client": 1, "call": 0.25, "return": 0.5, "input": {"op": "put", "key": "x", '
        '"value": "a", "version": 0}, "output": {"err": "OK"}}',
        '{"client": 2, "call": 0.60, "return": 0.7, "input": {"op": "get", "key": '
        '"x"}, "output": {"value": "a", "version": 1, "err": "OK"}}',
    ]
    file = tmp_path / "history"
    file.write_bytes(("\ufeff" + "\r\n".join(lines)).encode())
    assert [operation.client for operation in read_history(file, "kv")] == [1, 2]


def test_pipe(tmp_path: Path) -> None:
    """What is read once only, as `<(zcat …)` is, can be read as well."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=[f"[{EDN}]"])
    writer.start()
    assert len(read_history(pipe, "register")) == 1
    writer.join()
