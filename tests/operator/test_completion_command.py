"""`driftline completion`: scripts that the shells themselves take."""

import shutil
import subprocess

import pytest
from operator_world import driftline


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_driftline_for_its_words(shell: str) -> None:
    answer = driftline("completion", shell)
    assert answer.code == 0
    assert f"_DRIFTLINE_COMPLETE={shell}_complete" in answer.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_read_it(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here: its completion script was not tried")
    script = driftline("completion", shell).stdout
    subprocess.run((shell, "-n"), input=script, text=True, check=True)


def test_another_shell_is_bad_usage() -> None:
    assert driftline("completion", "tcsh").code == 64
