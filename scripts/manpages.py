"""The manual pages, made by click-man from the commands, with what click does not know: exit codes and files."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click_man.core import write_man_pages

from runner import __version__
from runner.cli.main import COMMANDS, main
from runner.errors import EXIT_CODES

FILES = {
    "./driftline.yaml, ~/.config/driftline/config.yaml, /etc/driftline/config.yaml": "The configuration: the first that exists.",
    "/var/lib/driftline": "The data directory of the systemd service.",
}


def write(folder: Path) -> None:
    """One page for each command and subcommand; pages of commands that are gone are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in folder.glob("driftline*.1"):
        page.unlink()
    write_man_pages("driftline", _loaded(), version=__version__, target_dir=str(folder), date=_date())
    with (folder / "driftline.1").open("a") as first:
        first.writelines(f"{line}\n" for line in (*_exit_codes(), *_files()))


def _loaded() -> click.Group:
    """The command with all that it would load lazily, each described in one line that is not cut short."""
    context = click.Context(main, info_name="driftline")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        main.add_command(command, name)
    for section in COMMANDS.values():
        for name, purpose in section.items():
            main.commands[name].short_help = purpose.rstrip(".")
    main.short_help = (main.help or "").split(":")[0]
    for command in main.commands.values():
        for below in getattr(command, "commands", {}).values():
            below.short_help = (below.help or "").split("\n\n")[0].replace("\n", " ").rstrip(".")
    return main


def _date() -> str:
    """The day of the newest commit, so that the same revision gives the same pages."""
    command = ["git", "log", "-1", "--format=%cs"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _exit_codes() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for code, meaning in EXIT_CODES.items():
        yield from (".TP", f".B {code}", meaning)


def _files() -> Iterator[str]:
    yield ".SH FILES"
    for places, meaning in FILES.items():
        yield from (".TP", f".I {places}", meaning)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
