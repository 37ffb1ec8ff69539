"""Whether the machine is shutting down: then systemd's last signal reaches terraform too, and applies have to
end before.
"""

import os
import shutil
import tempfile
from pathlib import Path

from runner.process.run import Command, run


def machine_stops() -> bool:
    """The answer of `systemctl is-system-running`; False without systemd."""
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        return False
    with tempfile.TemporaryDirectory(prefix="driftline-") as name:
        folder = Path(name)
        try:
            run(
                Command(
                    argv=(systemctl, "is-system-running"),
                    cwd=folder,
                    env={"PATH": os.defpath},
                    stdout=folder / "stdout",
                    stderr=folder / "stderr",
                    deadline=3.0,
                )
            )
        except OSError:
            return False
        return (folder / "stdout").read_text().strip() == "stopping"
