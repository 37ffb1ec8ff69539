"""Compiled modules: without them each command compiles everything that it imports again."""

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from importlib.util import cache_from_source
from pathlib import Path

import click

import runner
from runner.doctor.finding import Scene, ok, warn
from runner.view.finding import Finding

COST = "0.1 to 0.2 s a command"


def bytecode(_: Scene) -> Iterator[Finding]:
    """Ours, and a library that every command imports."""
    yield bytecode_verdict(
        uncompiled(Path(runner.__file__).parent, Path(click.__file__).parent), sys.executable
    )


def uncompiled(*packages: Path) -> list[Path]:
    """The packages whose own module is not compiled for this Python."""
    return [one for one in packages if not Path(cache_from_source(str(one / "__init__.py"))).is_file()]


def bytecode_verdict(packages: Sequence[Path], python: str) -> Finding:
    if not packages:
        return ok("bytecode", "modules are compiled")
    folder = Path(os.path.commonpath([one.parent for one in packages]))
    # A checkout and the libraries have nothing in common that is worth compiling.
    folders = [folder] if all(one.parent == folder for one in packages) else [*packages]
    words = shlex.join([python, "-m", "compileall", "-q", *map(str, folders)])
    writable = all(os.access(one, os.W_OK) for one in folders)
    message = f"modules are not compiled, which costs {COST} (PYTHONDONTWRITEBYTECODE, or pip --no-compile)"
    return warn("bytecode", message, words if writable else f"sudo {words}")
