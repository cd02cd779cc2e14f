"""The wheel, installed apart from the checkout: it carries all that a student needs.

It is built from the source distribution of a copy of the checkout, and installed into
an environment that borrows its dependencies from the one that runs the tests.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tester1.cli.init import STARTER
from tester1.solution import REFERENCE_ROOT
from tester1.suites import SUITES, select

pytestmark = pytest.mark.wheel

LEFT_OUT = [".*", "__pycache__", "build", "dist", "*.egg-info"]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with nothing of this environment in its way."""
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def python(*arguments: str | Path) -> None:
    """Run the Python of this environment, with its configuration."""
    command = [sys.executable, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def copy_checkout(folder: Path) -> Path:
    """A copy of what is in this checkout."""
    ignored = shutil.ignore_patterns(*LEFT_OUT)
    shutil.copytree(REFERENCE_ROOT, folder / "source", ignore=ignored)
    return folder / "source"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, by way of its source distribution."""
    folder = tmp_path_factory.mktemp("wheel")
    python("-m", "build", "--outdir", folder, copy_checkout(folder))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The folder of the commands of an environment with the wheel in it."""
    environment = wheel.parent / "environment"
    commands = environment / "bin"
    python("-m", "venv", "--without-pip", environment)
    python("-m", "pip", "--python", commands / "python", "install", "--no-deps", wheel)
    (site,) = environment.glob("lib/*/site-packages")
    # What it depends on is found here. This environment's own path files are not read,
    # so a checkout that is installed here stays out.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return commands


@pytest.fixture
def folder(installed: Path, tmp_path: Path) -> Path:
    """An empty folder to work in, with the installed package and nothing else."""
    source = run(
        *(installed / "python", "-c", "import tester1; print(tester1.__file__)"),
        cwd=tmp_path,
    )
    assert Path(source.stdout.strip()).is_relative_to(installed.parent), source.stderr
    return tmp_path


def test_contents(wheel: Path) -> None:
    """Suites, handouts and starter code are in it; the project's own tests are not."""
    names = zipfile.ZipFile(wheel).namelist()
    suites = [
        f"raftlab_suites/{suite}/{file.name}"
        for suite in SUITES
        for file in (REFERENCE_ROOT / "tests" / suite).glob("*.py")
    ]
    starter = [
        str(file.relative_to(REFERENCE_ROOT))
        for file in STARTER.rglob("*")
        if file.is_file()
    ]
    handouts = ["raftlab_suites/lab3.md", "raftlab_suites/lab4.md"]
    assert {*suites, *starter, *handouts} <= set(names)
    assert "tester1/timeline/assets/page.html" in names
    tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {
        *("labrt", "labgob", "labrpc", "tester1", "raft1", "kvraft1"),
        "raftlab_suites",
    }


def test_what_an_earlier_build_has_left_is_not_packed(tmp_path: Path) -> None:
    """Whoever has built a wheel before files were moved gets them from there only."""
    source = copy_checkout(tmp_path)
    left = source / "build" / "lib" / "tester1" / "gone.py"
    left.parent.mkdir(parents=True)
    left.touch()
    python("-m", "build", "--wheel", "--outdir", tmp_path, source)
    (built,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(built).namelist()
    assert "tester1/lab.py" in names
    assert "tester1/gone.py" not in names


def test_reference_passes(installed: Path, folder: Path) -> None:
    """Without a solution the reference is run, by the suite from the wheel."""
    ended = run(
        installed / "raftlab", "replay", "TestBasic4B", "--seed", "1", cwd=folder
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout


def test_starter_fails_politely(installed: Path, folder: Path) -> None:
    """`raftlab init`, then a test of it: in the folder, outside, and by pytest."""
    assert run(installed / "raftlab", "init", "lab", cwd=folder).returncode == 0
    replay = ["replay", "TestInitialElection3A", "--seed", "1"]
    outside = run(installed / "raftlab", *replay, "--solution", "lab", cwd=folder)
    inside = run(installed / "raftlab", *replay, cwd=folder / "lab")
    pytest_: list[str | Path] = [installed / "python", "-P", "-m", "pytest", "-k", "3A"]
    by_pytest = run(*pytest_, "tests/raft", cwd=folder / "lab")
    suite = ["--pyargs", "raftlab_suites.raft", "--solution", "lab"]
    of_the_package = run(*pytest_, *suite, cwd=folder)
    for ended in outside, inside, by_pytest, of_the_package:
        assert ended.returncode == 1, ended.stderr
        assert "\npart 3A comes first: write the election" in ended.stdout


def test_batch_of_the_starter(installed: Path, folder: Path) -> None:
    """`raftlab init lab && raftlab test 3A --solution lab`, as the handout begins."""
    assert run(installed / "raftlab", "init", "lab", cwd=folder).returncode == 0
    batch = ["test", "3A", "--solution", "lab", "-n", "2"]
    ended = run(installed / "raftlab", *batch, cwd=folder)
    assert ended.returncode == 1, ended.stderr
    first = ended.stdout.count("  2 x part 3A comes first: write the election")
    assert first == len(select(["3A"]))
