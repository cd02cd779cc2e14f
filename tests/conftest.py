"""What every test of the repository can rely on: the raftlab plugin, and `pytester`."""

from __future__ import annotations

from importlib.metadata import entry_points

pytest_plugins = ["pytester"]
if not entry_points(group="pytest11", name="raftlab"):
    # A checkout that is not installed has no entry point to find the plugin by.
    pytest_plugins.append("tester1.plugin")
