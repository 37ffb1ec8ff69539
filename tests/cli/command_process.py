"""A command whose exit code is all that is asked, in a process of its own."""

import os
from collections.abc import Mapping
from pathlib import Path

from cli_world import DEADLINE, World
from nursery import nursery
from performed import perform


def exit_code(world: World, *words: str) -> int:
    """Of the command of this world, negative where a signal ended it; what it says is in `said`."""
    argv = ["-c", str(world.config), *words]
    said = world.root / "said"
    process = nursery().Process(target=_into_a_file, args=(said, argv, {**os.environ, **world.environment}))
    process.start()
    process.join(DEADLINE)
    assert process.exitcode is not None, said.read_text()
    return process.exitcode


def _into_a_file(said: Path, argv: list[str], environment: Mapping[str, str]) -> None:
    with said.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        perform(argv, environment)
