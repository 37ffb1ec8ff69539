"""What a benchmark says that something took is all that it took, also inside of namespaces."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.sandbox import namespaced

ROOT = Path(__file__).parents[2]
# In a process of its own: it takes over what others leave behind.
MEASURES = """
import subprocess
from benchmarks.processes import used
burn = "import time\\nwhile time.process_time() < 0.2: pass"
bwrap = ["bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--unshare-pid", "--die-with-parent", "--"]
took = used(lambda: subprocess.run([*bwrap, "sh", "-c", f"'{python}' -c '{burn}'; true"], check=True))
assert took.cpu >= 0.2, took
"""


@pytest.mark.skipif(namespaced.problem() is not None, reason="this machine gives no namespaces")
def test_what_runs_in_namespaces_is_counted() -> None:
    code = f"python = {sys.executable!r}\n{MEASURES}"
    places = os.pathsep.join(str(ROOT / place) for place in ("scripts", "tests"))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
