"""Manual pages of the whole command line."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from runner.cli.main import main

SCRIPT = Path(__file__).parents[2] / "scripts" / "manpages.py"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by a process of its own, since click-man wants the lazy commands loaded and described."""
    folder = tmp_path_factory.mktemp("man")
    (folder / "driftline-gone.1").write_text("of a command that is gone")
    subprocess.run([sys.executable, str(SCRIPT), str(folder)], check=True)
    return folder


def commands(command: click.Command, name: str) -> list[str]:
    below = command.commands.items() if isinstance(command, click.Group) else ()
    return [name, *(inner for word, sub in below for inner in commands(sub, f"{name}-{word}"))]


def test_every_command_has_a_page_and_no_other_page_is_left(pages: Path) -> None:
    context = click.Context(main)
    names = ["driftline"]
    for word in main.list_commands(context):
        command = main.get_command(context, word)
        assert command is not None
        names += commands(command, f"driftline-{word}")
    assert sorted(path.stem for path in pages.iterdir()) == sorted(names)


def test_the_name_of_a_page_is_a_whole_sentence(pages: Path) -> None:
    named = [path.read_text().split(".SH NAME\n")[1].split("\n")[0] for path in pages.iterdir()]
    assert [line for line in named if line.endswith("...") or r" \- " not in line] == []


def test_the_first_page_lists_the_exit_codes(pages: Path) -> None:
    text = (pages / "driftline.1").read_text()
    assert ".SH EXIT STATUS\n.TP\n.B 0\n" in text
    assert ".B 78\n" in text
