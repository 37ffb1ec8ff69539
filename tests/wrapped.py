"""Scripts around the real terraform. A program that needs PATH to find it counts as a shim."""

import shutil
import stat
from pathlib import Path

_TERRAFORM = shutil.which("terraform") or "terraform"


def program(path: Path, script: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def wrapped(path: Path, script: str) -> Path:
    """The same; in it `terraform "$@"` is the real one."""
    return program(path, script.replace('terraform "$@"', f'{_TERRAFORM} "$@"'))
