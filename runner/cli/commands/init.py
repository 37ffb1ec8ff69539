"""`driftline init`: a configuration and a first stack that work as they are."""

from importlib.resources import files
from pathlib import Path

import click

from runner.cli.adopting import adopt_options, bring_over
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import output_option
from runner.cli.repository import address_of, branch_of, leave_out_data, repository_of
from runner.errors import BadUsage, Conflict

STACK = "hello"
CONFIG = """\
# A minimal configuration. To see all keys with their defaults:  driftline config show
version: 1
data_dir: ./driftline-data  # database, mirrors, plans, state; never commit this directory
sources:
  - name: here
    url: {url}  # or https://git.example.com/acme/infra.git
    branch: {branch}
    stacks: ["**/stack.yaml"]
approvals:
  # Remove this line once you have a team: it lets authors approve their own changes.
  author_may_approve: true
"""


@click.command()
@click.argument(
    "folder", required=False, default=".", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False)
)
@click.option("--scan", is_flag=True, help="Write a stack file for each root module that is found below DIR.")
@adopt_options
@output_option
@pass_cli
def command(cli: Cli, folder: Path, scan: bool, diff: bool, force: bool, yes: bool, output: str) -> None:
    """Write an example configuration and a first stack file into DIR. Never overwrites files.

    With --scan, find the root modules below DIR by their backend and provider blocks, guess their workspaces and var
    files, and write a stack file for each.
    """
    folder = folder.absolute()
    if scan:
        _scan(cli, folder, diff=diff, force=force, yes=yes, output=output)
        return
    if diff or force or yes or output == "json":
        raise BadUsage("--diff, --force, --yes and -o go with --scan", hint="driftline init --scan --diff")
    _begin(cli, folder)


def _scan(cli: Cli, folder: Path, *, diff: bool, force: bool, yes: bool, output: str) -> None:
    from runner.adopt.bring_over import read_directories
    from runner.adopt.scan import scan

    if not folder.is_dir():
        raise BadUsage(f"{folder} is not a directory", hint="driftline init --scan DIR")
    top = repository_of(folder) or folder
    below = folder.relative_to(top).as_posix() if folder != top else None
    scanned = scan(top)
    tool = read_directories(scanned, below)
    bring_over(cli, tool, scanned, top, diff=diff, force=force, yes=yes, output=output)


def _begin(cli: Cli, folder: Path) -> None:
    from runner.config.example import stack_example

    repository = repository_of(folder)
    branch = branch_of(repository) if repository else "main"
    content = {
        folder / "driftline.yaml": configuration(repository or folder, branch),
        folder / "stacks" / STACK / "stack.yaml": stack_example(STACK),
        folder / "stacks" / STACK / "main.tf": files("runner.cli").joinpath("example/main.tf").read_text(),
    }
    taken = [path for path in content if path.exists()]
    if taken:
        raise Conflict(f"{taken[0]} already exists", hint="driftline init NEW-FOLDER")
    for path, text in content.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        cli.console.data(str(path.relative_to(folder)))
    leave_out_data(folder / ".gitignore")
    cli.console.say("", "Next:", *(f"  {step}" for step in next_steps(folder, repository, branch)))


def configuration(repository: Path, branch: str) -> str:
    from runner.config.written import written

    return CONFIG.format(url=written(address_of(repository)), branch=written(branch))


def next_steps(folder: Path, repository: Path | None, branch: str) -> list[str]:
    """Commands to be pasted, from where the person is."""
    make = [] if repository else [f"git init -b {branch}"]
    return [
        *([f"cd {folder}"] if folder != Path.cwd() else []),
        *make,
        'git add . && git commit -m "A first stack"',
        "driftline doctor",
        "driftline daemon --once",
        "driftline status",
    ]
