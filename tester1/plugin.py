"""The name by which tests of one's own ask pytest for the lab tests' plugin.

    pytest_plugins = ["tester1.plugin"]     in a conftest.py, or
    pytest -p tester1.plugin

The plugin itself is `tester1.session.plugin`.
"""

from __future__ import annotations

pytest_plugins = ["tester1.session.plugin"]
