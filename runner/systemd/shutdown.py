"""Whether the machine goes down: then systemd's last signal reaches terraform too, and an apply has to end before."""

import os
import shutil
import tempfile
from pathlib import Path

from runner.process.run import Command, run


def machine_stops() -> bool:
    """What `systemctl is-system-running` says; False where there is no systemd to ask."""
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
