"""A short run of the crash test; `scripts/crashtest --cycles 1000` is the long one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on PATH")


@pytest.mark.parametrize(
    "words",
    [
        # A daemon alone is killed at every failpoint besides.
        pytest.param(("--cycles", "5"), id="daemon", marks=pytest.mark.thorough),
        pytest.param(("--cycles", "2", "--tree"), id="everything"),
    ],
)
def test_nothing_is_lost_repeated_or_recorded_wrongly(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crashes", "--stacks", "3", "--folder", str(tmp_path), *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "scripts"), str(ROOT)))},
        capture_output=True,
        text=True,
        check=False,
    )
    # The seed is in the output.
    assert done.returncode == 0, done.stdout + done.stderr
