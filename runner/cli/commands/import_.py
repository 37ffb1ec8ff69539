"""`driftline import`: stack files from what another tool or bare directories have."""

from pathlib import Path

import click

from runner.cli.adopting import adopt_options, bring_over
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.repository import repository_of
from runner.errors import BadUsage, FormatUnknown


class FormatName(click.ParamType[str]):
    """The names are looked up when one is given: most commands need none of the readers."""

    name = "format"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from runner.adopt.bring_over import DIRECTORIES
        from runner.adopt.formats.table import BY_NAME

        names = [*BY_NAME, DIRECTORIES]
        if value not in names:
            self.fail(f"expected one of {', '.join(names)}, got {value!r}", param, ctx)
        return value


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|DIR]...")
@click.option(
    "--format",
    "format_name",
    type=FormatName(),
    metavar="NAME",
    help="Format, if the name of the file does not say it: atlantis, digger, terrateam, list or folders.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write below DIR instead of into the repository.",
)
@adopt_options
@output_option
@pass_cli
def command(
    cli: Cli,
    paths: tuple[Path, ...],
    format_name: str | None,
    out: Path | None,
    diff: bool,
    force: bool,
    yes: bool,
    output: str,
) -> None:
    """Write stack files and a configuration from what another tool has, and report what has no counterpart.

    Reads the files of known tools, such as atlantis.yaml, in DIR (by default the current directory), or FILE. Overwrites
    nothing without --force.
    """
    from runner.adopt.bring_over import DIRECTORIES, read_directories, read_tool, usual_files
    from runner.adopt.scan import scan

    given = paths or (Path(),)
    missing = next((path for path in given if not path.exists()), None)
    if missing is not None:
        raise BadUsage(f"{missing} does not exist", hint="driftline import --help")
    top = _top(given)
    files = [file for path in given for file in (usual_files(path) if path.is_dir() else [path])]
    if not files and format_name != DIRECTORIES:
        raise FormatUnknown(place=", ".join(map(str, given)))
    scanned = scan(top)
    tool = read_directories(scanned) if format_name == DIRECTORIES else read_tool(files, scanned, format_name)
    target = out.absolute() if out is not None else top
    bring_over(cli, tool, scanned, target, diff=diff, force=force, yes=yes, output=output)


def _top(given: tuple[Path, ...]) -> Path:
    """What the paths of the tool start from: a directory that was given, or the repository of the first file in one."""
    folder = next((path.resolve() for path in given if path.is_dir()), None)
    if folder is not None:
        return folder
    around = (repository_of(path.resolve().parent) for path in given)
    return next((place for place in around if place is not None), Path.cwd())
