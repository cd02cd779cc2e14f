"""What setup.cfg cannot say: the wheel carries the labs' suites and handouts.

In a checkout the suites are `tests/raft` and `tests/kvraft`, next to the project's own
tests. Installed they must not be called `tests`, which many projects have, so the build
puts them into a package `raftlab_suites`. `tester1.suites` knows both places. Editable
installs need none of this: they use the checkout.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SUITES = "raftlab_suites"
HANDOUTS = ("docs/lab3.md", "docs/lab4.md")


class BuildWithSuites(build_py):
    """Builds the packages as always, and `raftlab_suites`."""

    def finalize_options(self) -> None:
        """Add the suites' folders to the packages, under their installed names."""
        super().finalize_options()
        if not self.editable_mode:
            self.packages = [*self.packages, f"{SUITES}.raft", f"{SUITES}.kvraft"]
            self.package_dir = {**(self.package_dir or {}), SUITES: "tests"}

    def run(self) -> None:
        """Build, then add what makes the suites a package, and the handouts."""
        # What an earlier build has left there would be packed too, files that have
        # been moved or deleted since among them.
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        if not self.editable_mode:
            package = Path(self.build_lib, SUITES)
            (package / "__init__.py").touch()
            for handout in HANDOUTS:
                self.copy_file(handout, str(package / Path(handout).name))


setup(cmdclass={"build_py": BuildWithSuites})
