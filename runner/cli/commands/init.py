"""`driftline init`: a configuration and a first stack that work as they are."""

from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import click

from runner.cli.invocation import Cli, pass_cli
from runner.errors import Conflict

STACK = "hello"
IGNORED = "driftline-data/"
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
@pass_cli
def command(cli: Cli, folder: Path) -> None:
    """Write an example configuration and a first stack file into DIR. Never overwrites files."""
    from runner.config.example import stack_example

    folder = folder.absolute()
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
    _ignore(folder / ".gitignore")
    cli.console.say("", "Next:", *(f"  {step}" for step in next_steps(folder, repository, branch)))


def configuration(repository: Path, branch: str) -> str:
    from runner.config.git_address import url_flaw
    from runner.config.written import written

    # A path with a space in it is no address; git reads the escaped form.
    address = repository.as_uri() if url_flaw(str(repository)) else str(repository)
    return CONFIG.format(url=written(address), branch=written(branch))


def repository_of(folder: Path) -> Path | None:
    """The work tree that the folder is in."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def branch_of(repository: Path) -> str:
    """The branch that is checked out there; `main` if that is unknown."""
    with suppress(OSError):
        name = (repository / ".git" / "HEAD").read_text().strip().removeprefix("ref: refs/heads/")
        if not name.startswith("ref:") and len(name) != 40:
            return name
    return "main"


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


def _ignore(file: Path) -> None:
    """Add the data directory to what git leaves out: it holds plans and state."""
    lines = file.read_text().splitlines() if file.exists() else []
    if IGNORED not in lines:
        file.write_text("\n".join([*lines, IGNORED, ""]))
