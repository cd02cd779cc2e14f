"""The page as a file: self-contained, well-formed, and whole or not at all."""

from __future__ import annotations

import fcntl
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tester1.timeline import html
from tester1.timeline.html import PageError, render_html, write_html
from tests.timeline.cases import illegal, legal, run, sample_annotations


class Elements(HTMLParser):
    """Collects elements and what they refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.names.append(tag)
        self.references += [v or "" for k, v in attrs if k in ("src", "href")]


def test_the_page_refers_to_nothing_outside() -> None:
    """One file holds style, script and data; nothing is fetched."""
    parser = Elements()
    page = render_html(illegal(run(20)), annotations=sample_annotations(1.0))
    parser.feed(page)
    assert parser.references == ["data:,"]
    assert parser.names.count("script") == 2
    # The name of SVG, which exported pictures begin with, is no place to fetch from.
    named = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|@import|url\(", named)


def test_the_policy_admits_only_the_page_itself() -> None:
    """The content security policy forbids requests and every other script."""
    page = render_html(None)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'")
    assert "unsafe" not in policy[1]


def test_every_script_of_the_folder_is_in_the_page() -> None:
    """A file that is added to the assets but not to the list would be missing."""
    folder = Path(html.__file__).with_name("assets")
    assert sorted(f"{name}.js" for name in html.SCRIPTS) == sorted(
        path.name for path in folder.glob("*.js")
    )


def test_places_in_values_are_not_filled() -> None:
    """A title that looks like a place of the template stays what it is."""
    page = render_html(None, title="{{script}}")
    assert "<title>{{script}}</title>" in page


def test_a_page_without_title_has_one() -> None:
    """Browsers show file names otherwise."""
    assert f"<title>{html.DEFAULT_TITLE}</title>" in render_html(legal(run(3)))


def test_writing_replaces_what_was_there(tmp_path: Path) -> None:
    """The file is the page, readable, and nothing else is left in the directory."""
    path = tmp_path / "out.html"
    path.write_text("before")
    result = legal(run(5))
    write_html(result, path, annotations=sample_annotations(1.0), title="t")
    expected = render_html(result, annotations=sample_annotations(1.0), title="t")
    assert path.read_text() == expected
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.html"]
    assert path.stat().st_mode & 0o444 == 0o444


def test_a_missing_directory_is_one_clear_error(tmp_path: Path) -> None:
    """The message names the file, the reason and the way out."""
    path = tmp_path / "missing" / "out.html"
    with pytest.raises(PageError, match=r"cannot write .*out\.html: .*; choose a file"):
        write_html(None, path)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """A symbolic link keeps leading to the page."""
    (tmp_path / "link.html").symlink_to(tmp_path / "page.html")
    write_html(None, tmp_path / "link.html")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "page.html").read_text() == render_html(None)


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """What is not a regular file (/dev/null, say) is not replaced by one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 1 << 20)
    write_html(None, pipe)
    assert os.read(reader, 1 << 20).decode() == render_html(None)
    os.close(reader)
    assert pipe.is_fifo()


def test_a_directory_is_one_clear_error(tmp_path: Path) -> None:
    """A directory where the file should be is named in the error."""
    with pytest.raises(PageError, match="directory"):
        write_html(None, tmp_path)


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks sees the old page or the new one, never half a page."""
    path = tmp_path / "out.html"
    path.write_text("before")

    def full(source: str, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(PageError, match="No space left"):
        write_html(None, path)
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.html"]
