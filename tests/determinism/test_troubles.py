"""What a world's code can see is the same in every process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from labrt import SimRuntime
from tester1.session.divergence import disturb_memory
from tests.determinism.suiteruns import Surroundings
from tests.determinism.troubles import SEEN_BY_CODE

SURROUNDINGS = [Surroundings(1, 0), Surroundings(2, 3), Surroundings(3, 1)]


def run(folder: Path) -> list[str]:
    """Run `main` of the program in `folder`; returns what it prints, with the times."""
    lines: list[str] = []
    runtime = SimRuntime(
        1, output=lambda time, world, text: lines.append(f"{time} {world} {text}")
    )

    def main() -> None:
        world = runtime.world("server", roots=[folder])
        runtime.spawn(lambda: world.load("program").main(), world=world).join()

    runtime.run(main)
    return lines


@pytest.mark.parametrize("trouble", SEEN_BY_CODE)
def test_a_program_prints_the_same_in_every_process(
    trouble: str, tmp_path: Path
) -> None:
    """Guards each source of chance that code can reach by itself."""
    (tmp_path / "program.py").write_text(SEEN_BY_CODE[trouble])
    (tmp_path / "many").mkdir()
    for name in ("z.b", "a", "m.b", "k", "c.b", "x"):
        (tmp_path / "many" / name).touch()
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.determinism.test_troubles", str(tmp_path)],
            env=around.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for around in SURROUNDINGS
    ]
    outputs = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0] * len(started)
    assert outputs[0], "the program prints nothing"
    assert outputs[1:] == outputs[:1] * (len(outputs) - 1)


if __name__ == "__main__":
    disturb_memory()
    print("\n".join(run(Path(sys.argv[1]))))
