"""What every pytest of an environment loads: nothing, until its session runs lab tests.

`raftlab` is installed in environments where people test other things too. This module
is its entry point there, and a guest in those sessions: it adds no option, no line of
output and no work. It asks one question before the options are read, and if the answer
is yes it has pytest load the plugin itself, `tester1.session.plugin`, which adds its
options then. The answer is yes for a session

- that is given a suite, or a folder in which pytest finds one;
- whose configuration file has one of the plugin's own settings, as in the folders that
  `raftlab init` makes.

Tests of one's own that use the fixture `lab` ask for the plugin as for any other, with
`pytest_plugins = ["tester1.plugin"]` in a `conftest.py` or `-p tester1.plugin`.

Nothing of the harness is imported here that a session without lab tests could notice.
"""

from __future__ import annotations

import contextlib
import copy
import fnmatch
import glob
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

__all__ = ["pytest_load_initial_conftests"]

_PLUGIN: Final = "tester1.session.plugin"
_PUBLIC: Final = "tester1.plugin"
_INSTALLED_SUITES: Final = "raftlab_suites"
# A line of an INI or TOML file that sets something.
_OWN_SETTING: Final = re.compile(r"^\s*\"?raftlab_\w+\"?\s*[=:]", re.MULTILINE)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Load the plugin if the session runs lab tests.

    This is the last moment for adding options, so that whoever else claims one has
    it by now, and the plugin can say so.
    """
    manager = early_config.pluginmanager
    unwanted = any(map(manager.is_blocked, (_PLUGIN, _PUBLIC)))
    if unwanted or manager.has_plugin(_PLUGIN) or not _runs_lab_tests(early_config):
        return
    manager.import_plugin(_PLUGIN)
    # What looked like a file may have been the value of an option. It matters to the
    # search for conftest files, which is next.
    known = early_config.known_args_namespace
    options = copy.copy(early_config.option)
    early_config.known_args_namespace = parser.parse_known_args(args, options)
    early_config.known_args_namespace.confcutdir = known.confcutdir


def _runs_lab_tests(config: pytest.Config) -> bool:
    return _has_own_settings(config) or any(
        _leads_to(place, suite, config)
        for place in _places(config)
        for suite in _suites()
    )


def _has_own_settings(config: pytest.Config) -> bool:
    overriding = config.known_args_namespace.override_ini or ()
    if any(_OWN_SETTING.match(setting) for setting in overriding):
        return True
    file = config.inipath
    # It can be a device, as in `-c /dev/null`.
    return (
        file is not None
        and file.is_file()
        and _OWN_SETTING.search(file.read_text(errors="replace")) is not None
    )


def _suites() -> list[Path]:
    """The folders of the suites."""
    from tester1.suites import SUITES, suites_root

    return [suites_root() / suite for suite in SUITES]


def _places(config: pytest.Config) -> Iterator[Path]:
    """Where the session looks for tests, as far as that can be told by now.

    The values of options that are not known yet pass for arguments, so that among the
    arguments there may be too many, and the configured places count in any case.
    """
    here = config.invocation_params.dir
    named = False
    for argument in config.known_args_namespace.file_or_dir:
        text = argument.partition("::")[0]
        if text.partition(".")[0] == _INSTALLED_SUITES:  # with `--pyargs`
            yield from _suites()
        # It may be any text, such as one that is too long for a name.
        with contextlib.suppress(OSError, ValueError):
            place = (here / text).resolve(strict=True)
            named = True
            yield place
    if here == config.rootpath:
        for pattern in config.getini("testpaths"):
            yield from (Path(found).resolve() for found in glob.iglob(pattern))
    if not named:
        yield here.resolve()


def _leads_to(place: Path, suite: Path, config: pytest.Config) -> bool:
    """Whether pytest, told to look in a place, comes upon a suite."""
    if place.is_relative_to(suite):
        return True
    if not suite.is_relative_to(place):
        return False
    # On the way it passes over what is hidden, built or a virtual environment.
    patterns = config.getini("norecursedirs")
    way = [suite, *suite.parents]
    return not any(
        (folder / "pyvenv.cfg").exists()
        or any(fnmatch.fnmatch(folder.name, pattern) for pattern in patterns)
        for folder in way[: way.index(place)]
    )
