"""The tours of README and tutorial are what really happens: every command is run, every line of output is looked for."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from tour import Reader, folded, readme, tutorial


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on PATH")
@pytest.mark.parametrize("page", [readme, tutorial], ids=lambda page: page.__name__)
def test_every_command_of_a_tour_does_what_the_page_shows(page: Callable[[], str], tmp_path: Path) -> None:
    steps = 0
    for step in Reader(tmp_path).follow(page()):
        steps += 1
        assert step.code == 0, f"{step.command}\n{step.output}"
        for line in step.shown:
            assert folded(line).strip() in folded(step.output), (
                f"{step.command} does not print {line!r}:\n{step.output}"
            )
    assert steps > 5
