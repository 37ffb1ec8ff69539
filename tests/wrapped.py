"""Scripts around the real terraform. A program that needs PATH to find it counts as a shim."""

import shutil
import stat
from pathlib import Path

_TERRAFORM = shutil.which("terraform") or "terraform"


def wrapped(path: Path, script: str) -> Path:
    """The shell script at this path; in it `terraform "$@"` is the real one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + script.replace('terraform "$@"', f'{_TERRAFORM} "$@"') + "\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
